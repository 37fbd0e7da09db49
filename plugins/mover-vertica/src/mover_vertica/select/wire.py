"""A SELECT's rows as the messages that they came in, many at a time.

The driver makes a Python object of every row and of every value, which is most of what reading
costs. It sends the statement here and hears what the server says before the rows and after them;
the rows in between are taken off its own buffered reader, in large blocks, unparsed.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Block", "Rows", "ask"]

_BUFFER = 1 << 20
_BLOCK = 4 << 20
_HEADER = 5
_DATA = ord("D")
_header = Struct(">BI").unpack_from
_length = Struct(">I").unpack


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Whole messages, a row each, and where each of them begins."""

    data: bytes
    starts: Sequence[int]


class Rows:
    """The answer to a SELECT; ``columns`` are the driver's descriptions of its columns.

    ``whole`` tells whether the server said that this was all. Until then the connection is in the
    middle of its answer, and can only be closed.
    """

    def __init__(self, connection: Any, sql: str, columns: Sequence[Any]) -> None:
        self._connection = connection
        self._sql = sql
        self.columns = tuple(columns)
        self.whole = False

    def blocks(self) -> Iterator[Block]:
        """Yield the rows, some megabytes at a time; raises what the driver would have raised."""
        pieces, starts, size = list[bytes](), list[int](), 0
        while True:
            piece = self._more(starts, size)
            if piece is None:
                break
            pieces.append(piece)
            size += len(piece)
            if size >= _BLOCK:
                yield Block(data=b"".join(pieces), starts=starts)
                pieces, starts, size = [], [], 0
        if pieces:
            yield Block(data=b"".join(pieces), starts=starts)

    def _more(self, starts: list[int], size: int) -> bytes | None:
        """Return the rows that are there, or wait for one; None at the end of the answer."""
        from vertica_python import errors

        try:
            return self._rows(starts, size)
        except OSError as error:
            self._connection.close_socket()
            raise errors.ConnectionError(str(error)) from error

    def _rows(self, starts: list[int], size: int) -> bytes | None:
        from vertica_python import errors

        reader = self._connection.socket_as_file
        here = reader.peek()
        if not here:
            self._connection.close_socket()
            raise errors.ConnectionError("Connection closed by Vertica")
        end = _walk(here, starts, size)
        if end:
            whole: bytes = reader.read(end)
            return whole
        starts.append(size)
        row = self._long_row() if here[0] == _DATA else self._other()
        if row is None:
            starts.pop()
        return row

    def _long_row(self) -> bytes:
        """Read the row that has begun, of which only a part has come."""
        head = self._connection.read_bytes(_HEADER)
        rest = self._connection.read_bytes(_length(head[1:])[0] - 4)
        return bytes(head + rest)

    def _other(self) -> bytes | None:
        """Let the driver hear what is no row; it may hear a row behind a notice."""
        from vertica_python.vertica import messages

        while True:
            message = self._connection.read_message()
            if isinstance(message, messages.DataRow):
                return _framed(message.values)
            if isinstance(message, messages.ReadyForQuery):
                self.whole = True
                return None
            _raise_for(self._connection, message, self._sql)


def ask(connection: Any, sql: str) -> Rows:
    """Send a SELECT and return its answer, of which no row was read yet."""
    from vertica_python import errors
    from vertica_python.vertica import messages

    connection.cursor().flush_to_query_ready()
    _widen(connection)
    connection.write(messages.Query(sql))
    message = connection.read_message()
    _raise_for(connection, message, sql)
    if not isinstance(message, messages.RowDescription):
        connection.close_socket()
        raise errors.MessageError(f"Unexpected message: {message}")
    return Rows(connection, sql, message.get_description())


def _raise_for(connection: Any, message: Any, sql: str) -> None:
    """Raise an error that the server said, once it is ready for the next statement."""
    from vertica_python import errors
    from vertica_python.vertica import messages

    if not isinstance(message, messages.ErrorResponse):
        return
    while not isinstance(connection.read_message(), messages.ReadyForQuery):
        pass
    raise errors.QueryError.from_error_response(message, sql)


def _walk(data: bytes, starts: list[int], base: int) -> int:
    """Note where each whole row begins, up to what is none, and return where they end."""
    at, size = 0, len(data)
    last = size - _HEADER
    note = starts.append
    while at <= last:  # once a row: every word here counts
        kind, length = _header(data, at)
        end = at + 1 + length
        if kind != _DATA or end > size:
            break
        note(base + at)
        at = end
    return at


def _framed(values: Sequence[bytes | None]) -> bytes:
    """Return the message that the driver took apart."""
    cells = (
        b"\xff\xff\xff\xff" if value is None else len(value).to_bytes(4, "big") + value
        for value in values
    )
    body = len(values).to_bytes(2, "big") + b"".join(cells)
    return b"D" + (len(body) + 4).to_bytes(4, "big") + body


def _widen(connection: Any) -> None:
    """Let the driver's reader take as much as there is at a time: its own takes 8 KiB."""
    reader = connection.socket_as_file
    if not isinstance(reader, _Wide):
        connection.socket_as_file = _Wide(_Inner(reader), _BUFFER)


class _Wide(io.BufferedReader):
    """The reader with the large buffer."""


class _Inner(io.RawIOBase):
    """The reader that was there, which may have read ahead already."""

    def __init__(self, reader: io.BufferedReader) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        return self._reader.readinto1(buffer)

    def close(self) -> None:
        self._reader.close()
        super().close()
