"""Answers to COPYs over several connections at a time, in the order of what was asked.

Each connection is asked for its next range while it answers, and whoever is free takes the next
one. One thread takes from all sockets what has come, past the driver, so that the file is written
as by one connection: what comes before its turn waits in memory.
"""

from __future__ import annotations

import select
import time
from collections import deque
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from mover_postgres.connections import stopping
from mover_postgres.errors import DRIVER_ERRORS
from mover_postgres.wire.frames import NAP, cut, end_of
from records_mover.errors import LoadUnloadError
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.wire.frames import End

__all__ = ["Inbox", "Piece", "Text", "in_turn"]

_HELD = 16 << 20
"""Bytes that may wait for their turn, a connection."""
_AHEAD = 2
"""Statements that a connection is given at a time: the next one begins where the last one ends."""


class Piece(Protocol):
    """Some rows."""

    @property
    def count(self) -> int:
        """How many rows."""
        ...

    @property
    def size(self) -> int:
        """How many bytes they hold on to."""
        ...


@frozen
class Text:
    """Some rows, as they are to be written."""

    data: bytes | memoryview
    count: int
    release: Callable[[], None] = lambda: None
    """To be called when the rows were written: what they lie in is used again."""

    @property
    def size(self) -> int:
        """How many bytes they hold on to."""
        return len(self.data)


P = TypeVar("P", bound=Piece)
P_co = TypeVar("P_co", bound=Piece, covariant=True)


class Inbox(Protocol[P_co]):
    """What has come over one connection and is not taken yet."""

    def room(self) -> memoryview:
        """Return where to put what comes next."""
        ...

    def came(self, count: int) -> bool:
        """Note how much came; say whether to look at it: there is much, or an answer has ended."""
        ...

    def found(self) -> Sequence[P_co | None]:
        """Return the rows that are here as a whole, and None where an answer ends."""
        ...


class _Lane(Generic[P]):
    """One connection: which answers are due over it, and what has come of them."""

    def __init__(self, end: End, inbox: Inbox[P]) -> None:
        self.end = end
        self._inbox = inbox
        self.turns: deque[int] = deque()
        self.pieces: deque[P | None] = deque()
        self.unanswered = 0
        self._held = 0

    def ask(self, turn: int, statement: str) -> None:
        self.turns.append(turn)
        self.unanswered += 1
        self.end.ask(statement)

    @property
    def has_time(self) -> bool:
        """Whether to ask it for more."""
        return self.unanswered < _AHEAD and self._held < _HELD

    def may_go_on(self, turn: int) -> bool:
        """Whether there is anything to come, and room for it."""
        return bool(self.unanswered) and (self.turns[0] == turn or self._held < _HELD)

    def receive(self) -> bool:
        """Take what has come; say whether anything has."""
        count = self.end.take(self._inbox.room())
        if count is None:
            return False
        if not count:
            raise cut()
        if self._inbox.came(count):
            for piece in self._inbox.found():
                self.pieces.append(piece)
                self.unanswered -= piece is None
                self._held += piece.size if piece is not None else 0
        return True

    def give(self) -> P | None:
        """Give the next piece; None where an answer ends."""
        piece = self.pieces.popleft()
        if piece is None:
            self.turns.popleft()
        else:
            self._held -= piece.size
        return piece


def in_turn(
    drivers: Sequence[PsycopgConnection],
    statements: Iterable[str],
    inbox: Callable[[Callable[[int, bytes], bool]], Inbox[P]],
    check: Callable[[], None],
    *,
    headers: int = 0,
) -> Generator[P]:
    """Yield the rows of all statements, in their order; the connections are inside transactions.

    ``inbox`` makes what takes the messages of one connection, and is handed who hears those that
    hold no rows; ``check`` is called all the time, and stops by raising. Where that happens, or
    anything else goes wrong, the connections are closed. ``headers`` are lines that come like rows
    and that the server does not count.
    """
    try:
        with ExitStack() as stack:
            ends = [stack.enter_context(end_of(driver)) for driver in drivers]
            asked = iter(statements)
            first = list(zip(ends, asked, strict=False))
            for end, statement in first:
                end.ask(statement)
            # What finds the rows is imported while the servers are at it.
            lanes = [_Lane(end, inbox(end.heard)) for end, _ in first]
            rows = yield from _Road(lanes, asked).pieces(check)
            if rows - headers != (told := sum(end.rows for end in ends)):
                what = f"{rows - headers} rows came of the {told} that the server has sent"
                raise LoadUnloadError(what, "report this defect")
    except BaseException:
        for driver in drivers:
            with suppress(*DRIVER_ERRORS):
                stopping(driver)()
            driver.close()
        raise


class _Road(Generic[P]):
    """All lanes, each of which was asked for one answer."""

    def __init__(self, lanes: Sequence[_Lane[P]], statements: Iterator[str]) -> None:
        self._lanes = lanes
        self._statements = enumerate(statements, start=len(lanes))
        for turn, lane in enumerate(lanes):
            lane.turns.append(turn)
            lane.unanswered = 1

    def pieces(self, check: Callable[[], None]) -> Generator[P, None, int]:
        """Yield what is answered, in the order of what was asked; return how many rows."""
        turn = rows = 0
        while (lane := self._whose(turn)) is not None:
            check()
            while lane.pieces:
                piece = lane.give()
                if piece is None:
                    turn += 1
                    break
                rows += piece.count
                yield piece
            else:
                self._receive(turn)
        return rows

    def _whose(self, turn: int) -> _Lane[P] | None:
        """Return who answers this one, after asking whoever has room for more."""
        for lane in self._lanes:
            while lane.has_time and (asked := next(self._statements, None)):
                lane.ask(*asked)
        return next((one for one in self._lanes if one.turns and one.turns[0] == turn), None)

    def _receive(self, turn: int) -> None:
        """Take what has come over any connection; where nothing has, wait for some of it."""
        lanes = [lane for lane in self._lanes if lane.may_go_on(turn)]
        if sum(lane.receive() for lane in lanes):
            return
        time.sleep(NAP)
        if sum(lane.receive() for lane in lanes):
            return
        poll = select.poll()
        for lane in lanes:
            poll.register(lane.end.fileno(), select.POLLIN)
        poll.poll()
