"""What a move did."""

from __future__ import annotations

from dataclasses import asdict, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from records_mover.frozen import frozen
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from records_mover.records.route.verdict import ColumnFidelity

__all__ = ["MoveResult"]

_MEGABYTE = 1_000_000


@frozen
class MoveResult:
    """Rows that arrived, bytes that were read, wall seconds, and the names of the steps taken.

    ``rows`` is None only where bytes were copied without being looked at; ``move_count`` then looks
    at them, when it is asked for. ``output_urls`` maps a
    short name to the URL of each file written. ``verified`` is None where it was not asked for,
    and ``compared`` then says what was found to be equal. ``rejected`` rows were left out,
    ``bad_bytes`` bytes left out or replaced. ``notes`` says what else was changed, as a column that
    was added to a table. ``columns`` say what was kept of each column.
    """

    rows: int | None
    bytes: int
    seconds: float
    route: tuple[str, ...]
    rejected: int = 0
    bad_bytes: int = 0
    first_bad_bytes: str | None = None
    verified: bool | None = None
    compared: str = ""
    output_urls: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    columns: tuple[ColumnFidelity, ...] = field(default=(), repr=False)
    count: Callable[[], int] | None = field(default=None, repr=False, compare=False)

    @property
    def move_count(self) -> int | None:
        """The number of rows moved, by its name in 1.x; of a mere copy they are counted now.

        The files that were written are read for it; those of Parquet and Avro say it themselves.
        Raises ``NotFoundError`` where they are gone meanwhile.
        """
        if self.rows is None and self.count is not None:
            return self.count()
        return self.rows

    def __iter__(self) -> Iterator[Any]:
        """Unpack as 1.x's result did: ``move_count, output_urls = move(...)``."""
        yield self.move_count
        yield self.output_urls

    def __getitem__(self, place: int) -> Any:
        """Return one of the two, as 1.x's result did."""
        return (self.move_count, self.output_urls)[place]

    def __reduce__(self) -> tuple[Any, ...]:
        kept = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "count"}
        return (partial(MoveResult, **kept), ())

    def to_data(self) -> dict[str, object]:
        """Return the values as ``mvrec move --json`` prints them."""
        told = asdict(replace(self, count=None))
        del told["count"]
        return told

    def __str__(self) -> str:
        rows = "all rows" if self.rows is None else many(self.rows, "row")
        said = [rows]
        if self.rejected:
            said.append(f"{self.rejected:,} rejected")
        if self.verified:
            said.append("verified")
        if self.bytes:
            said.append(_size(self.bytes))
        return f"{', '.join(said)}, {self.seconds:.2f} s by {' > '.join(self.route)}"

    def _repr_html_(self) -> str:
        """Show a small table in a notebook."""
        from html import escape

        lines = "".join(
            f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in self._shown()
        )
        return f"<table>{lines}</table>"

    def _shown(self) -> Iterator[tuple[str, str]]:
        yield "rows", "all" if self.rows is None else f"{self.rows:,}"
        if self.rejected:
            yield "rejected", f"{self.rejected:,}"
        yield "bytes", f"{self.bytes:,}"
        yield "seconds", f"{self.seconds:.2f}"
        yield "route", " > ".join(self.route)
        if self.verified:
            yield "verified", self.compared
        yield from self.output_urls.items()
        for note in self.notes:
            yield "note", note


def _size(count: int) -> str:
    return many(count, "byte") if count < _MEGABYTE / 10 else f"{count / _MEGABYTE:,.1f} MB"
