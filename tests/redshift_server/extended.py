"""The extended protocol: Parse, Bind, Describe and Execute, one message at a time."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from redshift_server.actions import Forward, Local
from redshift_server.errors import RedshiftError
from standins import extended, wire

if TYPE_CHECKING:
    from redshift_server.relay import Mend
    from redshift_server.session import Session

__all__ = ["Extended"]

_EMPTY = Forward(sql="")
_MAX_VALUES = 32_767
_FLUSH = wire.message(b"H")
_NO_DATA = wire.message(b"n")


class Extended(extended.Extended[RedshiftError]):
    """Prepared statements and portals of a session; the special ones live here alone."""

    def __init__(self, session: Session) -> None:
        super().__init__(RedshiftError, session.fail)
        self._session = session
        self._statements: dict[bytes, Local] = {}
        self._portals: dict[bytes, Local] = {}
        self._mends: dict[bytes, Mend] = {}
        self._portal_mends: dict[bytes, Mend] = {}

    def _sync(self) -> None:
        session = self._session
        session.backend.channel.send(wire.message(b"S"))
        session.relay.until(b"Z")
        session.client.send(wire.message(b"Z", session.backend.status))

    def _parse(self, body: bytes) -> None:
        name, sql, types = body.split(b"\0", 2)
        actions = self._session.plan(sql.decode("utf-8", "surrogateescape"))
        if len(actions) > 1:
            said = "cannot insert multiple commands into a prepared statement"
            raise RedshiftError(said, sqlstate="42601")
        action = actions[0] if actions else _EMPTY
        self._statements.pop(name, None)
        if isinstance(action, Local):
            self._statements[name] = action
            self._session.client.send(wire.message(b"1"))
            return
        changed = action.sql.encode("utf-8", "surrogateescape")
        self._pass(b"P", b"\0".join([name, changed, types]), b"1")

    def _bind(self, body: bytes) -> None:
        portal, name, rest = body.split(b"\0", 2)
        self._portals.pop(portal, None)
        self._portal_mends[portal] = self._mends.get(name, {})
        (formats,) = struct.unpack_from("!H", rest)
        (values,) = struct.unpack_from("!H", rest, 2 + 2 * formats)
        if values > _MAX_VALUES:
            said = f"a statement takes {_MAX_VALUES} parameters at most"
            raise RedshiftError(said, sqlstate="54023")
        if name not in self._statements:
            self._pass(b"B", body, b"2")
            return
        if values:
            said = f"bind message supplies {values} parameters, but prepared statement requires 0"
            raise RedshiftError(said, sqlstate="08P01")
        self._portals[portal] = self._statements[name]
        self._session.client.send(wire.message(b"2"))

    def _describe(self, body: bytes) -> None:
        kind, name = body[:1], body[1:-1]
        if kind == b"S" and name in self._statements:
            self._session.client.send(wire.message(b"t", b"\0\0") + _NO_DATA)
        elif kind == b"P" and name in self._portals:
            self._session.client.send(_NO_DATA)
        else:
            mend = self._pass(b"D", body, b"Tn")
            (self._mends if kind == b"S" else self._portal_mends)[name] = mend

    def _execute(self, body: bytes) -> None:
        portal = body.split(b"\0", 1)[0]
        self._session.next_query()
        if portal in self._portals:
            self._session.run_local(self._portals[portal])
        else:
            self._pass(b"E", body, b"CIs", self._portal_mends.get(portal))

    def _close(self, body: bytes) -> None:
        kind, name = body[:1], body[1:-1]
        kept = self._statements if kind == b"S" else self._portals
        if kept.pop(name, None) is not None:
            self._session.client.send(wire.message(b"3"))
        else:
            self._pass(b"C", body, b"3")

    def _pass(self, tag: bytes, body: bytes, ends: bytes, mend: Mend | None = None) -> Mend:
        session = self._session
        session.backend.channel.send(wire.message(tag, body) + _FLUSH)
        fine, found = session.relay.until(ends, mend)
        self._skipping = self._skipping or not fine
        return found
