"""A stream with bad rows: the good ones are loaded, the others go where rejects go."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mover_postgres.salvage import tables
from mover_postgres.salvage.cut import Cutter
from mover_postgres.salvage.direct import Direct, Staged
from mover_postgres.salvage.find import Undone, find_all_bad_rows, find_bad_rows, undoing
from mover_postgres.salvage.insert import insert_rows, insert_what_fits
from mover_postgres.salvage.piece import Bad
from mover_postgres.salvage.sieve import Sieve
from mover_postgres.statements import copy_in
from mover_postgres.wire.feed import send
from records_mover.parts import Reject

if TYPE_CHECKING:
    from collections.abc import (
        Callable,
        Collection,
        Generator,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )
    from contextlib import AbstractContextManager

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.options import CopyOptions
    from mover_postgres.salvage.piece import Piece
    from mover_postgres.salvage.tables import Target
    from mover_postgres.watched.roundings import Watched
    from records_mover.parts import LoadJob, RejectSink, TableName

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
        self.unsendable = 0
        self._bytes = 0

    def seeing(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """Keep the pieces that pass, and count the records in them that are no rows."""
        for piece in pieces:
            self.unsendable += len(piece.bad)
            self._bytes += len(piece.data) + piece.ends.nbytes
            if self.pieces is not None:
                self.pieces.append(piece)
            if self._bytes > _KEPT_BYTES:
                self.pieces = None
            yield piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvage:
    """What there is to know of a stream to load what is good of it.

    ``suspect`` is the column that was seen to be bad, if one was. In the columns that are
    ``watched`` the server would change a value without a word, which makes its row a bad one.
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
    watched: Sequence[Watched] = ()
    by_line: bool = True

    def run(self) -> int:
        """Load the good rows and return their count; raises when too many are bad."""
        try:
            with undoing(self.driver, "mover_direct"):
                return self._run(direct=True)
        except Undone:
            return self._run(direct=False)

    def _run(self, *, direct: bool) -> int:
        driver, job = self.driver, self.job
        tables.make(driver, len(job.columns))
        target = tables.describe(driver, job.landing, job.columns)
        sieve = Sieve(self.copy, target, self.force_null)
        kept, staged = _Kept(), Staged()
        direct = direct and (self.suspect is None or sieve.look_at(self.suspect))
        quick = Direct(driver, self._statement(job.landing.table), sieve, staged)
        with closing(quick), closing(self._pieces()) as pieces:
            seen = kept.seeing(pieces)
            self._stage(quick, quick.load(seen) if direct else seen, staged)
        suspects = {*sieve.columns, *([self.suspect] if self.suspect else [])}
        rows = quick.rows + self._inserted(target, suspects, kept, quick)
        job.cancellation.check()
        if kept.unsendable or tables.count(driver):
            self._report(self._pieces() if kept.pieces is None else kept.pieces, staged)
        self.sink.check()
        tables.drop(driver)
        return rows

    def _inserted(
        self, target: Target, suspects: Collection[str], kept: _Kept, quick: Direct
    ) -> int:
        """Insert the rows that fit; none when it is clear that too many do not."""
        driver = self.driver

        def too_many() -> bool:
            self.job.cancellation.check()
            bad = self.sink.count + kept.unsendable + tables.count(driver)
            return bad > self.sink.limit

        find_bad_rows(driver, target, suspects)
        if too_many():
            return 0
        rows = insert_rows(driver, target)
        if rows is not None:
            return rows
        find_all_bad_rows(driver, target)
        if too_many():
            return 0
        rows = insert_rows(driver, target)
        if rows is not None:
            return rows
        before = tables.count(driver, quick.kept)
        rows = insert_what_fits(driver, target)
        if quick.rows and tables.count(driver, quick.kept) > before:
            raise Undone  # a row that came first may have had to give way to a later one
        return rows

    def _statement(self, table: TableName, fields: Mapping[str, str] | None = None) -> str:
        names = fields or {name: name for name in self.job.columns}
        statement = copy_in(
            table,
            [names[name] for name in self.job.columns],
            replace(self.copy, header=False),
            force_null=[names[name] for name in self.force_null],
        )
        text: str = statement.as_string(self.driver)
        return text

    def _stage(self, quick: Direct, rest: Iterator[Piece], staged: Staged) -> None:
        """Send what is left as text."""
        fields = {name: tables.field_name(at) for at, name in enumerate(self.job.columns)}

        def text() -> Iterator[bytes]:
            yield from quick.others()
            for piece in rest:
                staged.add_all_from(piece)
                piece.forget_fields()
                yield piece.rows(piece.good)

        send(self.driver, self._statement(tables.TEXT, fields), text())

    def _pieces(self) -> Generator[Piece, None, None]:
        cutter = Cutter(
            self.copy,
            self.job.columns,
            codec=self.codec,
            header=self.copy.header,
            into=self.driver.get_parameter_status("server_encoding"),
        )
        with self.read() as reading:
            for piece in cutter.pieces(self._checked(reading.blocks)):
                piece.line += reading.lines_before()
                piece.bad |= self._changed(piece)
                yield piece

    def _checked(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            self.job.cancellation.check()
            yield block

    def _changed(self, piece: Piece) -> dict[int, Bad]:
        """Return the records with a value that the server would round or cut."""
        if not self.watched:
            return {}
        from mover_postgres.watched.suspects import Suspects

        rows = piece.good
        ends = np.cumsum(np.diff(piece.ends, prepend=0)[rows])
        looking = Suspects(self.watched, self.copy, self.codec, self.source, lambda line: line)
        bad: dict[int, Bad] = {}
        for start, column, value in looking.changed(piece.rows(rows)):
            record = int(rows[np.searchsorted(ends, start, "right")])
            why = f"{column.why()} as {column.type} ({value!r})"
            bad.setdefault(record, Bad(why, column.place))
        return bad

    def _report(self, pieces: Iterable[Piece], staged: Staged) -> None:
        """Look the rows that were left out up, in order, for their lines and texts."""
        before = 0
        with closing(tables.rejected(self.driver)) as found:
            told = next(found, None)
            for piece in pieces:
                wrong: dict[int, tuple[str | None, str]] = {
                    record: (self._column(bad.field), bad.reason)
                    for record, bad in piece.bad.items()
                }
                sent = staged.of(piece)
                while told is not None and told[0] <= before + len(sent):
                    row, column, reason = told
                    wrong[int(sent[row - before - 1])] = (column, reason)
                    told = next(found, None)
                before += len(sent)
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
