"""Files on the server and in S3, and what is packed, unpacked as it is read."""

from __future__ import annotations

import bz2
import io
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError
from vertica_server.store import from_session, is_object_url, split_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vertica_server.grammar.copy import Source
    from vertica_server.session import Session

__all__ = ["expanded", "opened", "unpacked"]

_CHUNK = 1 << 20
_OTHERS = ("gs://", "azb://", "hdfs://", "webhdfs://", "http://", "https://")


def expanded(source: Source, session: Session, *, may_miss: bool = False) -> list[str]:
    """Return the files that a path stands for; there has to be one."""
    if is_object_url(source.path):
        bucket, _ = split_url(source.path)
        found = from_session(session, bucket).matching(source.path)
    elif source.path.lower().startswith(_OTHERS):
        raise VerticaError(
            f'Unable to read "{source.path}": no such file system here', sqlstate="58030", code=7127
        )
    else:
        found = _globbed(source.path) if set(source.path) & set("*?[") else [source.path]
    if not found and not may_miss:
        said = f"No files match when expanding glob: [{source.path}]"
        raise VerticaError(said, sqlstate="58V01", code=7226)
    return found


def _globbed(pattern: str) -> list[str]:
    path = Path(pattern)
    return sorted(str(one) for one in Path(path.anchor).glob(str(path.relative_to(path.anchor))))


def opened(path: str, session: Session) -> Iterator[bytes]:
    """Yield a file's octets as they lie there."""
    if is_object_url(path):
        bucket, _ = split_url(path)
        yield from from_session(session, bucket).chunks(path)
        return
    try:
        with Path(path).open("rb") as file:
            while piece := file.read(_CHUNK):
                yield piece
    except OSError as error:
        said = f"COPY: Unable to open file '{path}': {error.strerror}"
        raise VerticaError(said, sqlstate="58V01", code=2017) from error


def unpacked(chunks: Iterable[bytes], codec: str) -> Iterator[bytes]:
    """Yield what was packed."""
    ways = {"gzip": _gzip, "bzip": _bzip, "zstd": _zstd, "lzo": _lzo}
    if codec == "uncompressed":
        yield from chunks
        return
    try:
        yield from ways[codec](chunks)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        said = f"COPY: The {codec.upper()} data is corrupt or truncated: {error}"
        raise VerticaError(said, sqlstate="22V04", code=2035) from error


def _gzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(31)
    for chunk in chunks:
        data = chunk
        while data:
            if unpacker.eof:
                unpacker = zlib.decompressobj(31)
            yield unpacker.decompress(data)
            data = unpacker.unused_data
    if not unpacker.eof:
        raise ValueError("unexpected end of the data")


def _bzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = bz2.BZ2Decompressor()
    for chunk in chunks:
        data = chunk
        while data:
            if unpacker.eof:
                unpacker = bz2.BZ2Decompressor()
            yield unpacker.decompress(data)
            data = unpacker.unused_data
    if not unpacker.eof:
        raise ValueError("unexpected end of the data")


def _zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    import pyarrow as pa

    with pa.CompressedInputStream(io.BytesIO(b"".join(chunks)), "zstd") as stream:
        while piece := stream.read(_CHUNK):
            yield piece


def _lzo(chunks: Iterable[bytes]) -> Iterator[bytes]:
    from standins.lzop import decompress_lzop

    yield decompress_lzop(b"".join(chunks))
