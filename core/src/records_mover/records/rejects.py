"""The rows that a move leaves out: counted, the first ones remembered, all written to a file."""

from __future__ import annotations

import csv
import io
import logging
import os
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from records_mover.errors import BadRowError, UsageError
from records_mover.frozen import frozen
from records_mover.parts import Reject
from records_mover.url import scheme_of
from records_mover.url.local import LocalStore, local_path
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from records_mover.records.options import MoveOptions
    from records_mover.records.route.plan import Plan

__all__ = ["Rejects", "SentRows", "refuse_own_rejects", "rejecting"]

logger = logging.getLogger(__name__)

HEADER = ("file", "line", "column", "reason", "text")
_SHOWN = 3
_LOGGED = 20


class Rejects:
    """Takes rows from any thread; ``file`` is where they are written, ``name`` what it is called.

    Bytes of a row that are no text are written as they were.
    """

    def __init__(self, limit: float, file: BinaryIO | None = None, name: str = "") -> None:
        self.limit = limit
        self.count = 0
        self._name = name
        self._first: list[Reject] = []
        self._lock = threading.Lock()
        self._text: io.TextIOWrapper | None = None
        self._rows: Any = None
        if file is not None:
            self._text = io.TextIOWrapper(file, "utf-8", errors="surrogateescape", newline="")
            self._rows = csv.writer(self._text, lineterminator="\n")
            self._rows.writerow(HEADER)

    def add(self, reject: Reject) -> None:
        """Take a row; it never raises because of how many there are."""
        with self._lock:
            self.count += 1
            if self.count <= _SHOWN:
                self._first.append(reject)
            if self._rows is None:
                self._log(reject)
            else:
                line = reject.place or ("" if reject.line is None else reject.line)
                row = (reject.source, line, reject.column, reject.reason, reject.text)
                self._rows.writerow(row)

    def _log(self, reject: Reject) -> None:
        if self.count <= _LOGGED:
            logger.warning("left out: %s", reject)
        elif self.count == _LOGGED + 1:
            logger.warning("more rows are left out, which only a file of rejects can name")

    def take(self, error: BadRowError) -> None:
        """Take a row that could not be read."""
        self.add(
            Reject(
                source=error.source or "",
                line=error.line,
                column=error.column,
                reason=error.reason,
                text=error.text or "",
            )
        )
        self.check()

    def check(self) -> None:
        """Raise ``BadRowError`` when there are more rows than the limit."""
        if self.count <= self.limit:
            return
        rows = many(self.count, "row does", "rows do")
        first = "; ".join(" ".join(str(reject).split()) for reject in self._first)
        more = "" if self.count <= len(self._first) else "; ..."
        where = f"all are in {self._name!r}" if self._name else "name a file with --rejects"
        raise BadRowError(
            f"at least {rows} not fit, and {self.limit:,.0f} may be left out: {first}{more}",
            f"the target is as it was; {where}",
        )

    def settle(self) -> None:
        """Have all of it on disk, before the move that left it out is committed."""
        if self._text is not None:
            self._text.flush()
            with suppress(OSError):  # a pipe or a terminal has no disk
                os.fsync(self._text.fileno())

    def detach(self) -> None:
        """Write what is left and let go of the file, which somebody else closes."""
        if self._text is not None:
            self._text.detach()
            self._text = None


def refuse_own_rejects(plan: Plan, options: MoveOptions) -> None:
    """Raise where the file of rejects would take the place of the source or of the target."""
    if options.rejects is None:
        return
    mine = os.path.realpath(options.rejects)
    for form, what in ((plan.source.form, "source"), (plan.target.form, "target")):
        local = form.kind == "files" and scheme_of(form.place) == "file"
        if local and os.path.realpath(local_path(form.place)) == mine:
            said = f"the rejects would be written over the {what} {os.fspath(options.rejects)!r}"
            raise UsageError(said, "name another file with --rejects")


@frozen(kw_only=False)
class SentRows:
    """Takes the rows that a loader refuses, and tells what its numbers count.

    A loader counts what it was given: after the rows that were left out before, and without the
    lines that hold no row. ``place`` tells what is known of a row that was given as such, and
    ``anew`` says that text was written anew, so that its lines are none of the source's.
    """

    rejects: Rejects
    place: Callable[[int], tuple[str, int] | None] | None
    anew: bool

    @property
    def limit(self) -> float:
        """How many rows may be left out."""
        return self.rejects.limit

    @property
    def count(self) -> int:
        """How many there are so far."""
        return self.rejects.count

    def add(self, reject: Reject) -> None:
        """Take a row."""
        self.rejects.add(self._told(reject))

    def check(self) -> None:
        """Raise ``BadRowError`` when there are more rows than the limit."""
        self.rejects.check()

    def _told(self, reject: Reject) -> Reject:
        if reject.line is None:
            return reject
        if reject.source:
            words = f"{reject.place or f'line {reject.line}'} of what was sent"
            return replace(reject, place=words) if self.anew else reject
        found = self.place(reject.line) if self.place is not None else None
        if found is None:
            return replace(reject, place=f"row {reject.line} of those that were sent")
        return replace(reject, source=found[0], line=found[1])


@contextmanager
def rejecting(options: MoveOptions) -> Iterator[Rejects | None]:
    """Give what takes the rows to leave out, or None where none may be left out.

    The file appears whole at the end, readable by its owner alone. A move that fails leaves it
    only when there are rows in it, as they say why.
    """
    if not options.instructions.tolerant:
        yield None
        return
    limit = options.instructions.tolerated
    if options.rejects is None:
        yield Rejects(limit)
        return
    name = os.fspath(options.rejects)
    failure: BaseException | None = None
    with LocalStore().write(name, private=True) as file:
        rejects = Rejects(limit, file, name)
        try:
            yield rejects
        except BaseException as error:
            if not rejects.count:
                raise
            failure = error
        rejects.detach()
    if failure is not None:
        raise failure
