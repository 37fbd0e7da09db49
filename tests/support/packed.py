"""Bytes as compressing programs write them, lzop among them, which nothing here can write."""

from __future__ import annotations

import io
import struct
import zlib

from records_mover.formats.compression import compressing

__all__ = ["packed"]


def packed(kind: str | None, data: bytes) -> bytes:
    """Return data compressed in a way that hints know."""
    if kind == "LZO":
        return _lzop(data)
    sink = io.BytesIO()
    with compressing(sink, kind) as plain:
        plain.write(data)
    return sink.getvalue()


def _lzop(data: bytes) -> bytes:
    """Return a file as lzop writes it of what does not get smaller."""
    head = bytes.fromhex("1030 2080 0940 03 05 00000001 000081a4 00000000 00000000 00")
    sizes = struct.pack(">III", len(data), len(data), zlib.adler32(data))
    start = b"\x89LZO\0\r\n\x1a\n" + head + struct.pack(">I", zlib.adler32(head))
    return start + sizes + data + bytes(4)
