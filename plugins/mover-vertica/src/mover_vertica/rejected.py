"""The rows that COPY rejects: one of them as an error, many of them from their table."""

# ruff: noqa: S608 - every name in these statements is quoted by words.py

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mover_vertica.errors import code_of, said
from mover_vertica.words import identifier
from records_mover.db.publishing import staging
from records_mover.errors import BadRowError
from records_mover.parts import Reject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mover_vertica.connect import Connection

__all__ = ["Place", "bad_row", "new_rejects_table", "rejected_rows"]

_REJECTED = "22V04"
_RECORD = re.compile(
    r"Input record (?P<row>\d+)(?: in (?P<file>.*?))? has been rejected \((?P<why>.*)\)"
)
_COLUMN = re.compile(r"column \d+ \((?P<column>.*)\)")
_ADVICE = "correct the row, or leave bad rows out with --max-failure-rows and --rejects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What rows are called: ``source`` names the file, and ``skip`` records come before them.

    ``by_line`` says that records are lines, so that a record's number is that of a line. The server
    counts records.
    """

    source: str
    skip: int = 0
    by_line: bool = True

    def line(self, record: int) -> int:
        """Return the line, or the row, of a record that the server counts."""
        return record + self.skip

    def words(self, record: int) -> str:
        """Return what a record of a file is called, where its number is none of a line."""
        return f"record {self.line(record)}" if self.source and not self.by_line else ""


def new_rejects_table() -> str:
    """Return the name of a table for the rows of one COPY, which ends with the session."""
    return identifier(f"mover_rejects_{staging.new_token()}")


def bad_row(error: BaseException, table: str, place: Place) -> BadRowError | None:
    """Return the error for the row that ended a COPY; None where it was something else."""
    if code_of(error) != _REJECTED:
        return None
    words = said(error)
    found = _RECORD.search(words)
    if found is None:
        return BadRowError(f"cannot load '{place.source}' into '{table}': {words}", _ADVICE)
    line = place.line(int(found["row"]))
    reason, source = found["why"], found["file"] or place.source
    where = f"'{source}', {'line' if place.by_line else 'record'} {line}"
    where = where if source else f"row {line}"
    return BadRowError(
        f"cannot load {where}, into '{table}': {reason}",
        _ADVICE,
        source=source,
        line=line,
        column=_column(reason),
        reason=reason,
    )


def _column(reason: str) -> str | None:
    found = _COLUMN.search(reason)
    return found["column"] if found else None


def rejected_rows(
    driver: Connection, table: str, place_of: Callable[[str], Place]
) -> Iterator[Reject]:
    """Yield what COPY has put into its table of rejected rows."""
    cursor = driver.cursor()
    cursor.execute(
        f"SELECT file_name, row_number, rejected_data, rejected_reason FROM {table} "
        "ORDER BY batch_number, row_number"
    )
    for row in cursor.iterate():
        yield _reject(row, place_of(str(row[0] or "")))


def _reject(row: list[Any], place: Place) -> Reject:
    reason = str(row[3] or "")
    return Reject(
        source=place.source,
        line=place.line(int(row[1])),
        column=_column(reason),
        reason=reason,
        text=str(row[2] or ""),
        place=place.words(int(row[1])),
    )
