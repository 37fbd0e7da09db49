"""What Redshift's tables tell of the rows that a COPY could not load."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from records_mover.db.connections.failures import sqlalchemy_errors
from records_mover.errors import BadRowError, ConnectError
from records_mover.parts import Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mover_redshift.database import RedshiftDatabase

__all__ = ["Heard", "LoadError", "hearing", "load_errors", "untold"]

_WAIT = 3.0
_TOLD = re.compile(r"(\d+) record\(s\) could not be loaded")
_STEP = 0.25

# The older table also has the row itself; serverless has the newer one only.
_OLDER = (
    "SELECT trim(filename), line_number, trim(colname), trim(type), trim(col_length), position, "
    "err_code, trim(err_reason), trim(raw_line), trim(raw_field_value) FROM stl_load_errors "
    "WHERE session = {session} AND query = "
    "(SELECT max(query) FROM stl_load_errors WHERE session = {session}) "
    "AND query > {after} ORDER BY filename, line_number"
)
_NEWER = (
    "SELECT trim(file_name), line_number, trim(column_name), trim(column_type), "
    "trim(column_length), position, error_code, trim(error_message), '', '' "
    "FROM sys_load_error_detail WHERE session_id = {session} AND query_id = "
    "(SELECT max(query_id) FROM sys_load_error_detail WHERE session_id = {session}) "
    "AND query_id > {after} ORDER BY file_name, line_number"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadError:
    """One row that COPY refused."""

    file: str
    line: int | None
    column: str | None
    type: str
    position: int
    code: int
    reason: str
    row: str
    value: str

    def reject(self) -> Reject:
        """Return it as a row that is left out."""
        return Reject(
            source=self.file, line=self.line, column=self.column, reason=self.said, text=self.row
        )

    @property
    def said(self) -> str:
        """The server's words, with its code."""
        shown = f" ({self.value[:100]!r})" if self.value else ""
        return f"{self.reason} [{self.code}]{shown}"

    def error(self, table: str) -> BadRowError:
        """Return it as the error that ends a move."""
        column = f", column '{self.column}'" if self.column else ""
        kind = f" of type {self.type}" if self.column and self.type else ""
        line = f", line {self.line}" if self.line is not None else ""
        place = f", position {self.position}" if self.position else ""
        return BadRowError(
            f"cannot load '{self.file}'{line}{column}{kind}{place} into '{table}': {self.said}",
            "correct the row, or leave bad rows out with --max-failure-rows and --rejects",
            source=self.file,
            line=self.line,
            column=self.column,
            value=self.value or None,
            text=self.row or None,
            reason=self.said,
        )


class Heard:
    """What a server has said beside its answers.

    A driver appends to it as to a list. It is none, as SQLAlchemy would log and forget a list's.
    """

    def __init__(self) -> None:
        self.left_out = 0

    def append(self, notice: object) -> None:
        """Take a notice; COPY says in one how many rows it left out."""
        found = _TOLD.search(str(notice))
        if found is not None:
            self.left_out = int(found[1])


@contextmanager
def hearing(driver: Any) -> Iterator[Heard]:
    """Hear what the server says to a connection while the block runs."""
    before, driver.notices = driver.notices, Heard()
    try:
        yield driver.notices
    finally:
        driver.notices = before


def untold() -> Reject:
    """Return a row that was left out, and of which no table tells."""
    reason = "left out by COPY, and no table of the server's tells which row it was, nor why"
    return Reject(source="", line=None, column=None, reason=reason, text="")


def load_errors(
    database: RedshiftDatabase,
    session: int,
    *,
    after: int = 0,
    wait: float = _WAIT,
    least: int = 1,
    check: Callable[[], None] = lambda: None,
) -> list[LoadError]:
    """Return what the last COPY of a session left out: ``least`` rows, if they come in time.

    The tables may be seconds behind, and are asked by another connection, since an error of theirs
    would end the transaction of the load.
    """
    deadline = time.monotonic() + wait
    while True:
        check()
        for query in (_OLDER, _NEWER):
            found = _asked(database, query.format(session=int(session), after=int(after)))
            late = time.monotonic() > deadline
            if len(found) >= least or (found and late):
                return [_error(row) for row in found]
        if late:
            return []
        time.sleep(_STEP)


def _asked(database: RedshiftDatabase, query: str) -> Sequence[Any]:
    try:
        with database.connection() as connection:
            return database.run(connection, query).fetchall()
    except (*_ERRORS, sqlalchemy_errors()):
        return ()


_ERRORS = (ConnectError,)


def _error(row: Sequence[Any]) -> LoadError:
    line = int(row[1]) if row[1] is not None and int(row[1]) > 0 else None
    return LoadError(
        file=str(row[0]),
        line=line,
        column=str(row[2]) or None,
        type=str(row[3] or ""),
        position=int(row[5] or 0),
        code=int(row[6] or 0),
        reason=str(row[7] or ""),
        row=str(row[8] or ""),
        value=str(row[9] or ""),
    )
