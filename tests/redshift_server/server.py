"""The listening side: a database of its own behind, and a thread for each client."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import socket
import struct
import threading
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

from redshift_server.backend import Backend, Login, literal
from redshift_server.catalog import scripts
from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import quoted
from redshift_server.log import Log
from redshift_server.session import Session
from redshift_server.wire import ConnectionClosed

if TYPE_CHECKING:
    from redshift_server.backend import Rows
    from redshift_server.config import ServerConfig

__all__ = ["RedshiftServer"]

_ENTRY_NODES = 2


class RedshiftServer:
    """A stand-in cluster; as a context manager it is gone at the end, and its database too."""

    def __init__(self, config: ServerConfig) -> None:
        self.config = config
        self.log = Log(config.log)
        self._private = f"rs_{secrets.token_hex(6)}"
        self._listener: socket.socket | None = None
        self._sessions: dict[bytes, Session] = {}
        self._lock = threading.Lock()
        self._admin: Backend | None = None
        self.relations: frozenset[str] = frozenset()
        self.oids: dict[int, str] = {}
        self.has_late_views = False
        self._made_role = False
        self.has_external_tables = False
        self.query_ids = itertools.count(1000)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._listener is not None
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """The URL of the master user, for libpq."""
        config = self.config
        login = f"{quote(config.user, safe='')}:{quote(config.password, safe='')}"
        return f"postgresql://{login}@{config.host}:{self.port}/{config.database}"

    def start(self) -> None:
        """Make the database behind and listen."""
        self._make_database()
        self._listener = socket.create_server((self.config.host, self.config.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Hang up on everyone and drop the database behind."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        with self._lock:
            sessions = list(self._sessions.values())
        for session in sessions:
            session.hang_up()
        if self._admin is not None:
            self._admin.close()
        self._outside(f"DROP DATABASE IF EXISTS {self._private} WITH (FORCE)")
        if self._made_role:
            self._outside(f"DROP ROLE IF EXISTS {quoted(self.config.user)}")

    def drop_connections(self) -> int:
        """Hang up on every client at once, as a network does; return how many there were."""
        with self._lock:
            sessions = list(self._sessions.values())
        for session in sessions:
            session.hang_up()
        return len(sessions)

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

    def cancel(self, key: bytes) -> None:
        """Do what a CancelRequest asks for."""
        with self._lock:
            session = self._sessions.get(key)
        if session is None:
            return
        session.cancelled = True
        login = Login.from_url(self.config.backend)
        with socket.create_connection((login.host, login.port)) as sock:
            sock.sendall(struct.pack("!ii", 16, 80877102) + key)

    def _make_database(self) -> None:
        config = self.config
        self._outside(
            f"CREATE DATABASE {self._private} ENCODING 'SQL_ASCII' TEMPLATE template0"
            " LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
        )
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
        backend = Backend(Login.from_url(self.config.backend))
        backend.query(sql)
        backend.close()

    def _accept(self) -> None:
        assert self._listener is not None
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = Session(self, sock)
        try:
            session.run()
        except (ConnectionClosed, OSError) as error:
            self.log.write("hung up", why=repr(error))
        finally:
            self.forget(session)
            session.hang_up()
