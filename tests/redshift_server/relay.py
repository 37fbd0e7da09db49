"""Answers of the PostgreSQL behind on their way to the client, told as Redshift would."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from redshift_server.names import full, full_text, is_used
from standins import wire
from standins.backend import columns_of

if TYPE_CHECKING:
    from redshift_server.session import Session

__all__ = ["Mend", "Relay", "shown"]

Mend = dict[int, str]
"""The columns whose values are kept differently inside: place and type."""

_WIRE_OIDS = {"super": 4000, "varbyte": 6551, "geometry": 3000, "hllsketch": 2935}
_HIDDEN = {b"standard_conforming_strings", b"server_encoding", b"server_version", b"in_hot_standby"}
_SENTENCES = {
    "MERGE command cannot affect row a second time": (
        "Found multiple matches to update the same tuple."
    ),
}
_BUFFER = 1 << 16


class Relay:
    """Sends to the PostgreSQL behind and passes on what it says."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._oids = session.server.oids

    def simple(self, sql: str) -> bool:
        """Run statements; False if one failed. ReadyForQuery is not passed on."""
        backend = self._session.backend
        backend.channel.send(wire.message(b"Q", sql.encode("utf-8", "surrogateescape") + b"\0"))
        return self.until(b"Z")[0]

    def until(self, ends: bytes, mend: Mend | None = None) -> tuple[bool, Mend]:
        """Pass messages on until one of these tags; whether no error came, and what to mend."""
        backend, out, fine = self._session.backend, bytearray(), True
        mend = mend or {}
        while True:
            tag, body = backend.channel.read()
            if tag == b"Z":
                backend.status = body
                break
            if tag == b"T":
                mend = self._to_mend(body)
            fine = fine and tag != b"E"
            out += self._told(tag, body, mend)
            if tag in ends or (tag == b"E" and ends != b"Z"):
                break
            if len(out) > _BUFFER:
                self._session.client.send(bytes(out))
                out.clear()
        self._session.client.send(bytes(out))
        return fine, mend

    def _told(self, tag: bytes, body: bytes, mend: Mend) -> bytes:
        if tag == b"E":
            error = RedshiftError.from_fields(body)
            error.message = full_text(_SENTENCES.get(error.message, error.message))
            self._session.server.log.write("error", message=error.message, sqlstate=error.sqlstate)
            body = error.fields()
        elif tag == b"S" and body.split(b"\0")[0] in _HIDDEN:
            return b""
        elif tag == b"T":
            body = self._with_names(self._with_oids(body) if mend else body)
        elif tag == b"D" and (mend or is_used()):
            values = [None if v is None else full(v) for v in wire.split_row(body)]
            for place, kind in mend.items():
                values[place] = shown(values[place], kind)
            return wire.data_row(values)
        return wire.message(tag, body)

    def _to_mend(self, body: bytes) -> Mend:
        return {
            place: self._oids[column.oid]
            for place, column in enumerate(columns_of(body))
            if column.oid in self._oids
        }

    @staticmethod
    def _with_names(body: bytes) -> bytes:
        if not is_used():
            return body
        made, at = body[:2], 2
        for _ in columns_of(body):
            end = body.index(b"\0", at)
            made += full(body[at:end]) + body[end : end + 19]
            at = end + 19
        return made

    def _with_oids(self, body: bytes) -> bytes:
        changed, at = bytearray(body), 2
        for column in columns_of(body):
            at = body.index(b"\0", at) + 1
            if column.oid in self._oids:
                struct.pack_into("!i", changed, at + 6, _WIRE_OIDS[self._oids[column.oid]])
            at += 18
        return bytes(changed)


def shown(value: bytes | None, kind: str) -> bytes | None:
    """Return a value as a client sees it: SUPER as JSON, VARBYTE as hex digits."""
    if value is None:
        return None
    if kind == "super":
        return value[1:] if value[:1] == b"\x01" else _json_string(value)
    if kind == "varbyte":
        return value.removeprefix(b"\\x")
    return value


def _json_string(value: bytes) -> bytes:
    import json

    return json.dumps(value.decode("utf-8", "replace"), ensure_ascii=False).encode()
