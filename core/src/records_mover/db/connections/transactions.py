"""Connections to a database, their transactions, and what goes wrong on them in one line."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from records_mover.db.connections.check import check_connection
from records_mover.db.connections.failures import reason_of, scrub, sqlalchemy_errors, where
from records_mover.errors import ConnectError, LoadUnloadError, MoverError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, CursorResult, Engine

__all__ = ["SqlConnections", "settle"]

log = logging.getLogger(__name__)


class SqlConnections:
    """An engine, and the connections and transactions that it gives.

    ``transactional_ddl`` says that CREATE, ALTER and DROP TABLE can be rolled back;
    ``savepoints`` that a part of a transaction can be, which finds the row that does not fit.
    """

    transactional_ddl: ClassVar[bool] = False
    savepoints: ClassVar[bool] = True

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """The engine, which the database neither made nor disposes of."""
        return self._engine

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the dialect."""
        return self._engine.dialect.name

    def identity(self) -> str:
        """Name the server and database; two tables with the same one can see each other."""
        url = self._engine.url
        port = f":{url.port}" if url.port else ""
        return f"{self.dialect}://{url.host or 'localhost'}{port}/{url.database or ''}"

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """Open a connection for reading; whatever it began is rolled back at the end."""
        connection = self._connect()
        try:
            yield connection
        finally:
            self._close(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction: committed when the block ends well, rolled back on any exception."""
        with self.connection() as connection:
            with self.doing("cannot begin a transaction"):
                connection.begin()
                self.begin(connection)
            yield connection
            self.commit(connection)

    def commit(self, connection: Connection) -> None:
        """Commit the transaction that is open."""
        with self.doing("cannot commit"):
            connection.commit()

    def begin(self, connection: Connection) -> None:
        """Prepare a transaction that has just begun: time limits, locks."""

    def _connect(self) -> Connection:
        try:
            return self._engine.connect()
        except sqlalchemy_errors():
            pass
        # Asked again so that the driver's error, which may hold the password, is not attached.
        check_connection(self._engine)
        return self._engine.connect()

    def _close(self, connection: Connection) -> None:
        # The server rolls back by itself when the connection is gone, and an error here would hide
        # the one that brought us here.
        try:
            connection.close()
        except sqlalchemy_errors() as err:
            log.debug("closing a connection failed: %s", reason_of(err))
            if not connection.closed:  # else it was thrown away on the way
                connection.invalidate()

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Turn what SQLAlchemy or the driver raises in the block into an error of ours."""
        try:
            yield
        except sqlalchemy_errors() as err:
            raise self.translate(err, what) from err

    def translate(self, exc: BaseException, doing: str) -> MoverError:
        """Return the error to raise for one of SQLAlchemy's or the driver's.

        ``doing`` is a clause such as "cannot create table 'x'".
        """
        if isinstance(exc, MoverError):
            return exc
        reason = scrub(reason_of(exc), self._engine.url)
        if getattr(exc, "connection_invalidated", False):
            lost = f"the connection to {where(self._engine.url)} was lost: {reason}"
            return ConnectError(lost, "the target is as it was; try again")
        return LoadUnloadError(f"{doing}: {reason}")

    def run(self, connection: Connection, statement: str, **options: Any) -> CursorResult[Any]:
        """Execute a statement as it is written: no parameters, and ``%`` and ``:`` mean nothing."""
        return connection.exec_driver_sql(
            statement, execution_options={"no_parameters": True, **options}
        )


def settle(database: SqlConnections, connection: Connection, *, shows: bool = False) -> None:
    """Commit what DDL would commit anyway, and go on in a transaction of its own.

    ``shows`` says that rows become visible by it, so that it matters whether it was heard.
    """
    if database.transactional_ddl:
        return
    if shows:
        database.commit(connection)
    with database.doing("cannot commit"):
        connection.commit()
        connection.begin()
        database.begin(connection)
