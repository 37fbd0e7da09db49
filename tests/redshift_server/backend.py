"""A session in the PostgreSQL behind: what its statements return, and errors as Redshift's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from redshift_server.names import full
from standins import backend
from standins.backend import Column, columns_of
from standins.wire import message, split_row

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Backend", "Rows", "literal"]


@dataclass(slots=True, kw_only=True)
class Rows:
    """What a statement returned, as text."""

    columns: list[Column] = field(default_factory=list)
    rows: list[list[bytes | None]] = field(default_factory=list)
    tag: str = ""

    def texts(self) -> list[list[str | None]]:
        """Return the values as strings."""
        return [[None if v is None else full(v).decode() for v in row] for row in self.rows]

    def one(self) -> str | None:
        """Return the first value of the first row, or None without rows."""
        found = self.texts()
        return found[0][0] if found else None


class Backend(backend.Backend):
    """A session whose statements are run one text at a time."""

    def error(self, body: bytes) -> RedshiftError:
        """Return what the body of an ErrorResponse says."""
        return RedshiftError.from_fields(body)

    def query(self, sql: str) -> Rows:
        """Run statements and return what the last one gave; raise the first error."""
        self.channel.send(message(b"Q", sql.encode("utf-8", "surrogateescape") + b"\0"))
        return self._collect()

    def copy_in(self, sql: str, chunks: Iterable[bytes]) -> Rows:
        """Run a COPY FROM STDIN."""
        self.channel.send(message(b"Q", sql.encode() + b"\0"))
        self._wait_for_copy()
        for chunk in chunks:
            self.channel.send(message(b"d", chunk))
        self.channel.send(message(b"c"))
        return self._collect()

    def abort(self) -> None:
        """Make the transaction a failed one, as an error of our own has to."""
        if self.status == b"T":
            self.channel.send(message(b"Q", b"this fails\0"))
            self._drain()

    def _collect(self) -> Rows:
        found, error = Rows(), None
        while True:
            tag, body = self.channel.read()
            if tag == b"Z":
                self.status = body
                break
            if tag == b"T":
                found = Rows(columns=[_in_full(column) for column in columns_of(body)])
            elif tag == b"D":
                found.rows.append(split_row(body))
            elif tag == b"C":
                found.tag = body[:-1].decode()
            elif tag == b"E":
                error = error or self.error(body)
        if error is not None:
            raise error
        return found


def _in_full(column: Column) -> Column:
    return replace(column, name=full(column.name.encode()).decode())


def literal(value: object) -> str:
    """Write a constant; a backslash would mean something, so it is doubled."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"
