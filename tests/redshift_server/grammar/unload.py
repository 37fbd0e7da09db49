"""UNLOAD by page r_UNLOAD: the words, what may follow each, and what excludes what."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from redshift_server.grammar.access import Access, AccessClauses
from redshift_server.grammar.settings import Option, take_option
from redshift_server.grammar.unload_rules import check_query, check_unload

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor

__all__ = ["UnloadStatement", "parse_unload"]

_OPTIONS = {
    "header": "flag", "delimiter": "text", "fixedwidth": "text", "kms_key_id": "text",
    "master_symmetric_key": "text", "bzip2": "flag", "gzip": "flag", "zstd": "flag",
    "addquotes": "flag", "null": "text", "escape": "flag", "allowoverwrite": "flag",
    "cleanpath": "flag", "parallel": "switch", "region": "text", "extension": "text",
}  # fmt: skip
_SIZES = ("maxfilesize", "rowgroupsize")
_MB = 1 << 20
_GB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class UnloadStatement:
    """An UNLOAD that passed every rule that needs no object."""

    query: str
    target: str
    access: Access
    format: str = "delimited"
    partition: tuple[str, ...] = ()
    include: bool = False
    manifest: str = ""
    options: dict[str, Option] = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        """Whether a word was there."""
        return bool(self.options.get(name, False))

    def text(self, name: str, default: str = "") -> str:
        """Return the text that followed a word."""
        return str(self.options.get(name, default))

    def count(self, name: str, default: int = 0) -> int:
        """Return the number of bytes that followed a word."""
        return int(self.options.get(name, default))


@dataclass(slots=True)
class _Said:
    options: dict[str, Option] = field(default_factory=dict)
    formats: list[str] = field(default_factory=list)
    partition: tuple[str, ...] = ()
    include: bool = False
    manifest: str = ""


def parse_unload(cursor: Cursor) -> UnloadStatement:
    """Read a whole UNLOAD, its first word included."""
    cursor.need("unload")
    cursor.need_op("(")
    query = cursor.string()
    cursor.need_op(")")
    cursor.need("to")
    target = cursor.string()
    access, said = AccessClauses(), _Said()
    while cursor.here is not None:
        if not access.take(cursor):
            _option(cursor, said)
    kind = said.formats[0] if said.formats else "delimited"
    check_unload(kind, said.options, said.formats, target)
    found = access.access()
    if found.by_string and "kms_key_id" in said.options:
        raise RedshiftError("KMS_KEY_ID cannot be used with CREDENTIALS", sqlstate="42601")
    check_query(query)
    return UnloadStatement(
        query=query,
        target=target,
        access=found,
        format=kind,
        partition=said.partition,
        include=said.include,
        manifest=said.manifest,
        options=said.options,
    )


def _option(cursor: Cursor, said: _Said) -> None:
    if cursor.take("format"):
        cursor.take("as")
        if not any(cursor.at(word) for word in ("csv", "parquet", "json")):
            cursor.fail()
    for word in ("csv", "parquet", "json"):
        if cursor.take(word):
            said.formats.append(word)
            return
    if cursor.take("partition"):
        cursor.need("by")
        said.partition = tuple(cursor.names())
        said.include = cursor.take("include")
    elif cursor.take("manifest"):
        _once(said.manifest)
        said.manifest = "verbose" if cursor.take("verbose") else "plain"
    elif cursor.take("encrypted"):
        _once(said.options.get("encrypted"))
        said.options["encrypted"] = "auto" if cursor.take("auto") else True
    elif any(cursor.at(word) for word in _SIZES):
        word = cursor.next().value
        _once(said.options.get(word))
        said.options[word] = _size(cursor)
    else:
        take_option(cursor, _OPTIONS, said.options)


def _once(before: Option | None) -> None:
    if before:
        raise RedshiftError("conflicting or redundant options", sqlstate="42601")


def _size(cursor: Cursor) -> int:
    cursor.take("as")
    number = cursor.number()
    if not re.fullmatch(r"\d+(\.\d+)?", number):
        cursor.fail()
    unit = _GB if cursor.take("gb") else _MB
    cursor.take("mb")
    return int(float(number) * unit)
