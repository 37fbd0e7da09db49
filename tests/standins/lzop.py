"""LZOP files: the container, and LZO1X as the Linux documentation describes its stream."""

from __future__ import annotations

import struct

__all__ = ["decompress_lzo1x", "decompress_lzop"]

_MAGIC = b"\x89LZO\0\r\n\x1a\n"
_ADLER_PLAIN, _ADLER_PACKED, _CRC_PLAIN, _CRC_PACKED = 0x1, 0x2, 0x100, 0x200
_FILTER = 0x800


def decompress_lzop(data: bytes) -> bytes:
    """Return what an .lzo file holds; one written through a filter is an error."""
    if not data.startswith(_MAGIC):
        raise ValueError("not an lzop file")
    at = len(_MAGIC) + 6 + 2
    (flags,) = struct.unpack_from(">I", data, at)
    if flags & _FILTER:
        raise ValueError("lzop --filter is not supported")
    at += 4 + 12
    at += 1 + data[at] + 4
    whole = bytearray()
    while True:
        (plain,) = struct.unpack_from(">I", data, at)
        if not plain:
            return bytes(whole)
        (packed,) = struct.unpack_from(">I", data, at + 4)
        at += 8 + 4 * sum(bool(flags & flag) for flag in (_ADLER_PLAIN, _CRC_PLAIN))
        if packed < plain:
            at += 4 * sum(bool(flags & flag) for flag in (_ADLER_PACKED, _CRC_PACKED))
        block = data[at : at + packed]
        whole += block if packed == plain else decompress_lzo1x(block)
        at += packed


def decompress_lzo1x(data: bytes) -> bytes:
    """Return what one LZO1X stream holds."""
    return _Stream(data).run()


class _Stream:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._out = bytearray()
        self._state = 0

    def run(self) -> bytes:
        if self._data[0] > 17:
            self._literals(self._byte() - 17)
        while True:
            code = self._byte()
            if code < 16 and self._state == 0:
                self._literals(3 + self._length(code, 15))
                self._state = 4
                continue
            length, distance, tail = self._match(code)
            if distance == 16384:
                return bytes(self._out)
            for _ in range(length):
                self._out.append(self._out[-distance])
            self._literals(tail)

    def _match(self, code: int) -> tuple[int, int, int]:
        if code < 16:
            far = (self._byte() << 2) + (code >> 2)
            return (3, far + 2049, code & 3) if self._state == 4 else (2, far + 1, code & 3)
        if code < 64:
            return self._long_match(code)
        distance = (self._byte() << 3) + ((code >> 2) & 7) + 1
        length = 3 + ((code >> 5) & 1) if code < 128 else 5 + ((code >> 5) & 3)
        return length, distance, code & 3

    def _long_match(self, code: int) -> tuple[int, int, int]:
        far = code < 32
        length = 2 + (self._length(code & 7, 7) if far else self._length(code & 31, 31))
        word = self._byte() | self._byte() << 8
        near = word >> 2
        distance = 16384 + ((code & 8) << 11) + near if far else near + 1
        return length, distance, word & 3

    def _length(self, bits: int, full: int) -> int:
        if bits:
            return bits
        more = 0
        while not (byte := self._byte()):
            more += 255
        return full + more + byte

    def _literals(self, count: int) -> None:
        self._out += self._data[self._at : self._at + count]
        self._at += count
        self._state = min(count, 4)

    def _byte(self) -> int:
        byte = self._data[self._at]
        self._at += 1
        return byte
