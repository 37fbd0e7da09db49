"""DuckDB's driver as SQLAlchemy expects one: the cursors of a connection share its transaction."""

from __future__ import annotations

from typing import Any

import duckdb

apilevel, threadsafety, paramstyle = "2.0", 1, "qmark"

Error = duckdb.Error
InterfaceError = duckdb.Error  # which DuckDB does without
DatabaseError = duckdb.DatabaseError
OperationalError = duckdb.OperationalError
IntegrityError = duckdb.IntegrityError
ProgrammingError = duckdb.ProgrammingError
DataError = duckdb.DataError
InternalError = duckdb.InternalError
NotSupportedError = duckdb.NotSupportedError


class Connection:
    """A connection, and whether it is in a transaction."""

    def __init__(self, path: str) -> None:
        self.duck = duckdb.connect(path)
        self._begun = False

    def begin(self) -> None:
        """Begin, unless that was done."""
        if not self._begun:
            self.duck.begin()
            self._begun = True

    def commit(self) -> None:
        """Commit, if there is anything to."""
        if self._begun:
            self._begun = False
            self.duck.commit()

    def rollback(self) -> None:
        """Roll back, likewise."""
        if self._begun:
            self._begun = False
            self.duck.rollback()

    def close(self) -> None:
        """Close for good."""
        self.duck.close()

    def cursor(self) -> Cursor:
        """Return a cursor of this connection, where DuckDB's own would be another connection."""
        return Cursor(self)


class Cursor:
    """What executes on a connection; its rows are there until the next statement."""

    rowcount = -1
    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._duck = connection.duck

    @property
    def description(self) -> Any:
        """The columns of the result."""
        return self._duck.description

    def execute(self, statement: str, parameters: Any = ()) -> None:
        """Execute in the transaction."""
        self._connection.begin()
        self._duck.execute(statement, parameters or None)

    def executemany(self, statement: str, parameters: Any) -> None:
        """Execute for each row."""
        self._connection.begin()
        self._duck.executemany(statement, parameters)

    def fetchone(self) -> Any:
        """Return a row."""
        return self._duck.fetchone()

    def fetchmany(self, size: int = 1) -> Any:
        """Return some rows."""
        return self._duck.fetchmany(size)

    def fetchall(self) -> Any:
        """Return all rows."""
        return self._duck.fetchall()

    def close(self) -> None:
        """Do nothing: the connection goes on."""


def connect(path: str) -> Connection:
    """Connect to a file, or to memory."""
    return Connection(path)
