"""The listening side: a database of its own behind, and a thread for each client."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import socket
import ssl
import struct
import threading
from typing import TYPE_CHECKING, Self

from redshift_server.log import Log
from redshift_server.wire import ConnectionClosed, message, parameter_status
from vertica_server.catalog import scripts
from vertica_server.engine import Column, Engine, Login
from vertica_server.errors import VerticaError
from vertica_server.facts import Facts
from vertica_server.session import Session
from vertica_server.sql.names import literal
from vertica_server.wire.login import Account, log_in
from vertica_server.wire.startup import Arrival, arrive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vertica_server.config import ServerConfig
    from vertica_server.wire.results import Field

__all__ = ["VerticaServer"]

_CANCEL = 80877102
_METHODS = {"trust": "ImpTrust", "password": "Password", "md5": "MD5", "hash": "Password",
            "hash_md5": "MD5", "sha512": "Password", "oauth": "OAuth"}  # fmt: skip


class VerticaServer:
    """A stand-in database; as a context manager it is gone at the end, and what is behind too."""

    def __init__(self, config: ServerConfig) -> None:
        self.config = config
        self.log = Log(config.log)
        self.accounts = {config.user: Account(config.password)}
        self.facts: Facts
        self._private = f"vs_{secrets.token_hex(6)}"
        self._listener: socket.socket | None = None
        self._sessions: dict[bytes, Session] = {}
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self._turns = itertools.count(0)
        self._admin: Engine | None = None
        self._tls = _tls(config)
        self.balances = False
        """Whether SET_LOAD_BALANCE_POLICY chose a policy: each client goes to the next node."""

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
    def login(self) -> dict[str, object]:
        """What a client connects with, by the names that vertica-python gives it."""
        config = self.config
        return {
            "host": config.host, "port": self.port, "user": config.user,
            "password": config.password, "database": config.database,
        }  # fmt: skip

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
        self.drop_connections()
        if self._admin is not None:
            self._admin.close()
        self._outside(f"DROP DATABASE IF EXISTS {self._private} WITH (FORCE)")

    def drop_connections(self) -> int:
        """Hang up on every client at once, as a network does; return how many there were."""
        with self._lock:
            sessions = list(self._sessions.values())
        for session in sessions:
            session.hang_up()
        return len(sessions)

    def admin(self, sql: str) -> list[list[str | None]]:
        """Run SQL behind the clients' backs, committed at once."""
        with self._lock:
            assert self._admin is not None
            return self._admin.texts(sql)

    def engine(self) -> Engine:
        """Open one more session behind."""
        engine = Engine(Login.from_url(self.config.backend, self._private))
        engine.run(
            "SET standard_conforming_strings = on; SET timezone = 'UTC';"
            "SET bytea_output = 'escape';"
            "SET client_encoding = 'SQL_ASCII'; SET datestyle = 'ISO, MDY';"
            "SET intervalstyle = 'postgres'; SET extra_float_digits = 1;"
            f"SET lock_timeout = '{self.config.lock_seconds}s';"
            "SET search_path = public, v_catalog, v_monitor, v_internal"
        )
        return engine

    def fields(
        self, columns: Sequence[Column], places: Sequence[tuple[int, int]], names: dict[str, str]
    ) -> list[Field]:
        """Return the columns of a result as Vertica tells them."""
        with self._lock:
            return self.facts.fields(columns, places, names)

    def sessions(self) -> list[Session]:
        """Return who is connected."""
        with self._lock:
            return list(self._sessions.values())

    def next_session(self) -> int:
        """Return a new session's number."""
        return next(self._numbers)

    def next_key(self) -> int:
        """Return a secret that a CancelRequest has to know."""
        return secrets.randbits(31)

    def cancel(self, key: bytes) -> None:
        """Do what a CancelRequest asks for."""
        with self._lock:
            session = self._sessions.get(key)
        if session is None:
            return
        session.cancelled = True
        login = Login.from_url(self.config.backend)
        with socket.create_connection((login.host, login.port)) as sock:
            sock.sendall(struct.pack("!ii", 16, _CANCEL) + session.engine.key)

    def _make_database(self) -> None:
        self._outside(
            f"CREATE DATABASE {self._private} ENCODING 'SQL_ASCII' TEMPLATE template0"
            " LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        self._admin = Engine(Login.from_url(self.config.backend, self._private))
        for script in scripts():
            self._admin.run(script)
        self._admin.run(
            f"INSERT INTO v_internal.settings VALUES ({literal(self.config.database)},"
            f" {literal(f'Vertica Analytic Database {self.config.version}')},"
            f" {literal(self.config.user)}, {self.config.nodes})"
        )
        self._admin.close()
        self._admin = self.engine()
        self.facts = Facts(self._admin)

    def _outside(self, sql: str) -> None:
        engine = Engine(Login.from_url(self.config.backend))
        engine.run(sql)
        engine.close()

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
        try:
            arrival = arrive(sock, self._tls, self._next_node)
            if arrival.cancel:
                self.cancel(arrival.cancel)
            else:
                self._welcome(arrival)
        except (ConnectionClosed, OSError, struct.error) as error:
            self.log.write("hung up", why=repr(error))
        except VerticaError as error:
            self._refuse(sock, error)
        finally:
            sock.close()

    def _next_node(self) -> tuple[str, int] | None:
        """Where a load balance request is sent; None where it is refused."""
        listed = self.config.load_balance
        if listed:
            return listed[next(self._turns) % len(listed)]
        return (self.config.host, self.port) if self.balances else None

    def _refuse(self, sock: socket.socket, error: VerticaError) -> None:
        self.log.write("refused", message=error.message)
        with contextlib.suppress(OSError):
            sock.sendall(message(b"E", error.fields()))

    def _welcome(self, arrival: Arrival) -> None:
        """Let a client in, or tell it why not."""
        try:
            session = self._enter(arrival)
        except VerticaError as error:
            self._refuse(arrival.sock, error)
            arrival.sock.close()
            return
        try:
            self._note(session, arrival)
            self._greet(session)
            session.run()
        finally:
            with self._lock:
                self._sessions.pop(session.key, None)
                self._strike(session)
            session.hang_up()

    def _enter(self, arrival: Arrival) -> Session:
        self.log.write("connected", parameters=arrival.parameters)
        if self.config.require_tls and not arrival.encrypted:
            raise VerticaError(
                "Client connection rejected: TLS is required", sqlstate="28000", code=2248,
                severity="FATAL",
            )  # fmt: skip
        user = log_in(arrival.channel, self.config, self.accounts, arrival.parameters)
        database = arrival.parameters.get("database", "")
        if database and database.lower() != self.config.database.lower():
            said = f'Database "{database}" does not exist'
            raise VerticaError(said, sqlstate="3D000", code=2983, severity="FATAL")
        with self._lock:
            if len(self._sessions) >= self.config.max_sessions:
                said = "New session rejected because connection limit of"
                said += (
                    f" {self.config.max_sessions} on database already met for"
                    f" {self.config.database}"
                )
                raise VerticaError(said, sqlstate="53300", code=7470, severity="FATAL")
            session = Session(self, arrival, user, self.engine())
            account = self.accounts.get(user)
            session.how = _METHODS[(account and account.method) or self.config.authentication]
            self._sessions[session.key] = session
        return session

    def _note(self, session: Session, arrival: Arrival) -> None:
        """SESSIONS tells who is there."""
        said = arrival.parameters
        method = session.how
        values = [
            session.node, session.user, said.get("client_os_hostname", ""),
            session.session_id, said.get("client_label", ""), said.get("client_type", ""),
            method, "Server" if arrival.encrypted else "None", said.get("client_version", ""),
            said.get("client_os", ""), said.get("client_os_user_name", ""),
            said.get("client_pid", "0"), said.get("client_os_hostname", ""),
        ]  # fmt: skip
        self.admin(
            "INSERT INTO v_internal.session_facts VALUES"
            f" ({', '.join(literal(value) for value in values)})"
        )

    def _strike(self, session: Session) -> None:
        """A session that ended is in no list; a server that ends has no lists."""
        with contextlib.suppress(OSError, ConnectionClosed, VerticaError):
            self.admin(
                "DELETE FROM v_internal.session_facts WHERE session_id ="
                f" {literal(session.session_id)}"
            )

    def _greet(self, session: Session) -> None:
        statuses = {
            "protocol_version": str(session.protocol),
            "server_version": f"Vertica Analytic Database {self.config.version}",
            "auto_commit": "on" if session.settings.autocommit else "off",
            "standard_conforming_strings": "on",
            "client_locale": "en_US@collation=binary",
            "client_label": session.said.get("client_label", ""),
            "long_string_types": "on",
            "request_complex_types": "on" if session.complex_types else "off",
            "timezone": "UTC",
        }
        said = b"".join(parameter_status(name, value) for name, value in statuses.items())
        session.client.send(
            message(b"R", b"\0\0\0\0") + said + message(b"K", session.key) + message(b"Z", b"I")
        )


def _tls(config: ServerConfig) -> ssl.SSLContext | None:
    if config.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(config.certificate, config.key)
    if config.client_ca is not None:
        context.load_verify_locations(config.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
