"""One schema for several files that say themselves what their columns are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from records_mover.errors import ColumnMismatchError
from records_mover.schema import IntegerConstraints, RecordsSchema, Statistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from records_mover.schema import Field

__all__ = ["alike"]


def alike(schemas: Sequence[tuple[RecordsSchema, int]]) -> RecordsSchema:
    """Return the schema that holds for all files, each given with its number of rows."""
    first, _ = schemas[0]
    rows = sum(count for _, count in schemas)
    for other, _ in schemas[1:]:
        if sorted(other.names) != sorted(first.names):
            what = f"the files have different columns: {', '.join(first.names)}"
            advice = "move them one by one, or choose the columns"
            raise ColumnMismatchError(f"{what} and {', '.join(other.names)}", advice)
    fields = [_common([schema[name] for schema, _ in schemas]) for name in first.names]
    seen = Statistics(rows_sampled=rows, total_rows=rows)
    return RecordsSchema([replace(field, statistics=seen) for field in fields])


def _common(fields: Sequence[Field]) -> Field:
    """Return a column that holds the values of all these."""
    first = fields[0]
    if all(_same(field, first) for field in fields):
        return first
    ranges = [field.constraints for field in fields]
    if all(isinstance(one, IntegerConstraints) for one in ranges):
        lows = [one.min for one in ranges if isinstance(one, IntegerConstraints)]
        highs = [one.max for one in ranges if isinstance(one, IntegerConstraints)]
        known = None not in lows and None not in highs
        low = min(value for value in lows if value is not None) if known else None
        high = max(value for value in highs if value is not None) if known else None
        return replace(first, constraints=IntegerConstraints(min=low, max=high))
    kinds = " and ".join(sorted({field.field_type for field in fields}))
    what = f"the column '{first.name}' has different types in the files: {kinds}"
    raise ColumnMismatchError(what, "give a schema that says which type it has")


def _same(one: Field, other: Field) -> bool:
    same = (one.field_type, one.items) == (other.field_type, other.items)
    return same and one.constraints == other.constraints
