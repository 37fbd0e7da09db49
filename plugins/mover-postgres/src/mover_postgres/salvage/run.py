"""A stream with bad rows: the good ones are loaded, the others go where rejects go."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mover_postgres.feed import send
from mover_postgres.salvage import tables
from mover_postgres.salvage.cut import Cutter
from mover_postgres.salvage.find import find_all_bad_rows, find_bad_rows
from mover_postgres.salvage.insert import insert_rows, insert_what_fits
from mover_postgres.statements import copy_in
from records_mover.parts import Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.options import CopyOptions
    from mover_postgres.salvage.cut import Piece
    from mover_postgres.salvage.tables import Target
    from records_mover.parts import LoadJob, RejectSink

__all__ = ["Reading", "Salvage"]

_KEPT_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a stream from its start: the blocks, and the lines that come before them.

    ``lines_before`` is right once the first block is there.
    """

    blocks: Iterator[bytes]
    lines_before: Callable[[], int]


class _Kept:
    """The pieces of a stream while they are few; None when it is better read again."""

    def __init__(self) -> None:
        self.pieces: list[Piece] | None = []
        self._bytes = 0

    def add(self, piece: Piece) -> None:
        self._bytes += len(piece.data) + piece.ends.nbytes
        if self.pieces is not None:
            self.pieces.append(piece)
        if self._bytes > _KEPT_BYTES:
            self.pieces = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvage:
    """What there is to know of a stream to load what is good of it.

    ``suspect`` is the column that was seen to be bad, if one was.
    ``by_line`` says that a row is told by the line on which it begins, else by its number.
    """

    job: LoadJob
    sink: RejectSink
    driver: PsycopgConnection
    read: Callable[[], AbstractContextManager[Reading]]
    copy: CopyOptions
    codec: str
    source: str
    suspect: str | None = None
    force_null: Sequence[str] = ()
    by_line: bool = True

    def run(self) -> int:
        """Load the good rows and return their count; raises when too many are bad."""
        driver, job = self.driver, self.job
        tables.make(driver, len(job.columns))
        kept = _Kept()
        unsendable = self._stage(kept)
        target = tables.describe(driver, job.landing, job.columns)
        rows = self._inserted(target, unsendable)
        job.cancellation.check()
        if unsendable or tables.count(driver):
            self._report(self._pieces() if kept.pieces is None else kept.pieces)
        self.sink.check()
        tables.drop(driver)
        return rows

    def _inserted(self, target: Target, unsendable: int) -> int:
        """Insert the rows that fit; none when it is clear that too many do not."""

        def too_many() -> bool:
            self.job.cancellation.check()
            bad = self.sink.count + unsendable + tables.count(self.driver)
            return bad > self.sink.limit

        find_bad_rows(self.driver, target, self.suspect)
        if too_many():
            return 0
        rows = insert_rows(self.driver, target)
        if rows is not None:
            return rows
        find_all_bad_rows(self.driver, target)
        if too_many():
            return 0
        rows = insert_rows(self.driver, target)
        return insert_what_fits(self.driver, target) if rows is None else rows

    def _stage(self, kept: _Kept) -> int:
        """Send all that are rows as text; return how many are not."""
        fields = [tables.field_name(place) for place in range(len(self.job.columns))]
        staged = dict(zip(self.job.columns, fields, strict=True))
        statement = copy_in(
            tables.TEXT,
            fields,
            replace(self.copy, header=False),
            force_null=[staged[name] for name in self.force_null],
        )
        left_out = 0

        def good() -> Iterator[bytes]:
            nonlocal left_out
            for piece in self._pieces():
                left_out += len(piece.bad)
                kept.add(piece)
                yield piece.rows()

        send(self.driver, statement.as_string(self.driver), good())
        return left_out

    def _pieces(self) -> Iterator[Piece]:
        cutter = Cutter(
            self.copy,
            self.job.columns,
            codec=self.codec,
            header=self.copy.header,
            into=self.driver.get_parameter_status("server_encoding"),
        )
        with self.read() as reading:
            for piece in cutter.pieces(self._watched(reading.blocks)):
                piece.line += reading.lines_before()
                yield piece

    def _watched(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.job.cancellation.check()
            yield block

    def _report(self, pieces: Iterable[Piece]) -> None:
        """Look the rows that were left out up, in order, for their lines and texts."""
        before = 0
        with closing(tables.rejected(self.driver)) as found:
            told = next(found, None)
            for piece in pieces:
                wrong: dict[int, tuple[str | None, str]] = {
                    record: (self._column(bad.field), bad.reason)
                    for record, bad in piece.bad.items()
                }
                good = piece.good
                while told is not None and told[0] <= before + len(good):
                    row, column, reason = told
                    wrong[int(good[row - before - 1])] = (column, reason)
                    told = next(found, None)
                before += len(good)
                self._add(piece, wrong)

    def _column(self, field: int | None) -> str | None:
        known = field is not None and field < len(self.job.columns)
        return self.job.columns[field] if known and field is not None else None

    def _add(self, piece: Piece, wrong: dict[int, tuple[str | None, str]]) -> None:
        records = sorted(wrong)
        for record, line in zip(records, piece.lines(records), strict=True):
            column, reason = wrong[record]
            self.sink.add(
                Reject(
                    source=self.source,
                    line=line if self.by_line else piece.row + record,
                    column=column,
                    reason=" ".join(reason.split()),
                    text=piece.text(record),
                )
            )
