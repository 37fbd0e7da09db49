"""Facts of all columns, gathered batch by batch, and the schema that follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from records_mover.formats.profile import Facts, look, merge
from records_mover.schema import (
    Constraints,
    DecimalConstraints,
    DecimalStatistics,
    Field,
    FieldType,
    IntegerConstraints,
    IntegerStatistics,
    RecordsSchema,
    Statistics,
    StringConstraints,
    StringStatistics,
    TimeConstraints,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["Tally", "field_of"]

_RANGES = tuple((-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (16, 32, 64))


class Tally:
    """The facts of each column so far; ``look`` may be called from several threads."""

    def __init__(
        self, names: Sequence[str], hints: ValidatedRecordsHints, limit: int | None = None
    ) -> None:
        self._names = tuple(names)
        self._hints = hints
        self._limit = limit
        self._facts = [Facts()] * len(self._names)
        self._cut = False

    def look(self, batch: pa.RecordBatch) -> list[Facts]:
        """Return the facts of a batch; columns that are known to be text are not tested again."""
        known = [facts.kind == "string" for facts in self._facts]
        return [
            look(column, self._hints, as_text=text)
            for column, text in zip(batch.columns, known, strict=True)
        ]

    def add(self, facts: Sequence[Facts]) -> int:
        """Add the facts of one more batch; return the number of rows so far."""
        self._facts = [merge(*pair) for pair in zip(self._facts, facts, strict=True)]
        return self.rows

    @property
    def rows(self) -> int:
        """How many rows were looked at."""
        return self._facts[0].rows if self._facts else 0

    @property
    def full(self) -> bool:
        """Whether no more rows need to be read."""
        self._cut = self._limit is not None and self.rows >= self._limit
        return self._cut

    def schema(self) -> RecordsSchema:
        """Return the schema that follows from the facts."""
        pairs = zip(self._names, self._facts, strict=True)
        return RecordsSchema(
            [field_of(name, facts, complete=not self._cut) for name, facts in pairs]
        )


def field_of(name: str, facts: Facts, *, complete: bool) -> Field:
    """Return the column that follows from its facts, which cover all of it if ``complete``."""
    kind = facts.kind or "string"
    field_type = cast("FieldType", "decimal" if kind == "float" else kind)
    constraints = _constraints(kind, facts, complete=complete)
    return Field(name, field_type, constraints, _statistics(kind, facts, complete=complete))


def _constraints(kind: str, facts: Facts, *, complete: bool) -> Constraints:
    if kind == "integer":
        return _range(facts, complete=complete)
    if kind == "float":
        return DecimalConstraints(fp_total_bits=64, fp_significand_bits=53)
    if kind == "decimal":
        if not complete:
            return DecimalConstraints()
        precision = max(facts.digits + facts.scale, 1)
        return DecimalConstraints(fixed_precision=precision, fixed_scale=facts.scale)
    if kind in ("time", "datetime", "datetimetz"):
        return TimeConstraints(precision=9 if facts.scale > 6 else None)
    return StringConstraints() if kind == "string" else Constraints()


def _range(facts: Facts, *, complete: bool) -> IntegerConstraints:
    """Return the range of the least type that holds what was seen.

    Where rows were left unread it is that of 64 bits at least.
    """
    low, high = int(facts.min or 0), int(facts.max or 0)
    for least, greatest in _RANGES if complete else _RANGES[-1:]:
        if least <= low and high <= greatest:
            return IntegerConstraints(min=least, max=greatest)
    limit = 10 ** max(len(str(abs(low))), len(str(abs(high)))) - 1
    return IntegerConstraints(min=-limit, max=limit)


def _statistics(kind: str, facts: Facts, *, complete: bool) -> Statistics:
    total = facts.rows if complete else None
    seen = {"rows_sampled": facts.rows, "total_rows": total, "count": facts.count}
    if kind == "string":
        lengths = {"max_length_bytes": facts.max_bytes, "max_length_chars": facts.max_chars}
        return StringStatistics(**seen, **lengths)  # type: ignore[arg-type]
    if facts.min is None or facts.max is None:
        return Statistics(**seen)  # type: ignore[arg-type]
    if kind == "integer":
        return IntegerStatistics(**seen, min=int(facts.min), max=int(facts.max))  # type: ignore[arg-type]
    if kind in ("decimal", "float"):
        return DecimalStatistics(**seen, min=facts.min, max=facts.max)  # type: ignore[arg-type]
    return Statistics(**seen)  # type: ignore[arg-type]
