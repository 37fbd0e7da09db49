"""The schema of JSON lines, from every row of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.errors import FormatError
from records_mover.formats.columns.values import small
from records_mover.formats.json_lines import careful
from records_mover.formats.json_lines.careful import ISO
from records_mover.formats.json_lines.numbers import quoted_numbers
from records_mover.formats.json_lines.reader import json_chunks, parse_lines
from records_mover.formats.ordered import in_order
from records_mover.formats.profile import SHORT_FLOAT, Facts, look, merge
from records_mover.formats.tally import field_of
from records_mover.schema import Field, RecordsSchema, Statistics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from records_mover.formats.delimited.records import Chunk
    from records_mover.instructions import ProcessingInstructions

__all__ = ["infer"]

# JSON marks numbers and truth itself: a string that looks like one is text all the same.
_IN_STRINGS = ("date", "time", "datetime", "datetimetz", "uuid", "string")


@dataclass(frozen=True, slots=True)
class _Seen:
    facts: Facts
    items: Facts | None = None


def infer(
    openers: Sequence[tuple[Callable[[], BinaryIO], str]],
    compression: str | None,
    instructions: ProcessingInstructions,
) -> RecordsSchema:
    """Return the schema that holds for every line of the files, each given with its name.

    Raises ``FormatError`` where there are lines and none of them names a column.
    """
    columns: dict[str, _Seen] = {}
    rows, limit, cut = 0, instructions.max_inference_rows, False
    for opener, source in openers:
        pieces = in_order(json_chunks(opener(), compression), partial(_facts, source=source))
        for count, seen in pieces:
            _add(columns, seen, rows, count)
            rows += count
            cut = limit is not None and rows >= limit
            if cut:
                break
        pieces.close()
    if rows and not columns:
        raise FormatError("no line names a column", "there is no table in JSON objects like {}")
    return RecordsSchema([_field(name, seen, cut=cut) for name, seen in columns.items()])


def _add(columns: dict[str, _Seen], seen: dict[str, _Seen], rows: int, count: int) -> None:
    for name in [*columns, *(name for name in seen if name not in columns)]:
        old = columns.get(name) or _Seen(Facts(rows=rows))
        new = seen.get(name) or _Seen(Facts(rows=count))
        columns[name] = _merged(old, new)


def _merged(old: _Seen, new: _Seen) -> _Seen:
    facts = merge(old.facts, new.facts)
    if {old.facts.kind, new.facts.kind} == {"array", "json"}:
        return _Seen(replace(facts, kind="json"))
    if old.items is None or new.items is None:
        return _Seen(facts, new.items or old.items)
    return _Seen(facts, merge(old.items, new.items))


def _facts(chunk: Chunk, *, source: str) -> tuple[int, dict[str, _Seen]]:
    table = parse_lines(chunk, pa.schema([]), source)
    columns = {name: _column(table.column(name)) for name in _settled(table.schema)}
    unsettled = [name for name in table.column_names if name not in columns]
    if unsettled:
        again = [_in_text(table.schema.field(name)) for name in unsettled]
        text = parse_lines(quoted_numbers(chunk), pa.schema(again), source, others=False)
        for name in unsettled:
            numbers = _holds(table.schema.field(name).type, pat.is_floating)
            columns[name] = _column(text.column(name), numbers=numbers)
    return table.num_rows, {name: columns[name] for name in table.column_names}


def _settled(schema: pa.Schema) -> list[str]:
    """Return the columns whose values Arrow did not take for less than they are."""
    return [
        field.name
        for field in schema
        if not _holds(field.type, pat.is_floating) and not _holds(field.type, pat.is_timestamp)
    ]


def _holds(kind: pa.DataType, wanted: Callable[[pa.DataType], bool]) -> bool:
    return wanted(kind.value_type if pat.is_list(kind) else kind)


def _in_text(field: pa.Field) -> pa.Field:
    return pa.field(field.name, careful.as_text(field.type))


def _column(column: pa.ChunkedArray, *, numbers: bool = False) -> _Seen:
    """Return what was seen of a column; ``numbers`` if its text stood outside of quotes."""
    array = pa.concat_arrays(column.chunks)
    kind = array.type
    plain = Facts(rows=len(array), count=len(array) - array.null_count)
    if pat.is_null(kind):
        return _Seen(plain)
    if pat.is_string(kind):
        return _Seen(_numbers(array) if numbers else _strings(array))
    if pat.is_boolean(kind):
        return _Seen(replace(plain, kind="boolean", words=frozenset({"true"})))
    if pat.is_integer(kind):
        return _Seen(_numbers(pc.cast(array, pa.string())))
    if pat.is_list(kind) and not pat.is_nested(kind.value_type):
        return _Seen(replace(plain, kind="array"), _items(array.flatten(), numbers=numbers))
    return _Seen(replace(plain, kind="json"))


def _strings(text: pa.Array) -> Facts:
    facts = look(text, ISO)
    return facts if facts.kind in (*_IN_STRINGS, None) else replace(facts, kind="string")


def _items(values: pa.Array, *, numbers: bool) -> Facts:
    return _column(pa.chunked_array([values]), numbers=numbers).facts


def _numbers(text: pa.Array) -> Facts:
    """Return the facts of numbers by their text, which tells how many digits they have."""
    facts = look(text, ISO)
    if facts.kind != "string":
        return facts
    mantissa = pc.replace_substring_regex(text, r"[eE].*|[-.]", "")
    if pc.max(pc.binary_length(mantissa)).as_py() > SHORT_FLOAT:
        return facts
    found = pc.cast(text, pa.float64())
    vanished = pc.and_(
        pc.equal(found, small(0, pa.float64())), pc.match_substring_regex(mantissa, "[1-9]")
    )
    if pc.any(vanished).as_py():
        return facts
    low, high = pc.min_max(pc.filter(found, pc.is_finite(found))).as_py().values()
    if low is None:
        return replace(facts, kind="float")
    return replace(facts, kind="float", min=Decimal(repr(low)), max=Decimal(repr(high)))


def _field(name: str, seen: _Seen, *, cut: bool) -> Field:
    if seen.items is None or seen.facts.kind != "array":
        return field_of(name, seen.facts, complete=not cut)
    total = None if cut else seen.facts.rows
    rows = Statistics(rows_sampled=seen.facts.rows, total_rows=total, count=seen.facts.count)
    return Field(name, "array", None, rows, items=field_of("item", seen.items, complete=not cut))
