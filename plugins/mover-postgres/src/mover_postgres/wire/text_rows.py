"""The rows of a COPY in text or CSV: their messages' heads are taken out in bulk."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from mover_postgres.wire.frames import END_OF_ANSWER
from mover_postgres.wire.lanes import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from mover_postgres.wire.packing import Bulk

__all__ = ["TextInbox"]

_PIECE = 1 << 20
_FEW = 1 << 18
"""Bytes up to which rows are taken one by one, so that numpy is not loaded for a small table."""
_HEADER = 5
_DATA = ord("d")
_header = Struct(">BI").unpack_from


class TextInbox:
    """What has come of answers to COPYs of text and is not taken yet."""

    def __init__(self, heard: Callable[[int, bytes], bool]) -> None:
        self._heard = heard
        self._data = bytearray(_PIECE)
        self._bulk: Bulk | None = None
        self._seen = 0
        self.size = 0

    def room(self) -> memoryview:
        """Return where to put what comes next."""
        return memoryview(self._data)[self.size :]

    def came(self, count: int) -> bool:
        """Note how much came; say whether to look at it: there is much, or an answer has ended."""
        self.size += count
        tail = self._data[max(self.size - len(END_OF_ANSWER) - 1, 0) : self.size]
        return self.size == len(self._data) or tail.startswith(END_OF_ANSWER)

    def found(self) -> list[Text | None]:
        """Return the rows that are here as a whole, and None where an answer ends."""
        few = self._seen < _FEW and self.size < _FEW
        found, position = self._one_by_one() if few else self._in_bulk()
        self._seen += position
        rest = self._data[position : self.size]
        if 2 * len(rest) > len(self._data):
            self._data = bytearray(2 * len(self._data))
        self._data[: len(rest)] = rest
        self.size = len(rest)
        return found

    def _one_by_one(self) -> tuple[list[Text | None], int]:
        found: list[Text | None] = []
        rows: list[bytes] = []
        data, position = bytes(memoryview(self._data)[: self.size]), 0
        while len(data) - position >= _HEADER:
            kind, length = _header(data, position)
            end = position + 1 + length
            if end > len(data):
                break
            body = data[position + _HEADER : end]
            position = end
            if kind == _DATA:
                rows.append(body)
            elif self._heard(kind, body):
                found += [Text(data=b"".join(rows), count=len(rows)), None]
                rows = []
        return [*found, Text(data=b"".join(rows), count=len(rows))], position

    def _in_bulk(self) -> tuple[list[Text | None], int]:
        from mover_postgres.wire.packing import Bulk

        self._bulk = self._bulk or Bulk(self._heard)
        return self._bulk.found(self._data, self.size)
