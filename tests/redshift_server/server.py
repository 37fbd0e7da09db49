"""The cluster: what its database behind holds, and who is connected."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING
from urllib.parse import quote

from redshift_server.backend import Backend, literal
from redshift_server.catalog import scripts
from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import quoted
from redshift_server.session import Session
from standins.backend import Login
from standins.server import StandIn
from standins.wire import ConnectionClosed

if TYPE_CHECKING:
    import socket

    from redshift_server.backend import Rows
    from redshift_server.config import ServerConfig

__all__ = ["RedshiftServer"]

_ENTRY_NODES = 2


class RedshiftServer(StandIn[Session]):
    """A stand-in cluster."""

    mark = "rs"
    config: ServerConfig
    _admin: Backend | None

    def __init__(self, config: ServerConfig) -> None:
        super().__init__(config)
        self.relations: frozenset[str] = frozenset()
        self.oids: dict[int, str] = {}
        self.has_late_views = False
        self._made_role = False
        self.has_external_tables = False
        self.query_ids = itertools.count(1000)

    @property
    def url(self) -> str:
        """The URL of the master user, for libpq."""
        config = self.config
        login = f"{quote(config.user, safe='')}:{quote(config.password, safe='')}"
        return f"postgresql://{login}@{config.host}:{self.port}/{config.database}"

    def stop(self) -> None:
        """Leave nothing behind."""
        super().stop()
        if self._made_role:
            self._outside(f"DROP ROLE IF EXISTS {quoted(self.config.user)}")

    def admin(self, sql: str) -> list[list[str | None]]:
        """Run SQL behind the clients' backs, committed at once: system tables do not roll back."""
        return self.admin_rows(sql).texts()

    def admin_rows(self, sql: str) -> Rows:
        """Do the same and return what came as it is."""
        with self._lock:
            assert self._admin is not None
            return self._admin.query(sql)

    def replace_rows(self, table: str, lines: list[bytes]) -> None:
        """Put other rows into a table, committed at once, without a lock that readers wait for."""
        with self._lock:
            assert self._admin is not None
            self._admin.query(f"DELETE FROM {table}")
            self._admin.copy_in(f"COPY {table} FROM STDIN", lines)

    def backend(self) -> Backend:
        """Open one more session behind."""
        backend = Backend(Login.from_url(self.config.backend, self._private))
        backend.query(
            "SET standard_conforming_strings = off; SET escape_string_warning = off;"
            "SET backslash_quote = on; SET timezone = 'UTC'; SET client_encoding = 'UTF8';"
            "SET datestyle = 'ISO, MDY'; SET bytea_output = 'hex'; SET extra_float_digits = 1"
        )
        return backend

    def register(self, session: Session) -> None:
        """Remember a session, so that it can be cancelled and hung up on."""
        with self._lock:
            self._sessions[session.key] = session

    def forget(self, session: Session) -> None:
        """Forget a session that ended."""
        with self._lock:
            self._sessions.pop(session.key, None)

    def _furnish(self) -> None:
        config = self.config
        with contextlib.suppress(RedshiftError):  # another stand-in before the same PostgreSQL
            self._outside(f"CREATE ROLE {quoted(config.user)} LOGIN SUPERUSER")
            self._made_role = True
        self._admin = self.backend()
        self._admin.query("CREATE SCHEMA rs_catalog; GRANT USAGE ON SCHEMA rs_catalog TO PUBLIC")
        self._admin.query(
            "CREATE FUNCTION rs_catalog.database_name() RETURNS varchar LANGUAGE sql IMMUTABLE"
            f" AS {literal(f'SELECT {literal(config.database)}::varchar')}"
        )
        for script in scripts():
            self._admin.query(script)
        login = f"{literal(config.user)}, {literal(config.password)}"
        self._admin.query(f"INSERT INTO rs_catalog.users VALUES ({login})")
        self._admin.query(
            f"INSERT INTO rs_catalog.stv_slices SELECT n / {_ENTRY_NODES}, n, n % {_ENTRY_NODES},"
            f" 'D' FROM generate_series(0, {config.slices - 1}) n"
        )
        self._learn()

    def _learn(self) -> None:
        found = self.admin(
            "SELECT relname FROM pg_class WHERE relnamespace = 'rs_catalog'::regnamespace"
            " AND (relkind = 'v' OR relname = 'stv_slices')"
        )
        self.relations = frozenset(str(name) for (name,) in found)
        kinds = self.admin(
            "SELECT oid, typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace"
            " AND typname IN ('super', 'varbyte', 'geometry', 'hllsketch')"
        )
        self.oids = {int(oid or 0): str(name) for oid, name in kinds}

    def _outside(self, sql: str) -> None:
        with contextlib.closing(Backend(Login.from_url(self.config.backend))) as backend:
            backend.query(sql)

    def _serve(self, sock: socket.socket) -> None:
        session = Session(self, sock)
        try:
            session.run()
        except (ConnectionClosed, OSError) as error:
            self.log.write("hung up", why=repr(error))
        finally:
            self.forget(session)
            session.hang_up()
