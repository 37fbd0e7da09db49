"""Bad rows on their way into STL_LOAD_ERRORS, which no ROLLBACK empties."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redshift_server.backend import literal
from redshift_server.errors import RedshiftError

if TYPE_CHECKING:
    from redshift_server.load.columns import TableColumn
    from redshift_server.load.problem import LineProblem
    from redshift_server.load.record import Record
    from redshift_server.session import Session

__all__ = ["Rejects"]

_COLUMNS = (
    "userid, slice, tbl, session, query, filename, line_number, colname, type, col_length,"
    " position, raw_line, raw_field_value, err_code, err_reason"
)
_MAX_TEXT = 1024
_MAX_REASON = 100


@dataclass(slots=True, kw_only=True)
class Rejects:
    """Counts the bad rows of one COPY and keeps what the tables show of each."""

    session: Session
    query: int
    table: int
    table_name: str
    limit: float
    count: int = 0
    rows: list[str] = field(default_factory=list)

    def add(
        self,
        url: str,
        file_slice: int,
        record: Record,
        problem: LineProblem,
        column: TableColumn | None = None,
        value: bytes | None = None,
    ) -> None:
        """Note a bad row; raise once there are too many."""
        self.count += 1
        facts = [
            self._user(), file_slice, self.table, self._pid(), self.query, url[-256:], record.line,
            column.name if column else "", column.shown_type if column else "",
            column.shown_size if column else "", problem.position, _shown(record.raw),
            _shown(value or b""), problem.code, problem.reason[:_MAX_REASON],
        ]  # fmt: skip
        self.rows.append(f"({', '.join(literal(fact) for fact in facts)})")
        if self.count >= self.limit:
            raise self.failure()

    def failure(self) -> RedshiftError:
        """Return the error of the whole COPY."""
        view = "sys_load_error_detail" if self.session.config.serverless else "stl_load_errors"
        return RedshiftError(
            f"Load into table '{self.table_name}' failed.  Check '{view}' system table for details."
        )

    def write(self) -> None:
        """Put what was noted where everyone can read it, whatever becomes of the transaction."""
        if self.rows:
            self.session.server.admin(
                f"INSERT INTO rs_catalog.load_errors ({_COLUMNS}) VALUES {', '.join(self.rows)}"
            )

    def _user(self) -> int:
        found = self.session.server.admin(
            f"SELECT oid FROM pg_catalog.pg_roles WHERE rolname = {literal(self.session.user)}"
        )
        return int(found[0][0] or 0)

    def _pid(self) -> int:
        return int.from_bytes(self.session.key[:4], "big")


def _shown(raw: bytes) -> str:
    """Return a line as the table shows it: a character of several bytes is a point."""
    text = raw.decode("utf-8", "replace")
    return "".join(letter if letter.isascii() and letter != "\0" else "." for letter in text)[
        :_MAX_TEXT
    ]
