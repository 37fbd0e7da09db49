"""An object as a file to write: parts sent while it grows, and visible only when it is whole."""

from __future__ import annotations

import base64
import io
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from mover_s3.errors import s3_errors, with_all
from mover_s3.multipart import Multipart
from mover_s3.workers import PART

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mover_s3.address import Address
    from mover_s3.clients import Clients
    from mover_s3.workers import Workers

__all__ = ["part_size", "writing"]

GROWTH = 1000
"""Parts after which their size doubles: 10,000 parts of 8 MiB would end at 80 GB."""
LARGEST = 512 << 20
_LARGE = 64 << 10


def part_size(number: int) -> int:
    """Return how many bytes the part of this number, from 1 on, is to have."""
    doublings: int = (number - 1) // GROWTH
    return min(PART << doublings, LARGEST)


@contextmanager
def writing(clients: Clients, workers: Workers, address: Address) -> Iterator[BinaryIO]:
    """Write an object; it appears when the block ends well, and not at all otherwise."""
    writer = ObjectWriter(clients, workers, address)
    try:
        yield cast(BinaryIO, writer)
        writer.finish()
    except BaseException:
        writer.abort()
        raise


class ObjectWriter(io.RawIOBase):
    """Gathers parts. ``close`` does nothing of note: the object is made by ``finish``."""

    def __init__(self, clients: Clients, workers: Workers, address: Address) -> None:
        self._clients = clients
        self._workers = workers
        self._address = address
        self._client = clients.of(address.bucket)
        self._sums = clients.sums(address.bucket)
        self._blocks: list[bytes] = []
        self._tail = bytearray()
        self._gathered = 0
        self._size = 0
        self._parts = 0
        self._upload: Multipart | None = None

    def writable(self) -> bool:
        """Say that this can be written to."""
        return True

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._size

    def write(self, data: Any, /) -> int:
        """Take bytes, sending full parts on their way."""
        if self.closed:
            raise ValueError("I/O operation on closed file")
        view = memoryview(data).cast("B")
        written = 0
        while written < len(view):
            room = part_size(self._parts + 1) - self._gathered
            piece = view[written : written + room]
            self._gather(data if isinstance(data, bytes) and len(piece) == len(data) else piece)
            written += len(piece)
            if len(piece) == room:
                self._send()
        self._size += written
        return written

    def _gather(self, piece: Any) -> None:
        """Keep a large block as it is, if nobody can change it; copy all others together."""
        self._gathered += len(piece)
        if not isinstance(piece, bytes) or len(piece) < _LARGE:
            self._tail += piece
            return
        if self._tail:
            self._blocks.append(bytes(self._tail))
            self._tail.clear()
        self._blocks.append(piece)

    def _gathered_bytes(self) -> bytes:
        body = b"".join([*self._blocks, self._tail])
        self._blocks.clear()
        self._tail.clear()
        self._gathered = 0
        return body

    def finish(self) -> None:
        """Make the object appear."""
        if self._upload is None:
            self._put()
            return
        if self._gathered:
            self._send()
        self._upload.complete(self._size)
        self._upload = None

    def abort(self) -> None:
        """Leave nothing behind; never raises."""
        self._blocks.clear()
        self._tail.clear()
        if self._upload is not None:
            self._upload.abort()
            self._upload = None

    def _put(self) -> None:
        body = self._gathered_bytes()
        with s3_errors(self._address, "write"):
            self._clients.retry(
                lambda: with_all(
                    self._client.put_object(
                        Bucket=self._address.bucket,
                        Key=self._address.key,
                        Body=body,
                        **self._sum(body),
                        **self._clients.encryption,
                        **self._clients.payer,
                    ),
                    "ETag",
                )
            )

    def _send(self) -> None:
        if self._upload is None:
            algorithm = {"ChecksumAlgorithm": "CRC32"} if self._sums else {}
            self._upload = Multipart(self._clients, self._workers, self._address, **algorithm)
        body = self._gathered_bytes()
        self._parts += 1

        def upload(where: Mapping[str, Any]) -> Mapping[str, Any]:
            checksum = self._sum(body)
            answer = with_all(self._client.upload_part(**where, Body=body, **checksum), "ETag")
            return {"ETag": answer["ETag"], **checksum}

        self._upload.send(len(body), upload)

    def _sum(self, body: bytes) -> Mapping[str, str]:
        """Return the checksum that S3 is to compare with.

        Given in a header it needs no chunked body with a trailer, which many servers of this kind
        do not understand.
        """
        if not self._sums:
            return {}
        return {"ChecksumCRC32": base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()}
