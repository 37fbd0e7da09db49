"""FIXEDWIDTH: fields of so many octets each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.load.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vertica_server.grammar.copy import CopyStatement

__all__ = ["fixed_records"]


def fixed_records(chunks: Iterable[bytes], statement: CopyStatement) -> Iterator[Record]:
    """Yield the records; a terminator between them is optional."""
    said = statement.options
    sizes = [int(size) for size in statement.arguments["colsizes"].split(",")]
    null = (said.null or "").encode()
    trim = (said.trim or "").encode()
    left, data = said.skip or 0, b"".join(chunks)[said.skip_bytes or 0 :]
    end = (said.record_terminator or "\n").encode()
    at, width = 0, sum(sizes)
    while at < len(data):
        raw = data[at : at + width]
        at += width
        if data[at : at + len(end)] == end:
            at += len(end)
        if left:
            left -= 1
        else:
            yield _record(raw, sizes, null, trim)


def _record(raw: bytes, sizes: list[int], null: bytes, trim: bytes) -> Record:
    if len(raw) < sum(sizes):
        return Record(raw=raw, problem="Too few columns found")
    fields, at = list[bytes | None](), 0
    for size in sizes:
        word = raw[at : at + size]
        at += size
        word = word.strip(trim) if trim else word
        fields.append(None if word == null or word.strip() == null else word)
    return Record(raw=raw, fields=fields)
