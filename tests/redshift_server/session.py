"""One client: its messages in, answers out, and what the session remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.actions import Forward, Local
from redshift_server.backend import Backend, literal
from redshift_server.errors import RedshiftError
from redshift_server.extended import Extended
from redshift_server.grammar.cursor import quoted
from redshift_server.lexer import split_statements
from redshift_server.relay import Relay
from redshift_server.settings import Settings
from redshift_server.startup import ask_password, greeting, read_startup
from redshift_server.statements import plan
from standins import session, wire
from standins.wire import CANCEL, Channel

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from redshift_server.actions import Action
    from redshift_server.server import RedshiftServer
    from standins.lexer import Token

__all__ = ["Session"]

_MAX_STATEMENT = 16 << 20
_FAILED = "current transaction is aborted, commands ignored until end of transaction block"


class Session(session.Session):
    """A connection from login to goodbye."""

    def __init__(self, server: RedshiftServer, sock: socket.socket) -> None:
        super().__init__(sock, Channel(sock))
        self.server = server
        self.config = server.config
        self.settings = Settings()
        self.last_copy_count = 0
        self.last_copy_id = -1
        self.last_unload_count = 0
        self.last_unload_id = -1
        self.last_query_id = -1
        self.backend: Backend
        self.relay: Relay

    @property
    def behind(self) -> Backend:
        """The session in the PostgreSQL behind."""
        return self.backend

    def run(self) -> None:
        """Serve until the client leaves."""
        if self._log_in():
            self._serve(Extended(self).take)

    def hang_up(self) -> None:
        """Close both sides, whoever waits on them."""
        super().hang_up()
        if hasattr(self, "backend"):
            self.backend.close()

    def notice(self, text: str, severity: str = "INFO") -> None:
        """Tell the client something beside the answer."""
        said = f"S{severity}\0C00000\0M{text}\0".encode()
        self.client.send(wire.message(b"N", said + b"\0"))

    def plan(self, sql: str) -> list[Action]:
        """Return what to do for each statement of a text."""
        _check_size(sql)
        self.server.log.write("statement", sql=sql, user=self.user)
        return [plan(statement, self) for statement in split_statements(sql)]

    def run_local(self, action: Local) -> None:
        """Do what the PostgreSQL behind cannot, and answer as it would."""
        if self.backend.status == b"E":
            raise RedshiftError(_FAILED, sqlstate="25P02")
        self.client.send(wire.command_complete(action.run()))

    def atomic(self, work: Callable[[], None]) -> None:
        """Run work in the transaction that is open, or in one of its own."""
        if self.backend.status != b"I":
            work()
            return
        self.backend.query("BEGIN")
        try:
            work()
        except BaseException:
            self.backend.query("ROLLBACK")
            raise
        self.backend.query("COMMIT")

    def no_transaction(self, what: str) -> None:
        """Refuse a statement that commits by itself inside a transaction block."""
        if self.backend.status != b"I":
            said = f"{what} cannot run inside a transaction block"
            raise RedshiftError(said, sqlstate="25001")

    def next_query(self) -> int:
        """Return the number of a new query."""
        self.last_query_id = next(self.server.query_ids)
        return self.last_query_id

    def fail(self, error: RedshiftError) -> None:
        """Report an error and spoil the transaction that is open."""
        self.server.log.write("error", message=error.message, sqlstate=error.sqlstate)
        self.backend.abort()
        self.client.send(wire.error_response(error.fields()))

    def _stopped(self) -> RedshiftError:
        return RedshiftError("Query cancelled on user's request", sqlstate="57014")

    def _simple(self, sql: str) -> None:
        self.cancelled = False
        try:
            self._run_all(sql)
        except RedshiftError as error:
            self.fail(error)
        self.client.send(wire.message(b"Z", self.backend.status))

    def _run_all(self, sql: str) -> None:
        _check_size(sql)
        self.server.log.write("statement", sql=sql, user=self.user)
        statements = split_statements(sql)
        if not statements:
            self.client.send(wire.message(b"I"))
        elif len(statements) > 1 and self.backend.status == b"I":
            self._run_together(statements)
        else:
            for statement in statements:
                if not self._run_one(plan(statement, self)):
                    return

    def _run_together(self, statements: list[list[Token]]) -> None:
        """Several statements in one message are one transaction, if nothing in them is special."""
        actions = [plan(statement, self) for statement in statements]
        together = [action.sql for action in actions if isinstance(action, Forward)]
        if len(together) == len(actions):
            self.relay.simple(";".join(together))
            return
        for statement in statements:
            if not self._run_one(plan(statement, self)):
                return

    def _run_one(self, action: Action) -> bool:
        self.next_query()
        if isinstance(action, Local):
            self.run_local(action)
            return True
        return self.relay.simple(action.sql)

    def _log_in(self) -> bool:
        try:
            code, body = read_startup(self.client)
            if code == CANCEL:
                self.server.cancel(body)
                return False
            self._enter(body)
        except RedshiftError as error:
            self.client.send(wire.error_response(error.fields()))
            return False
        return True

    def _enter(self, body: bytes) -> None:
        words = body.rstrip(b"\0").decode().split("\0")
        said = dict(zip(words[::2], words[1::2], strict=False))
        self.user = said.get("user", "")
        self.server.log.write("connected", parameters=said)
        rows = self.server.admin(
            f"SELECT password FROM rs_catalog.users WHERE name = {literal(self.user)}"
        )
        ask_password(self.client, self.user, rows[0][0] if rows else None)
        database = said.get("database", self.user)
        if database != self.config.database:
            raise RedshiftError(f'database "{database}" does not exist', sqlstate="3D000")
        self.backend = self.server.backend()
        self.key = self.backend.key
        self.backend.query(f"SET SESSION AUTHORIZATION {quoted(self.user)}")
        self.relay = Relay(self)
        self.server.register(self)
        self.client.send(greeting(self.user, self.key, {}))


def _check_size(sql: str) -> None:
    size = len(sql.encode("utf-8", "surrogateescape"))
    if size > _MAX_STATEMENT:
        raise RedshiftError(
            f"Statement is too large. Statement Size: {size} bytes."
            f" Maximum Allowed: {_MAX_STATEMENT} bytes",
            sqlstate="54000",
        )
