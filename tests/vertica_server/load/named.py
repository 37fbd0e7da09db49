"""FCSVPARSER and FDELIMITEDPARSER: with a header, fields go to the columns of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError
from vertica_server.grammar.export import truth
from vertica_server.load.arguments import checked
from vertica_server.load.delimited import FieldRule, Rules, delimited_records
from vertica_server.load.record import Problem, Record
from vertica_server.sql.names import inner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vertica_server.grammar.copy import CopyStatement
    from vertica_server.load.columns import Input

__all__ = ["named_records"]

_COMMON = {"delimiter": ",", "header": "true", "trim": "true", "omit_empty_keys": "false",
           "reject_on_duplicate": "false", "reject_on_empty_key": "false",
           "reject_on_materialized_type_error": "false", "record_terminator": "\n"}  # fmt: skip
_CSV = {**_COMMON, "type": "traditional", "escape": "\\", "enclosed_by": '"', "header_names": ""}
_DELIMITED = {**_COMMON, "delimiter": "|", "escape": "\\", "treat_empty_val_as_null": "true",
              "enclosed_by": "", "header_names": ""}  # fmt: skip


def named_records(
    chunks: Iterable[bytes], statement: CopyStatement, inputs: Sequence[Input]
) -> Iterator[Record]:
    """Yield the records of one file, fields in the order of the columns."""
    is_csv = statement.parser == "fcsvparser"
    said = checked(statement, _CSV if is_csv else _DELIMITED)
    if is_csv and said["type"].lower() not in ("rfc4180", "traditional"):
        raise VerticaError(f"Invalid type '{said['type']}'", sqlstate="22023", code=3399)
    rows = _rfc_rows(chunks, said) if said.get("type", "").lower() == "rfc4180" else None
    if rows is None:
        rows = _escaped_rows(chunks, said)
    skip = statement.options.skip or 0
    order: list[int] | None = None
    if said["header_names"]:
        order = _order(said["header_names"].encode().split(said["delimiter"].encode()), inputs)
    has_header = truth("header", said["header"])
    for record in rows:
        if skip:
            skip -= 1
            continue
        if has_header:
            has_header = False
            order = order or _order([word or b"" for word in record.fields], inputs)
            continue
        yield _fitted(record, order, inputs, trim=truth("trim", said["trim"]))


def _order(names: Sequence[bytes], inputs: Sequence[Input]) -> list[int]:
    """Where each column's field stands in a row; -1 where it is missing."""
    found = {inner(name.decode("utf-8", "replace").strip()): n for n, name in enumerate(names)}
    return [found.get(inner(one.name), -1) for one in inputs]


def _fitted(
    record: Record, order: list[int] | None, inputs: Sequence[Input], *, trim: bool
) -> Record:
    if record.problem:
        return record
    places = order or list(range(len(inputs)))
    found = list[bytes | None]()
    for place in places:
        value = record.fields[place] if 0 <= place < len(record.fields) else None
        found.append(value.strip() if trim and value is not None else value)
    record.fields = found
    return record


def _escaped_rows(chunks: Iterable[bytes], said: dict[str, str]) -> Iterator[Record]:
    """Rows of the traditional kind: escapes, and no doubled quotes."""
    rule = FieldRule(
        delimiter=said["delimiter"].encode(),
        enclosed_by=said["enclosed_by"].encode(),
        escape=said["escape"].encode(),
    )
    rules = Rules(
        fields=[rule] * 9800,
        terminator=said["record_terminator"].encode(),
        trailing_nullcols=True,
    )
    for record in delimited_records(chunks, rules):
        while record.fields and record.fields[-1] is None:
            record.fields.pop()
        yield record


def _rfc_rows(chunks: Iterable[bytes], said: dict[str, str]) -> Iterator[Record]:
    """Rows by RFC 4180: quotes doubled, line breaks inside quotes kept."""
    delimiter, quote = said["delimiter"].encode(), said["enclosed_by"].encode() or b'"'
    for raw in _rfc_lines(chunks, quote):
        record = Record(raw=raw)
        try:
            record.fields = _rfc_fields(raw, delimiter, quote)
        except Problem as problem:
            record.problem = str(problem)
        yield record


def _rfc_lines(chunks: Iterable[bytes], quote: bytes) -> Iterator[bytes]:
    held, whole = b"", b""
    for chunk in chunks:
        pieces = (held + chunk).split(b"\n")
        held = pieces.pop()
        for piece in pieces:
            whole = whole + b"\n" + piece if whole else piece
            if whole.count(quote) % 2 == 0:
                line, whole = whole.removesuffix(b"\r"), b""
                if line:
                    yield line
    last = whole + b"\n" + held if whole else held
    if last:
        yield last.removesuffix(b"\r")


def _rfc_fields(raw: bytes, delimiter: bytes, quote: bytes) -> list[bytes | None]:
    found, at = list[bytes | None](), 0
    while at <= len(raw):
        if raw[at : at + 1] == quote:
            end = at + 1
            while (end := raw.find(quote, end)) >= 0 and raw[end + 1 : end + 2] == quote:
                end += 2
            if end < 0 or raw[end + 1 : end + 2] not in (b"", delimiter):
                raise Problem("Closing enclosure not found")
            found.append(raw[at + 1 : end].replace(quote * 2, quote))
            at = end + 2
        else:
            end = raw.find(delimiter, at)
            end = len(raw) if end < 0 else end
            found.append(raw[at:end] or None)
            at = end + 1
    return found
