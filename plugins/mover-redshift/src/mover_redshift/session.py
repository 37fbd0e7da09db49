"""How Redshift is spoken to: its settings, its connections, and how things are named there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from mover_redshift import types
from mover_redshift.settings import settings_of
from mover_redshift.words import folded, identifier
from records_mover.db.interrupts import InterruptibleDatabase
from records_mover.utils import lazyprop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from sqlalchemy import Connection

    from mover_redshift.settings import Settings
    from records_mover.errors import MoverError
    from records_mover.parts import ExistingMode

__all__ = ["RedshiftSession"]

SERVERLESS_SLICES = 32
"""How many files are a good number where the server does not say how many slices it has."""


class RedshiftSession(InterruptibleDatabase):
    """A Redshift, without what is in it."""

    transactional_ddl: ClassVar[bool] = True
    savepoints: ClassVar[bool] = False
    varchar_in_bytes: ClassVar[bool] = True
    varchar_limit: ClassVar[int | None] = types.VARCHAR_BYTES
    privileges: ClassVar[frozenset[str]] = frozenset(
        {
            *("ALL", "ALL PRIVILEGES", "SELECT", "INSERT", "UPDATE", "DELETE"),
            *("REFERENCES", "DROP", "TRUNCATE", "ALTER"),
        }
    )

    @lazyprop
    def settings(self) -> Settings:
        """What the user set, by the URL or in the environment."""
        return settings_of(self.engine.url)

    @lazyprop
    def slices(self) -> int:
        """How many slices load files side by side."""
        from records_mover.db.connections.failures import sqlalchemy_errors

        try:
            with self.connection() as connection:
                found = self.run(connection, "SELECT count(*) FROM stv_slices").scalar()
        except sqlalchemy_errors():  # serverless shows nobody its slices
            return SERVERLESS_SLICES
        return int(found or 1)

    def begin(self, connection: Connection) -> None:
        """Read and write moments in UTC."""
        self.run(connection, "SET timezone TO 'UTC'")

    def translate(self, exc: BaseException, doing: str) -> MoverError:
        """Return the error to raise for one of SQLAlchemy's or the driver's."""
        from mover_redshift.errors import translate

        return translate(super().translate(exc, doing), exc)

    def bound(self, column: pa.Array) -> list[Any]:
        """Return the values of a column as the driver writes them into an INSERT."""
        import pyarrow.compute as pc
        import pyarrow.types as pat

        from records_mover.db.columns.values import negative_zeros

        if pat.is_floating(column.type) and pc.any(negative_zeros(column)).as_py():
            raise ValueError("the number -0.0 in a statement is 0.0; name scratch space")
        return super().bound(column)

    def canceller(self, driver: Any) -> Callable[[], object]:
        """Return what ends the statement of a driver's connection."""
        from mover_redshift.connections import cancelling

        return cancelling(driver)

    def _connect(self) -> Connection:
        from mover_redshift.connections import prepare

        connection = super()._connect()
        prepare(connection)
        return connection

    def asked(self, connection: Connection, query: str) -> list[Any]:
        """Return the rows of a query."""
        return list(self.run(connection, query))

    def quote(self, name: str) -> str:
        """Return an identifier as it is written in a statement for ``run``."""
        return identifier(name)

    def column_name(self, name: str) -> str:
        """Return ``name`` as the server keeps it: in lower case, and 127 bytes of it."""
        return folded(name)

    def wiping(self, mode: ExistingMode) -> str:
        """Say in a clause what ``wipe`` does."""
        del mode
        return "delete every row (TRUNCATE would commit)"

    def grantee(self, name: str, *, group: bool) -> str:
        """Return a user or a group as GRANT wants it."""
        if name.lower() == "public":
            return "PUBLIC"
        return f"GROUP {identifier(name)}" if group else identifier(name)

    @contextmanager
    def apart(self, what: str) -> Iterator[Connection]:
        """Open another connection, whose errors leave the transaction of a load alone."""
        with self.connection() as connection, self.doing(what):
            yield connection
