"""What the bytes of a file tell before any field is looked at: kind, encoding, samples."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import FormatError
from records_mover.formats.compression import compression_of_magic, decompressing
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Sample", "encoding_of", "foreign_kind", "sample_of"]

HEAD = 128 << 10
WINDOW = 64 << 10

_MARKS = (
    (codecs.BOM_UTF8, "UTF8BOM"),
    (codecs.BOM_UTF16_LE, "UTF16"),
    (codecs.BOM_UTF16_BE, "UTF16"),
)
# Files that look like tables to people and are none to us, by their first bytes.
_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook: unpack it, or save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as CSV",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database: name it as sqlite:///path::table",
    b"ARROW1": "an Arrow IPC (Feather) file: write it as Parquet",
    b"ORC": "an ORC file: write it as Parquet, or name its format where a database reads it itself",
    b"\xfd7zXZ": "compressed with xz: compress it with gzip or zstd instead",
    b"7z\xbc\xaf": "a 7-Zip archive: unpack it",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
}
_PAGES = {
    b"<!doctype html": "an HTML page: check the address, which may want a login",
    b"<html": "an HTML page: check the address, which may want a login",
    b"<?xml": "an XML document: turn it into CSV or JSON lines",
}
_CHARSETS = {"cp1252": "CP1252", "iso8859-1": "LATIN1", "latin-1": "LATIN1", "ascii": "UTF8"}


@frozen
class Sample:
    """Plain bytes of a file: its head, pieces from further in, and whether the head is all."""

    head: bytes
    further: tuple[bytes, ...]
    whole: bool
    compression: str | None


def sample_of(opener: Callable[[], BinaryIO], compression: str | None, *, known: bool) -> Sample:
    """Read the head of a file, and two more pieces where it can be sought and is not compressed.

    ``known`` says that ``compression`` was given and is not to be told from magic bytes.
    """
    stream = opener()
    try:
        if not known:
            compression = compression_of_magic(_peek(stream, 16))
            stream.close()
            stream = opener()
        stream = decompressing(stream, compression)
        head = _peek(stream, HEAD)
        whole = len(head) < HEAD
        further = () if whole or compression else _further(stream)
    finally:
        stream.close()
    return Sample(head=head, further=further, whole=whole, compression=compression)


def _peek(stream: BinaryIO, size: int) -> bytes:
    pieces, missing = [], size
    while missing and (data := stream.read(missing)):
        pieces.append(data)
        missing -= len(data)
    return b"".join(pieces)


def _further(stream: BinaryIO) -> tuple[bytes, ...]:
    if not stream.seekable():
        return ()
    end = stream.seek(0, 2)
    pieces = []
    for start in (max(HEAD, end // 2), max(HEAD, end - WINDOW)):
        stream.seek(start)
        pieces.append(_peek(stream, WINDOW))
    return tuple(piece for piece in pieces if piece)


def foreign_kind(head: bytes) -> str | None:
    """Return what a file is that is neither text nor a format of records."""
    known = next((what for magic, what in _FOREIGN.items() if head.startswith(magic)), None)
    if known is not None:
        return known
    start = head[:256].removeprefix(codecs.BOM_UTF8).lstrip().lower()
    return next((what for begin, what in _PAGES.items() if start.startswith(begin)), None)


def encoding_of(sample: Sample) -> tuple[str, float, str]:
    """Return the ``encoding`` hint, how sure it is, and why.

    Raises ``FormatError`` for bytes that are no text.
    """
    for mark, encoding in _MARKS:
        if sample.head.startswith(mark):
            return encoding, 1.0, "the file begins with a byte order mark"
    wide = _without_mark(sample.head)
    if wide is not None:
        return wide, 0.9, "every other byte is NUL"
    if b"\0" in sample.head:
        raise FormatError("is binary: it holds NUL bytes", "name its format if it is a table")
    if all(_is_utf8(piece) for piece in (sample.head, *sample.further)):
        plain = sample.head.isascii() and all(piece.isascii() for piece in sample.further)
        why = "all bytes that were read are ASCII" if plain else "the bytes are valid UTF-8"
        return "UTF8", 0.9 if plain else 0.99, why
    return _eight_bits(sample)


def _without_mark(head: bytes) -> str | None:
    piece = head[:4096]
    half = len(piece) // 2
    if half < 2:
        return None
    even, odd = piece[0::2].count(0), piece[1::2].count(0)
    if odd > 0.7 * half and even < 0.1 * half:
        return "UTF16LE"
    return "UTF16BE" if even > 0.7 * half and odd < 0.1 * half else None


def _is_utf8(piece: bytes) -> bool:
    """Tell whether bytes are UTF-8; a character may be cut at either end."""
    while piece and piece[0] & 0xC0 == 0x80 and len(piece) > 3:
        piece = piece[1:]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(piece)
    except UnicodeDecodeError:
        return False
    return True


def _eight_bits(sample: Sample) -> tuple[str, float, str]:
    """Tell encodings of one byte a character apart, by how well their text reads."""
    pieces = b"".join((sample.head, *sample.further))
    lines = [line for line in pieces.splitlines() if not line.isascii()]
    why = "the bytes are not UTF-8; told by how the text reads"
    if _western(b"\n".join(lines)):
        # On a few letters statistics guess at random; CP1252 holds LATIN1's printable part.
        return "CP1252", 0.7, why
    from charset_normalizer import from_bytes

    best = from_bytes(b"\n".join(lines)[:16384]).best()
    name = "cp1252" if best is None else codecs.lookup(best.encoding).name
    return _CHARSETS.get(name, name), 0.6, why


def _western(data: bytes) -> bool:
    """Tell whether the bytes past ASCII read as letters of Western Europe, which stand alone."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    high = [letter for letter in text if letter > "\x7f"]
    usual = sum(letter in _USUAL for letter in high)
    in_runs = sum(len(run) for run in _RUN.findall(text))
    return usual >= 0.9 * len(high) and in_runs <= 0.4 * len(high)


_RUN = re.compile(r"[^\x00-\xbf]{2,}")
_USUAL = frozenset(
    "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßÀÁÂÄÅÆÇÈÉÊËÍÎÏÑÓÔÖØÚÜœŒ€£°«»\u2019\u2018“”\u2013—…·ªº§©®¿¡\xa0"
)
