"""The database: what lies behind, who is let in, and who is connected."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import ssl
import struct
from typing import TYPE_CHECKING

from standins.backend import Login
from standins.server import StandIn
from standins.wire import ConnectionClosed, error_response, message, parameter_status
from vertica_server.catalog import scripts
from vertica_server.engine import Engine
from vertica_server.errors import VerticaError
from vertica_server.facts import Facts
from vertica_server.session import Session
from vertica_server.sql.names import literal
from vertica_server.wire.login import Account, log_in
from vertica_server.wire.startup import Arrival, arrive

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from standins.backend import Column
    from vertica_server.config import ServerConfig
    from vertica_server.wire.results import Field

__all__ = ["VerticaServer"]

_METHODS = {"trust": "ImpTrust", "password": "Password", "md5": "MD5", "hash": "Password",
            "hash_md5": "MD5", "sha512": "Password", "oauth": "OAuth"}  # fmt: skip


class VerticaServer(StandIn[Session]):
    """A stand-in database."""

    mark = "vs"
    config: ServerConfig
    _admin: Engine | None

    def __init__(self, config: ServerConfig) -> None:
        super().__init__(config)
        self.accounts = {config.user: Account(config.password)}
        self.facts: Facts
        self._numbers = itertools.count(1)
        self._turns = itertools.count(0)
        self._tls = _tls(config)
        self.balances = False
        """Whether SET_LOAD_BALANCE_POLICY chose a policy: each client goes to the next node."""

    @property
    def login(self) -> dict[str, object]:
        """What a client connects with, by the names that vertica-python gives it."""
        config = self.config
        return {
            "host": config.host, "port": self.port, "user": config.user,
            "password": config.password, "database": config.database,
        }  # fmt: skip

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

    def _furnish(self) -> None:
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
        with contextlib.closing(Engine(Login.from_url(self.config.backend))) as engine:
            engine.run(sql)

    def _serve(self, sock: socket.socket) -> None:
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
            sock.sendall(error_response(error.fields()))

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
