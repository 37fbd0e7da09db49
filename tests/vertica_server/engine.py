"""A session in the PostgreSQL behind: rows as they come, errors in Vertica's words."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from standins.backend import Backend, Column, Login, columns_of
from standins.wire import message, split_row
from vertica_server.errors import VerticaError
from vertica_server.translate import translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Answer", "Engine"]

_SAVEPOINT = "vertica_statement"


class Answer:
    """What one statement returns; its rows are read as they are asked for."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.columns: list[Column] = []
        self.places: list[tuple[int, int]] = []
        self.tag = ""
        self._ahead: bytes | None = None
        self._done = False
        self._advance()

    def bodies(self) -> Iterator[bytes]:
        """Yield each DataRow's body as it came."""
        while self._ahead is not None:
            body, self._ahead = self._ahead, None
            yield body
            self._advance()

    def rows(self) -> Iterator[list[bytes | None]]:
        """Yield each row's values as text."""
        for body in self.bodies():
            yield split_row(body)

    def texts(self) -> list[list[str | None]]:
        """Return all rows as strings."""
        return [
            [None if v is None else v.decode("utf-8", "surrogateescape") for v in row]
            for row in self.rows()
        ]

    def drain_rows(self) -> None:
        """Read to the end; an error is raised."""
        for _ in self.bodies():
            pass

    def drain(self) -> None:
        """Read what nobody asked for, an error included."""
        with contextlib.suppress(VerticaError):
            self.drain_rows()

    @property
    def count(self) -> int:
        """The number at the end of the tag: rows that a statement touched."""
        word = self.tag.rsplit(" ", 1)[-1]
        return int(word) if word.isdigit() else 0

    def _advance(self) -> None:
        """Read on to the next row or to the end."""
        error: VerticaError | None = None
        while not self._done:
            tag, body = self._engine.channel.read()
            if tag == b"D":
                self._ahead = body
                return
            if tag == b"T":
                self.columns = columns_of(body)
                self.places = _places(body)
            elif tag == b"C":
                self.tag = body[:-1].decode()
            elif tag == b"N":
                self._engine.heard.append(body)
            elif tag == b"E":
                error = error or translated(body)
            elif tag == b"Z":
                self._engine.status = body
                self._done = True
        if error is not None:
            raise error


class Engine(Backend):
    """A session; ``status`` is what its last ReadyForQuery said."""

    def __init__(self, login: Login) -> None:
        self.heard: list[bytes] = []
        self._last: Answer | None = None
        super().__init__(login)

    def error(self, body: bytes) -> VerticaError:
        """Return what the body of an ErrorResponse says."""
        return translated(body)

    def ask(self, sql: str) -> Answer:
        """Run one statement; the next one waits until its rows were read."""
        self._send(message(b"Q", sql.encode("utf-8", "surrogateescape") + b"\0"))
        self._last = Answer(self)
        return self._last

    def texts(self, sql: str) -> list[list[str | None]]:
        """Run one statement and return its rows."""
        return self.ask(sql).texts()

    def run(self, sql: str) -> int:
        """Run one statement and return how many rows it touched."""
        answer = self.ask(sql)
        answer.drain_rows()
        return answer.count

    def copy(self, sql: str, chunks: Iterable[bytes]) -> int:
        """Run a COPY FROM STDIN; an error of ``chunks`` ends it without a row."""
        self._send(message(b"Q", sql.encode("utf-8", "surrogateescape") + b"\0"))
        self._wait_for_copy()
        try:
            for chunk in chunks:
                self.channel.send(message(b"d", chunk))
        except BaseException:
            self.channel.send(message(b"f", b"stopped\0"))
            self._drain()
            raise
        self.channel.send(message(b"c"))
        answer = Answer(self)
        return answer.count

    def describe(self, sql: str) -> tuple[list[int], list[Column], list[tuple[int, int]]]:
        """Return the types of a statement's parameters, and its columns with their places."""
        text = sql.encode("utf-8", "surrogateescape")
        self._send(message(b"P", b"\0" + text + b"\0\0\0") + message(b"D", b"S\0") + message(b"S"))
        types, columns, places = list[int](), list[Column](), list[tuple[int, int]]()
        error: VerticaError | None = None
        while True:
            tag, body = self.channel.read()
            if tag == b"t":
                types = [int.from_bytes(body[at : at + 4]) for at in range(2, len(body), 4)]
            elif tag == b"T":
                columns, places = columns_of(body), _places(body)
            elif tag == b"E":
                error = error or translated(body)
            elif tag == b"Z":
                self.status = body
                break
        if error is not None:
            raise error
        return types, columns, places

    def bind(self, sql: str, values: list[bytes | None]) -> Answer:
        """Run one statement with its parameters as text."""
        text = sql.encode("utf-8", "surrogateescape")
        given = b"".join(
            b"\xff\xff\xff\xff" if v is None else len(v).to_bytes(4) + v for v in values
        )
        bound = b"\0\0" + b"\0\0" + len(values).to_bytes(2) + given + b"\0\0"
        self._send(
            message(b"P", b"\0" + text + b"\0\0\0")
            + message(b"B", bound)
            + message(b"D", b"P\0")
            + message(b"E", b"\0\0\0\0\0")
            + message(b"S")
        )
        self._last = Answer(self)
        return self._last

    def _send(self, data: bytes) -> None:
        """Send a request, once the answer before it was read to its end."""
        last, self._last = self._last, None
        if last is not None:
            last.drain()
        self.channel.send(data)

    def save(self) -> None:
        """Mark the place that a failed statement goes back to."""
        self.run(f"SAVEPOINT {_SAVEPOINT}")

    def back(self) -> None:
        """Undo what was done since ``save``; what was done before it stays."""
        self.run(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")

    def release(self) -> None:
        """Keep what was done since ``save``."""
        self.run(f"RELEASE SAVEPOINT {_SAVEPOINT}")


def _places(body: bytes) -> list[tuple[int, int]]:
    """Return the table's oid and the column's number of each column of a RowDescription."""
    count = int.from_bytes(body[:2])
    at, found = 2, list[tuple[int, int]]()
    for _ in range(count):
        at = body.index(b"\0", at) + 1
        found.append((int.from_bytes(body[at : at + 4]), int.from_bytes(body[at + 4 : at + 6])))
        at += 18
    return found
