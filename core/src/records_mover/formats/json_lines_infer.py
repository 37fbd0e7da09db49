"""The schema of JSON lines, from every row of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from records_mover.formats.json_lines_reader import ISO, json_chunks, parse_lines
from records_mover.formats.ordered import in_order
from records_mover.formats.profile import Facts, look, merge
from records_mover.formats.tally import field_of
from records_mover.schema import Field, RecordsSchema, Statistics

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from records_mover.formats.records import Chunk
    from records_mover.instructions import ProcessingInstructions

__all__ = ["infer"]

# JSON marks numbers and truth itself: a string that looks like one is text all the same.
_IN_STRINGS = ("date", "time", "datetime", "datetimetz", "uuid", "string")


@dataclass(frozen=True, slots=True)
class _Seen:
    facts: Facts
    items: Field | None = None


def infer(
    openers: Sequence[Callable[[], BinaryIO]],
    compression: str | None,
    instructions: ProcessingInstructions,
) -> RecordsSchema:
    """Return the schema that holds for every line of the files."""
    columns: dict[str, _Seen] = {}
    rows, limit, cut = 0, instructions.max_inference_rows, False
    for opener in openers:
        pieces = in_order(json_chunks(opener(), compression), partial(_facts, source=""))
        for count, seen in pieces:
            _add(columns, seen, rows, count)
            rows += count
            cut = limit is not None and rows >= limit
            if cut:
                break
        pieces.close()
    return RecordsSchema([_field(name, seen, cut=cut) for name, seen in columns.items()])


def _add(columns: dict[str, _Seen], seen: dict[str, _Seen], rows: int, count: int) -> None:
    for name in [*columns, *(name for name in seen if name not in columns)]:
        old = columns.get(name) or _Seen(Facts(rows=rows))
        new = seen.get(name) or _Seen(Facts(rows=count))
        columns[name] = _Seen(merge(old.facts, new.facts), new.items or old.items)


def _facts(chunk: Chunk, *, source: str) -> tuple[int, dict[str, _Seen]]:
    table = parse_lines(chunk, pa.schema([]), source)
    names = table.column_names
    again = [_asked_again(field) for field in table.schema]
    if any(again):
        table = parse_lines(chunk, pa.schema([field for field in again if field]), source)
    columns = {name: _column(table.column(name)) for name in names}
    return table.num_rows, columns


def _asked_again(field: pa.Field) -> pa.Field | None:
    """Return a field whose values Arrow took for less than they are."""
    return pa.field(field.name, pa.string()) if pat.is_timestamp(field.type) else None


def _column(column: pa.ChunkedArray) -> _Seen:
    array = pa.concat_arrays(column.chunks)
    kind = array.type
    plain = Facts(rows=len(array), count=len(array) - array.null_count)
    if pat.is_null(kind):
        return _Seen(plain)
    if pat.is_string(kind):
        facts = look(array, ISO)
        return _Seen(facts if facts.kind in (*_IN_STRINGS, None) else replace(facts, kind="string"))
    if pat.is_boolean(kind):
        return _Seen(replace(plain, kind="boolean", words=frozenset({"true"})))
    if pat.is_integer(kind) or pat.is_floating(kind):
        return _Seen(_numbers(array))
    if pat.is_list(kind) and not pat.is_nested(kind.value_type):
        return _Seen(replace(plain, kind="array"), _items(array.flatten()))
    return _Seen(replace(plain, kind="json"))


def _items(values: pa.Array) -> Field:
    return field_of("item", _column(pa.chunked_array([values])).facts, complete=True)


def _numbers(array: pa.Array) -> Facts:
    """Return the facts of numbers by their text, which tells how many digits they have."""
    text = pc.cast(array, pa.string())
    facts = look(text, ISO)
    if facts.kind != "string":
        return facts
    low, high = pc.min_max(array).as_py().values()
    return replace(facts, kind="float", min=Decimal(repr(low)), max=Decimal(repr(high)))


def _field(name: str, seen: _Seen, *, cut: bool) -> Field:
    if seen.facts.kind != "array":
        return field_of(name, seen.facts, complete=not cut)
    total = None if cut else seen.facts.rows
    rows = Statistics(rows_sampled=seen.facts.rows, total_rows=total, count=seen.facts.count)
    return Field(name, "array", None, rows, items=seen.items)
