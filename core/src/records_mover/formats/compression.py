"""Compressed files: told by name or magic bytes, read and written as streams."""

from __future__ import annotations

import bz2
import io
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol

from records_mover.errors import FormatError
from records_mover.formats.deflating import Gzip
from records_mover.streams import BufferedPacker, Packer, Reader

if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "COMPRESSIONS",
    "compressing",
    "compression_of_magic",
    "compression_of_name",
    "decompressing",
    "suffix_of",
    "without_suffix",
]

COMPRESSIONS = ("GZIP", "BZIP", "LZO", "ZSTD", "LZ4")

_SUFFIXES = {
    ".gz": "GZIP",
    ".gzip": "GZIP",
    ".bz2": "BZIP",
    ".lzo": "LZO",
    ".zst": "ZSTD",
    ".zstd": "ZSTD",
    ".lz4": "LZ4",
}
_SUFFIX_OF = {"GZIP": ".gz", "BZIP": ".bz2", "LZO": ".lzo", "ZSTD": ".zst", "LZ4": ".lz4"}
_MAGIC = {
    b"\x1f\x8b": "GZIP",
    b"BZh": "BZIP",
    b"\x28\xb5\x2f\xfd": "ZSTD",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x89LZO\x00\r\n\x1a\n": "LZO",
}
_ARROW_NAMES = {"ZSTD": "zstd", "LZ4": "lz4"}
_BLOCK = 1 << 20


def compression_of_name(name: str) -> str | None:
    """Return the compression that the name of a file tells, whatever its case."""
    lower = name.lower()
    return next((kind for suffix, kind in _SUFFIXES.items() if lower.endswith(suffix)), None)


def without_suffix(name: str) -> str:
    """Return the name without the suffix of its compression."""
    lower = name.lower()
    found = next((suffix for suffix in _SUFFIXES if lower.endswith(suffix)), "")
    return name[: len(name) - len(found)]


def suffix_of(compression: str | None) -> str:
    """Return the suffix of files so compressed."""
    return "" if compression is None else _SUFFIX_OF[compression]


def compression_of_magic(head: bytes) -> str | None:
    """Return the compression that the first bytes of a file tell."""
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def decompressing(raw: BinaryIO, compression: str | None) -> BinaryIO:
    """Return a stream of the plain bytes; closing it closes ``raw``.

    Files of several members are read to their end; one that stops in the middle is an error.
    """
    if compression is None:
        return raw
    _refuse(compression)
    if compression in _ARROW_NAMES:
        return _buffered(_ArrowReader(raw, compression))
    return _buffered(_MemberReader(raw, compression))


def compressing(sink: BinaryIO, compression: str | None) -> BinaryIO:
    """Return a stream to write plain bytes to; closing it ends the frame, not ``sink``."""
    if compression is None:
        return _buffered_writer(_Writer(sink, _Plain()))
    _refuse(compression)
    if compression in _ARROW_NAMES:
        return _buffered_writer(_ArrowWriter(sink, _ARROW_NAMES[compression]))
    if compression == "GZIP":
        return _buffered_writer(Gzip(sink))
    # 9 is the size of bzip2's blocks, not an effort.
    return _buffered_writer(_Writer(sink, bz2.BZ2Compressor(9)))


def _refuse(compression: str) -> None:
    if compression not in _SUFFIX_OF:
        what = f"the compression '{compression}' is unknown"
        raise FormatError(what, "use one of: GZIP, BZIP, ZSTD, LZ4, or none")
    if compression == "LZO":
        what = "LZO files cannot be read or written"
        advice = "compress the file again with gzip, bzip2, zstd or lz4"
        raise FormatError(what, f"{advice}, or where a server reads it, give columns with --schema")


def _buffered(raw: io.RawIOBase) -> BinaryIO:
    return io.BufferedReader(raw, _BLOCK)


def _buffered_writer(raw: io.RawIOBase) -> BinaryIO:
    return BufferedPacker(raw, _BLOCK)


class _Decoder(Protocol):
    """What zlib's, bz2's and our own decoders have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...


def _damaged(compression: str, err: Exception) -> FormatError:
    return FormatError(f"damaged {compression} data: {err}", "get the file again from its origin")


def _truncated(compression: str) -> FormatError:
    what = f"the {compression} data stops before its end"
    return FormatError(what, "the file is cut off: get it again from its origin")


class _MemberReader(Reader):
    """Reads gzip and bzip2 files of any number of members."""

    def __init__(self, raw: BinaryIO, compression: str) -> None:
        super().__init__(raw)
        self._raw = raw
        self._compression = compression
        self._decoder: Any = None
        self._pending = b""
        self._seen = False

    def fill(self, view: memoryview) -> int:
        plain = b""
        while not plain:
            if not self._more():
                return 0
            plain = self._decode(len(view))
        view[: len(plain)] = plain
        return len(plain)

    def _more(self) -> bool:
        """Make sure that there is a decoder with input; False at the end of the file."""
        if self._decoder is not None and self._decoder.eof:
            # Zero bytes after the last member are the padding of tapes and some tools.
            self._pending = self._rest(self._decoder.unused_data)
            self._decoder = None
        if self._decoder is None:
            self._pending = self._pending or self._raw.read(_BLOCK)
            if self._seen:
                self._pending = self._without_padding(self._pending)
            if not self._pending:
                return False
            self._decoder, self._seen = self._new_decoder(), True
        return True

    def _rest(self, unused: bytes) -> bytes:
        return unused or self._pending

    def _without_padding(self, pending: bytes) -> bytes:
        while pending and not (pending := pending.lstrip(b"\0")):
            pending = self._raw.read(_BLOCK)
        return pending

    def _new_decoder(self) -> Any:
        gzip = self._compression == "GZIP"
        return zlib.decompressobj(31) if gzip else bz2.BZ2Decompressor()

    def _decode(self, size: int) -> bytes:
        gzip = self._compression == "GZIP"
        data = self._input()
        try:
            plain = self._decoder.decompress(data, size)
        except (zlib.error, OSError, EOFError) as err:
            raise _damaged(self._compression, err) from err
        self._pending = self._decoder.unconsumed_tail if gzip else b""
        return bytes(plain)

    def _input(self) -> bytes:
        if self._pending:
            return self._pending
        if self._compression == "BZIP" and not self._decoder.needs_input:
            return b""
        data = self._raw.read(_BLOCK)
        if not data:
            raise _truncated(self._compression)
        return data


class _ArrowReader(Reader):
    """Reads zstd and lz4 frames through Arrow's codecs."""

    def __init__(self, raw: BinaryIO, compression: str) -> None:
        import pyarrow as pa

        super().__init__(raw)
        self._compression = compression
        self._stream = pa.CompressedInputStream(
            pa.PythonFile(_NoClose(raw), mode="r"), _ARROW_NAMES[compression]
        )

    def fill(self, view: memoryview) -> int:
        try:
            return int(self._stream.readinto(view))
        except OSError as err:
            if "Truncated" in str(err):
                raise _truncated(self._compression) from err
            raise _damaged(self._compression, err) from err

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _NoClose:
    """Lends a stream to Arrow, which would close it; one to read may have no way to write."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        for name in ("read", "write", "flush"):
            if hasattr(stream, name):
                setattr(self, name, getattr(stream, name))

    def close(self) -> None:
        """Leave the stream open: its owner closes it."""

    def take_back(self) -> None:
        """Let what is written from now on go nowhere."""
        self.write = len


class _Encoder(Protocol):
    def compress(self, data: Any, /) -> bytes: ...
    def flush(self) -> bytes: ...


class _Plain:
    def compress(self, data: Any, /) -> Any:
        return data

    def flush(self) -> bytes:
        return b""


class _Writer(Packer):
    """Compresses what is written and ends the frame when closed."""

    def __init__(self, sink: BinaryIO, encoder: _Encoder) -> None:
        self._sink = sink
        self._encoder = encoder

    def write(self, data: Any) -> int:
        self._sink.write(self._encoder.compress(data))
        return memoryview(data).nbytes

    def close(self) -> None:
        if not self.closed:
            rest = self._encoder.flush()
            if rest:
                self._sink.write(rest)
        super().close()


class _ArrowWriter(Packer):
    """Writes zstd and lz4 frames through Arrow's codecs."""

    def __init__(self, sink: BinaryIO, codec: str) -> None:
        import pyarrow as pa

        self._lent = _NoClose(sink)
        self._stream = pa.CompressedOutputStream(pa.PythonFile(self._lent, mode="w"), codec)

    def write(self, data: Any) -> int:
        self._stream.write(data)
        return memoryview(data).nbytes

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()

    def __del__(self) -> None:
        self._lent.take_back()  # Arrow ends the frame on its own
