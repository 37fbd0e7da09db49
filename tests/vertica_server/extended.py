"""Prepared statements: Parse, Describe, Bind and Execute as Vertica's clients send them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from standins import extended
from standins.backend import Column
from standins.wire import message
from vertica_server.actions import Forward
from vertica_server.errors import VerticaError

if TYPE_CHECKING:
    from vertica_server.actions import Action
    from vertica_server.session import Session

__all__ = ["Extended"]


@dataclass(slots=True, kw_only=True)
class _Prepared:
    """A statement, its parameters' types behind, and what it returns."""

    action: Action | None
    sql: str
    types: list[int] = field(default_factory=list)
    description: bytes = b""
    error: VerticaError | None = None


@dataclass(slots=True, kw_only=True)
class _Portal:
    prepared: _Prepared
    values: list[bytes | None]


class Extended(extended.Extended[VerticaError]):
    """The prepared statements of a session; what is left of a failed COPY is passed over."""

    ignored = b"HdcfjeF"
    unknown = "Invalid frontend message type"

    def __init__(self, session: Session) -> None:
        super().__init__(VerticaError, session.fail)
        self._session = session
        self._statements: dict[bytes, _Prepared] = {}
        self._portals: dict[bytes, _Portal] = {}

    def _sync(self) -> None:
        self._session.ready()

    def _parse(self, body: bytes) -> None:
        name, text, _ = body.split(b"\0", 2)
        sql = text.decode("utf-8", "surrogateescape")
        session = self._session
        session.server.log.write("statement", sql=sql, user=session.user)
        self._statements[name] = self._prepared(sql)
        session.client.send(message(b"1"))

    def _prepared(self, sql: str) -> _Prepared:
        """Prepare a statement; what is wrong with it is told when it is described."""
        prepared = _Prepared(action=None, sql=sql)
        try:
            actions = self._session.plans(sql)
            if len(actions) > 1:
                raise VerticaError(
                    "Cannot insert multiple commands into a prepared statement",
                    sqlstate="42601", code=2602,
                )  # fmt: skip
            prepared.action = actions[0] if actions else None
            self._learn(prepared)
        except VerticaError as error:
            prepared.error = error
        return prepared

    def _learn(self, prepared: _Prepared) -> None:
        """Find out what the statement takes and returns."""
        from vertica_server.session import OUTPUT

        session, action = self._session, prepared.action
        if action is None:
            return
        if not isinstance(action, Forward):
            if action.fields:
                prepared.description = session.described(action.fields)
            return
        saved = session.engine.status != b"I"
        if saved:
            session.engine.save()
        try:
            prepared.types, columns, places = session.engine.describe(action.sql)
        except VerticaError:
            if saved:
                session.engine.back()
            raise
        finally:
            if saved:
                session.engine.release()
        fields = [OUTPUT] if action.is_change else []
        if not action.is_change:
            fields = session.server.fields(columns, places, action.spelled)
        prepared.description = session.described(fields)

    def _describe(self, body: bytes) -> None:
        prepared = self._find(body[1:-1])
        client = self._session.client
        client.send(message(b"t", self._parameters(prepared)))
        client.send(prepared.description or message(b"n"))
        tag = b"" if prepared.action is None else prepared.sql.split(None, 1)[0].upper().encode()
        client.send(message(b"m", tag + b"\0" + b"\0\0" + b"\0"))

    def _parameters(self, prepared: _Prepared) -> bytes:
        body = struct.pack("!H", len(prepared.types))
        if not prepared.types:
            return body
        body += struct.pack("!I", 0)
        facts = self._session.server.facts
        for oid in prepared.types:
            kind = facts.type_of(Column(name="", oid=oid, modifier=-1))
            body += struct.pack("!BIiH", 0, kind.oid, -1, 0)
        return body

    def _bind(self, body: bytes) -> None:
        portal, name, rest = body.split(b"\0", 2)
        prepared = self._find(name)
        (formats,) = struct.unpack_from("!H", rest)
        at = 2 + 2 * formats
        (count,) = struct.unpack_from("!H", rest, at)
        at += 2 + 4 * count
        values = list[bytes | None]()
        for _ in range(count):
            (length,) = struct.unpack_from("!i", rest, at)
            at += 4
            values.append(None if length < 0 else rest[at : at + length])
            at += max(length, 0)
        if count != len(prepared.types):
            raise VerticaError(
                f"Bind message supplies {count} parameters, but prepared statement"
                f" requires {len(prepared.types)}",
                sqlstate="08P01", code=2357,
            )  # fmt: skip
        self._portals[portal] = _Portal(prepared=prepared, values=values)
        self._session.client.send(message(b"2"))

    def _execute(self, body: bytes) -> None:
        portal = self._portals.get(body.split(b"\0", 1)[0])
        if portal is None:
            raise VerticaError("Portal does not exist", sqlstate="34000", code=4470)
        action = portal.prepared.action
        session = self._session
        if action is None:
            session.client.send(message(b"I"))
            return
        if not isinstance(action, Forward):
            action = session.plans(portal.prepared.sql)[0]
        session.settings.is_prepared = bool(portal.prepared.description)
        try:
            session.do(action, portal.values if isinstance(action, Forward) else None)
        finally:
            session.settings.is_prepared = False

    def _find(self, name: bytes) -> _Prepared:
        if name not in self._statements:
            said = f'Prepared statement "{name.decode()}" does not exist'
            raise VerticaError(said, sqlstate="26000", code=4499)
        prepared = self._statements[name]
        if prepared.error is not None:
            raise prepared.error
        return prepared

    def _close(self, body: bytes) -> None:
        self._statements.pop(body[1:-1], None)
        self._session.client.send(message(b"3"))
