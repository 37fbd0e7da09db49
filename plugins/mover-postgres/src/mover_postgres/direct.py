"""Connections to PostgreSQL by its driver alone, which behave as SQLAlchemy's do.

Loading SQLAlchemy takes longer than a small move. What COPY needs of an engine and a connection is
here; whatever else is asked of them is answered by SQLAlchemy, loaded then, on the same connection.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self, cast

from mover_postgres.connections import CONNECT_ARGS
from records_mover.db.connections.address import Address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class
    from sqlalchemy import Connection, Engine

__all__ = ["open_direct"]

_DRIVERS = frozenset({"postgresql", "postgresql+psycopg2"})
_OPTIONS = frozenset(
    {
        *("application_name", "connect_timeout", "options", "passfile", "target_session_attrs"),
        *("sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "gssencmode", "channel_binding"),
        *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count"),
    }
)
"""What a URL's query may say to libpq; anything else may mean something to SQLAlchemy."""


def open_direct(url: str) -> Engine | None:
    """Return an engine for a URL; None where its meaning is SQLAlchemy's to tell."""
    address = Address.parse(url)
    if address is None or address.drivername not in _DRIVERS or not set(address.query) <= _OPTIONS:
        return None
    return cast("Engine", DirectEngine(url, address))


class DirectEngine:
    """An engine that keeps the driver's connections which nobody uses for the next one.

    Several threads may use it: each takes an idle connection, and adopts its own.
    """

    driver = "psycopg2"

    def __init__(self, url: str, address: Address) -> None:
        self.url = address
        self.dialect = DirectDialect(self)
        self._text = url
        self._idle: list[PsycopgConnection] = []
        self._adopting = threading.local()
        self._lock = threading.RLock()
        self._real: Engine | None = None

    def connect(self) -> DirectConnection:
        """Connect, or take a connection that is open and idle."""
        while (driver := self._idle_one()) is not None:
            if not driver.closed:
                return DirectConnection(self, driver)
        return DirectConnection(self, self._opened())

    def dispose(self) -> None:
        """Close what is open and idle."""
        while (driver := self._idle_one()) is not None:
            driver.close()
        if self._real is not None:
            self._real.dispose()

    def _idle_one(self) -> PsycopgConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _opened(self) -> PsycopgConnection:
        import psycopg2

        url = self.url
        named = {
            "user": url.username,
            "password": url.password,
            "host": url.host,
            "port": url.port,
            "dbname": url.database,
        }
        given = {name: value for name, value in named.items() if value}
        driver = psycopg2.connect(**{**CONNECT_ARGS, **given, **url.query})
        self.dialect.learn(driver.server_version)
        return driver

    def keep(self, driver: PsycopgConnection) -> None:
        """Take back a connection that is as it was when it was opened."""
        self._idle.append(driver)

    def real(self) -> Engine:
        """Return SQLAlchemy's own engine, which has asked the server what it asks at first."""
        with self._lock:
            if self._real is None:
                self._real = self._made()
                self._real.connect().close()
            return self._real

    def _made(self) -> Engine:
        from sqlalchemy import NullPool, create_engine

        # SQLAlchemy's own choice of a driver changes from release to release.
        url = f"postgresql+{self.driver}:{self._text.partition(':')[2]}"
        return create_engine(url, creator=self._adoptable, poolclass=NullPool, hide_parameters=True)

    def _adoptable(self) -> PsycopgConnection:
        """Return the connection that this thread wants to adopt, or a new one."""
        adopted: PsycopgConnection | None = self._adopting.__dict__.pop("driver", None)
        return adopted or self._opened()

    def adopt(self, driver: PsycopgConnection) -> Connection:
        """Return SQLAlchemy's own connection around one that is open, whatever it is doing."""
        real = self.real()
        self._adopting.driver = driver
        return real.connect()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real(), name)


class DirectDialect:
    """What is known of a dialect without SQLAlchemy: its name, and the server's version."""

    name = "postgresql"
    driver = "psycopg2"
    is_async = False

    def __init__(self, engine: DirectEngine) -> None:
        self._engine = engine
        self.server_version_info: tuple[int, ...] | None = None

    def learn(self, version: int) -> None:
        """Learn the version as libpq counts it."""
        major, rest = divmod(version, 10000)
        self.server_version_info = (major, rest) if major >= 10 else (major, *divmod(rest, 100))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine.real().dialect, name)


class Result:
    """What a statement answered."""

    def __init__(self, rows: Sequence[tuple[Any, ...]], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return every row."""
        return list(self._rows)

    def first(self) -> tuple[Any, ...] | None:
        """Return the first row, if there is one."""
        return self._rows[0] if self._rows else None

    def scalar(self) -> Any:
        """Return the first value of the first row, if there is one."""
        return self._rows[0][0] if self._rows else None

    def __iter__(self) -> Any:
        return iter(self._rows)


class DirectConnection:
    """A connection whose transaction begins with the first statement, as SQLAlchemy's does."""

    def __init__(self, engine: DirectEngine, driver: PsycopgConnection) -> None:
        self.engine = engine
        self.driver_connection = driver
        self.invalidated = False
        self._begun = False
        self._closed = False
        self._real: Connection | None = None

    @property
    def connection(self) -> DirectConnection:
        """What SQLAlchemy calls the pool's wrapper, of which only the driver's own is wanted."""
        return self

    @property
    def dialect(self) -> DirectDialect:
        """The engine's dialect."""
        return self.engine.dialect

    def begin(self) -> DirectConnection:
        """Begin a transaction, which the driver does with the first statement."""
        if self._real is not None:
            self._real.begin()
        self._begun = True
        return self

    def in_transaction(self) -> bool:
        """Whether a transaction has begun."""
        return self._begun if self._real is None else self._real.in_transaction()

    def execution_options(self, **options: Any) -> DirectConnection:
        """Set how the transactions to come are isolated."""
        if self._real is not None:
            self._real.execution_options(**options)
            return self
        level = options.pop("isolation_level", None)
        free = level == "AUTOCOMMIT"
        self.driver_connection.set_session(
            isolation_level=None if free else level,
            readonly=options.pop("postgresql_readonly", None),
            autocommit=free or None,
        )
        return self if not options else self._promoted().execution_options(**options)  # type: ignore[return-value]  # the same methods

    def exec_driver_sql(
        self, statement: str, parameters: Any = None, execution_options: Any = None
    ) -> Any:
        """Execute a statement as it is written."""
        if self._real is not None or parameters or execution_options != {"no_parameters": True}:
            return self._promoted().exec_driver_sql(
                statement, parameters, execution_options=execution_options
            )
        self._begun = True
        with self.driver_connection.cursor() as cursor:
            cursor.execute(statement)
            return Result(cursor.fetchall() if cursor.description else [], cursor.rowcount)

    def commit(self) -> None:
        """Commit the transaction, if there is one."""
        self._real.commit() if self._real is not None else self.driver_connection.commit()
        self._begun = False

    def rollback(self) -> None:
        """Roll the transaction back, if there is one."""
        self._real.rollback() if self._real is not None else self.driver_connection.rollback()
        self._begun = False

    def invalidate(self) -> None:
        """Throw the connection away."""
        self.invalidated = True
        if self._real is not None:
            self._real.invalidate()
        self.driver_connection.close()

    def close(self) -> None:
        """Roll back what was not committed, and hand the connection back."""
        if self._closed:
            return
        self._closed = True
        if self._real is not None:
            self._real.close()
            return
        driver = self.driver_connection
        if driver.closed:
            return
        driver.rollback()
        driver.set_session(isolation_level="DEFAULT", readonly="DEFAULT", autocommit=False)
        self.engine.keep(driver)

    def _promoted(self) -> Connection:
        """Return SQLAlchemy's own connection around this one, in the same transaction."""
        if self._real is None:
            self._real = self.engine.adopt(self.driver_connection)
            if self._begun:
                self._real.begin()
        return self._real

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._promoted(), name)
