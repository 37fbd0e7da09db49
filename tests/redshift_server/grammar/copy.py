"""COPY by page r_COPY: the words, and what may follow each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from redshift_server.grammar.access import Access, AccessClauses
from redshift_server.grammar.copy_rules import check_copy
from redshift_server.grammar.settings import Option, take_option

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor, Name

__all__ = ["CopyStatement", "parse_copy"]

_OPTIONS = {
    # data source
    "manifest": "flag", "region": "text", "encrypted": "flag", "master_symmetric_key": "text",
    "gzip": "flag", "bzip2": "flag", "lzop": "flag", "zstd": "flag",
    "readratio": "count", "ssh": "flag",
    # data format
    "delimiter": "text", "quote": "text", "fixedwidth": "text", "serializetojson": "flag",
    # conversion
    "acceptanydate": "flag", "acceptinvchars": "optional text", "blanksasnull": "flag",
    "dateformat": "text", "emptyasnull": "flag", "encoding": "word", "escape": "flag",
    "explicit_ids": "flag", "fillrecord": "flag", "ignoreblanklines": "flag",
    "ignoreheader": "count", "null": "text", "removequotes": "flag", "roundec": "flag",
    "timeformat": "text", "trimblanks": "flag", "truncatecolumns": "flag",
    # load operations
    "comprows": "count", "compupdate": "switch preset", "ignoreallerrors": "flag",
    "maxerror": "count", "noload": "flag", "statupdate": "switch",
}  # fmt: skip
_FORMATS = {"csv", "json", "avro", "parquet", "orc", "shapefile"}
_AUTO = {"auto", "auto ignorecase"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyStatement:
    """A COPY that passed every rule that needs no table and no object."""

    table: Name
    columns: tuple[str, ...] = ()
    source: str
    access: Access
    format: str = "delimited"
    format_argument: str = ""
    options: dict[str, Option] = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        """Whether a word was there, and not said to be off."""
        return bool(self.options.get(name, False))

    def text(self, name: str, default: str = "") -> str:
        """Return the text that followed a word."""
        value = self.options.get(name, default)
        return value if isinstance(value, str) else default

    def count(self, name: str, default: int = 0) -> int:
        """Return the number that followed a word."""
        return int(self.options.get(name, default))


def parse_copy(cursor: Cursor) -> CopyStatement:
    """Read a whole COPY, its first word included."""
    cursor.need("copy")
    table = cursor.qualified()
    columns = tuple(cursor.names()) if cursor.at_op("(") else ()
    if cursor.at("to"):
        raise RedshiftError("COPY TO is not supported. (Hint: use UNLOAD)", sqlstate="0A000")
    cursor.need("from")
    if cursor.at("stdin"):
        raise RedshiftError(
            "LOAD source is not supported."
            " (Hint: only S3 or DynamoDB or EMR based load is allowed)",
            sqlstate="0A000",
        )
    source = cursor.string()
    return _rest(cursor, table, columns, source)


def _rest(cursor: Cursor, table: Name, columns: tuple[str, ...], source: str) -> CopyStatement:
    access, formats = AccessClauses(), list[tuple[str, str]]()
    options: dict[str, Option] = {}
    while cursor.here is not None:
        if access.take(cursor):
            continue
        if cursor.take("format"):
            cursor.take("as")
            _need_format(cursor)
        if (found := _format(cursor)) is not None:
            formats.append(found)
            continue
        _one(cursor, options)
    if len(formats) > 1:
        raise RedshiftError("conflicting or redundant options", sqlstate="42601")
    kind, argument = formats[0] if formats else ("delimited", "")
    kind = "fixedwidth" if kind == "delimited" and "fixedwidth" in options else kind
    check_copy(kind, argument, options, source)
    return CopyStatement(
        table=table,
        columns=columns,
        source=source,
        access=access.access(),
        format=kind,
        format_argument=argument,
        options=options,
    )


def _need_format(cursor: Cursor) -> None:
    if not any(cursor.at(word) for word in (*_FORMATS, "delimiter", "fixedwidth")):
        cursor.fail()


def _format(cursor: Cursor) -> tuple[str, str] | None:
    token = cursor.here
    if token is None or not token.is_word(*_FORMATS):
        return None
    kind = cursor.next().value
    if kind == "shapefile":
        raise RedshiftError("this server loads no SHAPEFILE", sqlstate="0A000")
    if kind in ("json", "avro"):
        cursor.take("as")
        return kind, cursor.string() if cursor.at_string() else "auto"
    return kind, ""


def _one(cursor: Cursor, options: dict[str, Option]) -> None:
    if cursor.at("encoding"):
        if "encoding" in options:
            raise RedshiftError("conflicting or redundant options", sqlstate="42601")
        cursor.next()
        cursor.take("as")
        options["encoding"] = (cursor.string() if cursor.at_string() else cursor.name()).upper()
        return
    take_option(cursor, _OPTIONS, options)
