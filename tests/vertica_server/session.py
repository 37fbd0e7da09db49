"""A client's session: simple queries, transactions as Vertica has them, and the way out."""

from __future__ import annotations

import contextlib
import re
import struct
from typing import TYPE_CHECKING

from standins import session
from standins.wire import command_complete, error_response, message
from vertica_server.actions import Forward, Local, Result
from vertica_server.control import functions
from vertica_server.errors import VerticaError, missing_schema
from vertica_server.extended import Extended
from vertica_server.grammar.types import plain
from vertica_server.settings import Settings
from vertica_server.sql.lexer import split_statements
from vertica_server.sql.names import inner, literal
from vertica_server.statements import plan
from vertica_server.wire.results import Field, counted, packed_rows, row_description

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vertica_server.actions import Action
    from vertica_server.engine import Answer, Engine
    from vertica_server.server import VerticaServer
    from vertica_server.wire.startup import Arrival

__all__ = ["Session"]

_BUFFER = 1 << 16
_NULL_FIRST = ("int", "numeric", "date", "time", "timetz", "timestamp", "timestamptz", "interval",
               "interval_ym")  # fmt: skip
OUTPUT = Field(name="OUTPUT", type=plain("int"))


class Session(session.Session):
    """A connection from its first statement to goodbye."""

    def __init__(self, server: VerticaServer, arrival: Arrival, user: str, engine: Engine) -> None:
        super().__init__(arrival.sock, arrival.channel)
        self.server = server
        self.config = server.config
        self.said = arrival.parameters
        self.protocol = min(arrival.protocol, server.config.protocol)
        self.user = user
        self.engine = engine
        self.number = server.next_session()
        self.key = struct.pack("!II", self.number, server.next_key())
        self.settings = Settings(autocommit=self.said.get("autocommit") == "on")
        self.binary = self.said.get("binary_data_protocol") == "1"
        self.complex_types = "true" in self.said.get("protocol_features", "")
        self.accepted = 0
        self.rejected = 0
        self.how = ""
        """The method that let the client in."""

    @property
    def behind(self) -> Engine:
        """The session in the PostgreSQL behind."""
        return self.engine

    @property
    def session_id(self) -> str:
        """The name of the session in system tables."""
        return f"{self.node}-{self.number}:0x{self.number:x}"

    @property
    def node(self) -> str:
        """The node that the client was sent to."""
        place = self.number % self.config.nodes if self.server.balances else 0
        return f"v_{self.config.database}_node{place + 1:04d}"

    @property
    def functions(self) -> dict[str, Callable[[], object]]:
        """The functions that only this session can answer."""
        return functions(self)

    def run(self) -> None:
        """Serve until the client leaves."""
        self.engine.run(f"SET vertica.session = {literal(self.session_id)}")
        self._serve(Extended(self).take)

    def hang_up(self) -> None:
        """Close both sides, whoever waits on them."""
        super().hang_up()
        self.engine.close()

    def notice(self, text: str, severity: str = "NOTICE", code: int = 4185) -> None:
        """Tell the client something beside the answer."""
        error = VerticaError(text, severity=severity, code=code, sqlstate="00000")
        self.client.send(message(b"N", error.fields()))

    def plans(self, sql: str) -> list[Action]:
        """Return what to do for each statement of a text."""
        return [plan(statement, self) for statement in split_statements(sql)]

    def ready(self) -> None:
        """Say that the next statement may come."""
        self.client.send(message(b"Z", b"T" if self.engine.status != b"I" else b"I"))

    def fail(self, error: VerticaError) -> None:
        """Report an error."""
        error = self._schema_first(error)
        self.server.log.write("error", message=error.message, code=error.code)
        self.client.send(error_response(error.fields()))

    def _schema_first(self, error: VerticaError) -> VerticaError:
        """Where the schema is missing too, that is what is told."""
        found = re.fullmatch(r'Relation "([^".]+)\.[^"]*" does not exist', error.message)
        if found is None or error.code != 4566:
            return error
        said = f"SELECT 1 FROM pg_namespace WHERE nspname = {literal(inner(found.group(1)))}"
        return error if self.server.admin(said) else missing_schema(found.group(1))

    def _stopped(self) -> VerticaError:
        return VerticaError("Execution canceled by operator", sqlstate="57014", code=3326)

    def smallest(self, sql: str) -> dict[str, bool]:
        """Tell of each column of a query, by name and number, whether NULL comes first in it."""
        try:
            with self._saved():
                _, columns, _ = self.engine.describe(sql)
        except VerticaError:
            return {}  # it is told when the query runs
        found = dict[str, bool]()
        for place, column in enumerate(columns, 1):
            kind = self.server.facts.type_of(column).kind
            found[str(place)] = found[column.name] = kind in _NULL_FIRST
        return found

    def begin(self) -> None:
        """Open the transaction that the first change opens."""
        if self.engine.status == b"I":
            self.engine.run("BEGIN")

    def commit(self) -> None:
        """Commit what is open, if anything."""
        if self.engine.status != b"I":
            self.engine.run("COMMIT")

    def rollback(self) -> None:
        """Undo what is open, if anything."""
        if self.engine.status != b"I":
            self.engine.run("ROLLBACK")

    def do(self, action: Action, values: list[bytes | None] | None = None) -> None:
        """Run a statement: what fails is undone, and only that (page Transactions)."""
        if isinstance(action, Local):
            self._local(action)
            return
        if action.is_change:
            self._change(action, values)
            return
        with self._saved():
            answer = self._asked(action, values)
            if answer.columns or not answer.tag:
                self._rows(answer, action)
        self.client.send(command_complete(answer.tag))

    def _asked(self, action: Forward, values: list[bytes | None] | None) -> Answer:
        return (
            self.engine.ask(action.sql) if values is None else self.engine.bind(action.sql, values)
        )

    def _change(self, action: Forward, values: list[bytes | None] | None) -> None:
        """INSERT and its like; the client hears of it when it is done."""
        self.begin()
        with self._saved():
            answer = self._asked(action, values)
            answer.drain_rows()
        if self.settings.autocommit:
            self.commit()
        self.describe([OUTPUT])
        self.client.send(counted(answer.count, binary=self.binary))
        self.client.send(command_complete(answer.tag))

    def _local(self, action: Local) -> None:
        if action.controls:
            self.answer(action.run())
        elif action.commits:
            self._defining(action)
        else:
            with self._saved():
                result = action.run()
                self.answer(result)

    def _defining(self, action: Local) -> None:
        self.commit()
        self.begin()
        try:
            result = action.run()
        except BaseException:
            self.rollback()
            raise
        self.commit()
        self.server.facts.forget()
        self.answer(result)

    @contextlib.contextmanager
    def _saved(self) -> Iterator[None]:
        """What fails inside is undone, and what the transaction did before stays."""
        if self.engine.status == b"I":
            yield
            return
        self.engine.save()
        try:
            yield
        except BaseException:
            self.engine.back()
            self.engine.release()
            raise
        self.engine.release()

    def answer(self, result: Result) -> None:
        """Send rows of the server's own."""
        if result.fields and not result.is_described:
            self.describe(result.fields)
        if result.fields:
            self._send(packed_rows(result.fields, result.bodies, binary=self.binary))
        self.client.send(command_complete(result.tag))

    def describe(self, fields: Sequence[Field]) -> None:
        """Send the columns, unless a prepared statement told them before."""
        if not self.settings.is_prepared:
            self.client.send(self.described(fields))

    def described(self, fields: Sequence[Field]) -> bytes:
        """Return the message that tells the columns."""
        return row_description(
            fields, self.protocol, with_parents=self.complex_types, binary=self.binary
        )

    def _rows(self, answer: Answer, action: Forward) -> None:
        fields = self.server.fields(answer.columns, answer.places, action.spelled)
        self.describe(fields)
        self._send(packed_rows(fields, answer.bodies(), binary=self.binary))

    def _send(self, pieces: Iterable[bytes]) -> None:
        """Send many at a time; what came before an error is sent too."""
        out = bytearray()
        try:
            for piece in pieces:
                out += piece
                if len(out) > _BUFFER:
                    self.client.send(bytes(out))
                    out.clear()
        finally:
            if out:
                self.client.send(bytes(out))

    def _simple(self, sql: str) -> None:
        self.cancelled = False
        self.server.log.write("statement", sql=sql, user=self.user)
        try:
            statements = split_statements(sql)
            if not statements:
                self.client.send(message(b"I"))
            for statement in statements:
                self.check_cancel()
                self.do(plan(statement, self))
        except VerticaError as error:
            self.fail(error)
        self.ready()
