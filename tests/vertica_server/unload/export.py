"""EXPORT TO PARQUET, ORC, JSON and DELIMITED."""

from __future__ import annotations

import bz2
import gzip
import json
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

from standins.wire import data_row
from vertica_server.actions import Action, Local, Result
from vertica_server.errors import VerticaError
from vertica_server.grammar.export import Export, parse_export, truth
from vertica_server.grammar.types import plain
from vertica_server.sql.names import inner, quoted
from vertica_server.unload.place import open_place
from vertica_server.unload.query import Rows, ask
from vertica_server.unload.text import TextForm
from vertica_server.wire.results import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vertica_server.session import Session
    from vertica_server.sql.cursor import Cursor

__all__ = ["plan_export"]

EXPORTED = Field(name="Rows Exported", type=plain("int"))
_EXTENSIONS = {"parquet": "parquet", "orc": "orc", "json": "json", "delimited": "csv"}
_PACKED = {"gzip": "gz", "bzip": "bz2", "zstd": "zst"}
_NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"


def plan_export(cursor: Cursor, session: Session) -> Action:
    """Return what an EXPORT does."""
    export = parse_export(cursor)
    return Local(run=lambda: _Export(export, session).run(), fields=(EXPORTED,))


class _Export:
    def __init__(self, export: Export, session: Session) -> None:
        self.export = export
        self.session = session
        self.said = export.said
        self.files = 0

    def run(self) -> Result:
        export = self.export
        place = open_place(self.said["directory"], self.said["ifdirexists"].lower(), self.session)
        order = ", ".join(
            [*(quoted(name) for name in export.partition), *filter(None, [export.order])]
        )
        found = ask(export.query, self.session, order, exact=export.form in ("parquet", "orc"))
        keys = self._keys(found)
        count = 0
        for folder, rows in _folders(found, keys):
            kept = [place for place in range(len(found.fields)) if place not in keys]
            for block in self._blocks(rows, kept):
                count += len(block)
                name = self._name(place.name(self.files, self._extension()))
                self.files += 1
                place.write(
                    f"{folder}{name}", self._written([found.fields[k] for k in kept], block)
                )
        if not self.files and not keys and self.export.form != "delimited":
            place.write(
                self._name(place.name(0, self._extension())), self._written(found.fields, [])
            )
        body = data_row([str(count).encode()])[5:]
        return Result(tag="EXPORT", fields=[EXPORTED], bodies=[body])

    def _keys(self, found: Rows) -> list[int]:
        names = {inner(field.name): place for place, field in enumerate(found.fields)}
        for name in self.export.partition:
            if inner(name) not in names:
                raise VerticaError(f'Column "{name}" does not exist', sqlstate="42703", code=2624)
        return [names[inner(name)] for name in self.export.partition]

    def _name(self, made: str) -> str:
        return self.said["filename"] or made

    def _extension(self) -> str:
        if self.said["fileextension"]:
            return self.said["fileextension"].lstrip(".")
        packed = _PACKED.get(self.said["compression"].lower(), "")
        if self.export.form in ("parquet", "orc") or not packed:
            return _EXTENSIONS[self.export.form]
        return f"{_EXTENSIONS[self.export.form]}.{packed}"

    def _blocks(
        self, rows: Iterable[list[bytes | None]], kept: list[int]
    ) -> Iterator[list[list[bytes | None]]]:
        """Yield the rows of each file; with a name there is one file."""
        limit = int(self.said["filesizemb"]) * (1 << 20)
        limit = 0 if self.said["filename"] else limit
        block, size = list[list[bytes | None]](), 0
        for row in rows:
            mine = [row[place] for place in kept]
            block.append(mine)
            size += sum(len(value) for value in mine if value is not None)
            if limit and size >= limit:
                yield block
                block, size = [], 0
        if block:
            yield block

    def _written(self, fields: list[Field], block: list[list[bytes | None]]) -> bytes:
        if self.export.form in ("parquet", "orc"):
            from vertica_server.unload.columnar import columnar_file

            return columnar_file(self.export, fields, block)
        text = (
            self._json(fields, block) if self.export.form == "json" else self._text(fields, block)
        )
        return _packed(text, self.said["compression"].lower())

    def _text(self, fields: list[Field], block: list[list[bytes | None]]) -> bytes:
        form = TextForm(
            delimiter=self.said["delimiter"].encode(),
            terminator=self.said["recordterminator"].encode(),
            enclosed_by=self.said["enclosedby"].encode(),
            escape=self.said["escapeas"].encode(),
            null=self.said["nullas"].encode(),
        )
        lines = [form.line(row) for row in block]
        if truth("addHeader", self.said["addheader"]):
            lines.insert(0, form.line([field.name.encode() for field in fields]))
        return b"".join(lines)

    def _json(self, fields: list[Field], block: list[list[bytes | None]]) -> bytes:
        omit = truth("omitNullFields", self.said["omitnullfields"])
        lines = []
        for row in block:
            one = {
                field.name: _json_value(value, field)
                for field, value in zip(fields, row, strict=True)
                if value is not None or not omit
            }
            lines.append(json.dumps(one, ensure_ascii=False))
        return "".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape")


def _folders(found: Rows, keys: list[int]) -> Iterator[tuple[str, Iterable[list[bytes | None]]]]:
    """Yield each partition's folder and its rows; names in lower case, values in the path."""
    if not keys:
        yield "", found.rows
        return
    for values, rows in groupby(found.rows, key=lambda row: [row[key] for key in keys]):
        parts = [
            f"{inner(found.fields[key].name)}="
            + (_NULL_PARTITION if value is None else quote(value.decode(), safe=" -_.,"))
            for key, value in zip(keys, values, strict=True)
        ]
        yield "/".join(parts) + "/", rows


def _json_value(value: bytes | None, field: Field) -> object:
    if value is None:
        return None
    text = value.decode("utf-8", "surrogateescape")
    if field.type.kind in ("int", "float", "array", "set"):
        return json.loads(text) if text[-1:] in "0123456789]" else text
    if field.type.kind == "bool":
        return text == "t"
    return text


def _packed(data: bytes, codec: str) -> bytes:
    if codec == "gzip":
        return gzip.compress(data)
    if codec == "bzip":
        return bz2.compress(data)
    if codec == "zstd":
        import pyarrow as pa

        return pa.Codec("zstd").compress(data, asbytes=True)  # type: ignore[no-any-return]
    return data
