"""Records directories: data files of one format, with a manifest, a format file and a schema.

Writing goes data, ``manifest``, ``_schema.json``, ``_format_<type>``, and last ``_manifest``, whose
presence says that the directory is complete. The manifest has the shape that Redshift reads:
absolute URLs, each with its length in bytes.
"""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING, Any

from records_mover.errors import (
    FormatError,
    NotFoundError,
    RecordsException,
    RecordsFolderNonEmptyException,
    StoreError,
)
from records_mover.formats import RecordsFormat, format_from_config
from records_mover.frozen import frozen
from records_mover.parts import Part
from records_mover.records.folders.filling import left_behind, sweep
from records_mover.schema import RecordsSchema
from records_mover.url import Entry, scheme_of
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from records_mover.formats import BaseRecordsFormat
    from records_mover.instructions import ProcessingInstructions
    from records_mover.records.folders.filling import Written
    from records_mover.schema import Field
    from records_mover.url import Store

__all__ = ["RecordsDirectory", "WrittenFile", "manifest_text"]

log = logging.getLogger(__name__)

PRELIMINARY = "manifest"
FINAL = "_manifest"
SCHEMA = "_schema.json"
OLD_SCHEMA = "_schema"
FORMAT = "_format_"
WAIT = 5.0
"""Seconds to wait for a directory that somebody is still writing."""


@frozen
class WrittenFile:
    """A data file that was written: its URL and its length in bytes."""

    url: str
    size: int


@frozen(kw_only=False)
class RecordsDirectory:
    """A folder in a store, as a records directory; ``url`` ends in ``/``."""

    store: Store
    url: str
    wait: float = field(default=WAIT, kw_only=True)

    # reading

    def exists(self) -> bool:
        """Whether the folder has the files that make it a records directory, complete or not."""
        names = self._names()
        return any(name in (PRELIMINARY, FINAL) or name.startswith(FORMAT) for name in names)

    def parts(self) -> tuple[Part, ...]:
        """Return the data files that the manifest names, each one there and of its length."""
        return tuple(self._part(entry) for entry in self._manifest())

    def format(self, instructions: ProcessingInstructions | None = None) -> BaseRecordsFormat:
        """Return the format that the format file describes, read as strictly as is told."""
        found = [name for name in self._names() if name.startswith(FORMAT)]
        if len(found) != 1:
            raise FormatError(
                f"{self.url!r} has {len(found)} files named '{FORMAT}...'",
                "a records directory has exactly one",
            )
        kind = found[0].removeprefix(FORMAT)
        if kind in ("parquet", "avro"):
            return RecordsFormat(kind)
        return format_from_config(self._json(found[0], self._text(found[0])), kind, instructions)

    def schema(self) -> RecordsSchema | None:
        """Return the schema, or None where the directory has none."""
        return RecordsSchema.from_json(self._text(SCHEMA)) if SCHEMA in self._names() else None

    def old_fields(self) -> Mapping[str, Field | None]:
        """Return the columns by the SQL text of an old directory; None for an unknown type."""
        if OLD_SCHEMA not in self._names():
            return {}
        from records_mover.schema.ddl_text import fields_of_ddl

        found = fields_of_ddl(self._text(OLD_SCHEMA))
        strange = [name for name, field in (found or {}).items() if field is None]
        if strange:
            log.warning("no known type for %s in %s", ", ".join(strange), self.url + OLD_SCHEMA)
        if found is None:
            log.warning("%s is no CREATE TABLE: types are inferred", self.url + OLD_SCHEMA)
        return found or {}

    def _manifest(self) -> list[Mapping[str, Any]]:
        deadline = time.monotonic() + self.wait
        while FINAL not in (names := self._names()):
            if PRELIMINARY not in names or time.monotonic() > deadline:
                raise RecordsException(
                    f"the records directory {self.url!r} is not complete: it has no '{FINAL}'",
                    "wait for whoever writes it, or write it again",
                )
            time.sleep(min(0.2, self.wait))
        entries = self._json(FINAL, self._text(FINAL)).get("entries")
        if not isinstance(entries, list) or not all(map(_is_entry, entries)):
            what = f"{self.url + FINAL!r} has no list 'entries' with the 'url' of each file"
            raise RecordsException(what, "write it again")
        return entries

    def _part(self, entry: Mapping[str, Any]) -> Part:
        """Find a manifest's file: in this folder first, so that a moved directory can be read."""
        named = entry["url"]
        length = (entry.get("meta") or {}).get("content_length")
        here = self.url + named.rsplit("/", 1)[-1]
        for url in dict.fromkeys((here, named)):
            size = self._size(url)
            if size is not None and length in (None, size):
                return Part(name=url, url=url, size=size, open=partial(self.store.open, url))
        size = self._size(here)
        if size is None:
            raise NotFoundError(
                f"the manifest of {self.url!r} names {named!r}, which is not there",
                "write the directory again",
            )
        raise RecordsException(
            f"{here!r} has {many(size, 'byte')}, and the manifest says {length}",
            "it was changed or is being written; write the directory again",
        )

    def _size(self, url: str) -> int | None:
        if not url or scheme_of(url) != scheme_of(self.url):
            return None
        try:
            return self.store.size(url)
        except NotFoundError:
            return None

    def _names(self) -> list[str]:
        return list(self._sizes())

    def _sizes(self) -> dict[str, int | None]:
        try:
            return {_name(entry): entry.size for entry in self.store.list(self.url)}
        except NotFoundError:
            return {}

    def _text(self, name: str) -> str:
        with self.store.open(self.url + name) as stream:
            data = stream.read()
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise RecordsException(f"{self.url + name!r} is no UTF-8", "write it again") from error

    def _json(self, name: str, text: str) -> Mapping[str, Any]:
        try:
            data = json.loads(text)
        except ValueError as error:
            raise RecordsException(
                f"{self.url + name!r} is no JSON: {error}", "write it again"
            ) from error
        if not isinstance(data, dict):
            raise RecordsException(f"{self.url + name!r} is no JSON object", "write it again")
        return data

    # writing

    def check_empty(self) -> None:
        """Raise ``RecordsFolderNonEmptyException`` if the folder holds any file.

        What a killed move left does not count: ``sweep`` removes it before the folder is filled.
        """
        sizes = self._sizes()
        left = frozenset() if FINAL in sizes or not sizes else left_behind(self.url, sizes)
        names = [name for name in sizes if name not in left]
        if names:
            raise RecordsFolderNonEmptyException(
                f"{self.url!r} is not empty: it has {names[0]!r}", "name an empty or new folder"
            )

    def sweep(self) -> None:
        """Delete what a move left that was killed before the folder was whole."""
        sizes = self._sizes()
        if sizes and FINAL not in sizes:
            sweep(self.store, self.url, sizes)

    def finishing_names(self, form: BaseRecordsFormat) -> tuple[str, ...]:
        """Return the names of the files that ``finish`` writes."""
        return (PRELIMINARY, SCHEMA, f"{FORMAT}{form.format_type}", FINAL)

    def finish(
        self, files: Sequence[WrittenFile], form: BaseRecordsFormat, schema: RecordsSchema | None
    ) -> None:
        """Write everything but the data, the final manifest last."""
        self._write(PRELIMINARY, manifest_text(files))
        if schema is not None:
            self._write(SCHEMA, schema.to_json())
        self._write(f"{FORMAT}{form.format_type}", form.json())
        self.store.copy(self.url + PRELIMINARY, self.url + FINAL)
        self.store.delete(self.url + PRELIMINARY)

    def remove(self, noted: Written) -> None:
        """Delete what a failed move wrote and nothing else, so that a retry does not trip over it.

        What cannot be deleted now is left for the next move, which finds it by the note.
        """
        try:
            for name in sorted(noted.wrote(self._sizes())):
                with suppress(NotFoundError):
                    self.store.delete(self.url + name)
        except StoreError as error:
            log.warning("%s is left for the next move to empty: %s", self.url, error)
        else:
            noted.note.done()

    def keep(self, files: Iterable[WrittenFile], *, of: str) -> None:
        """Delete what is no data file of those whose names begin so, as a server's manifest."""
        data = {file.url.rsplit("/", 1)[-1] for file in files}
        for name in self._names():
            if name.startswith(of) and name not in data:
                self.store.delete(self.url + name)

    def _write(self, name: str, text: str) -> None:
        with self.store.write(self.url + name) as sink:
            sink.write(text.encode())


def manifest_text(files: Iterable[WrittenFile]) -> str:
    """Return a manifest of files that were written."""
    entries = [{"url": f.url, "mandatory": True, "meta": {"content_length": f.size}} for f in files]
    return json.dumps({"entries": entries}, indent=2)


def _is_entry(entry: object) -> bool:
    """Whether an entry of a manifest has the shape of one."""
    if not isinstance(entry, dict) or not isinstance(entry.get("url"), str) or not entry["url"]:
        return False
    meta = entry.get("meta")
    return meta is None or isinstance(meta, dict)


def _name(entry: Entry) -> str:
    return entry.url.rsplit("/", 1)[-1]
