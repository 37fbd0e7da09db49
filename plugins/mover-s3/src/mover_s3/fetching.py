"""Ranges of one object, in one version of it: each taken up again where a connection broke."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

from mover_s3.errors import Broken, code_of, s3_errors, status_of
from mover_s3.head import head_object
from records_mover.errors import NotFoundError, StoreError
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Generator

    from mover_s3.address import Address
    from mover_s3.clients import Clients

__all__ = ["Fetcher"]

BLOCK = 1 << 20
"""Bytes read at once; what opening an object waits for."""
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class Fetcher:
    """Reads ranges of an object; the first answer settles its size and the version to be read."""

    def __init__(self, clients: Clients, address: Address) -> None:
        self.address = address
        self._clients = clients
        self._client = clients.of(address.bucket)
        self._retry = clients.retry.stoppable()
        self._etag: str | None = None
        self.size: int | None = None
        self._begun: Generator[bytes, None, None] | None = None

    def begin(self, start: int, end: int) -> list[bytes]:
        """Ask for a range and return its first block, if it has one; ``rest`` returns the others.

        Whoever looks at no more than a beginning does not wait for more of it, and whoever reads
        on need not ask again.
        """

        def first() -> list[bytes]:
            begun = self._blocks(start, end)
            block = next(begun, None)
            if block is None:
                return []
            if start + len(block) < min(end, self.size or end):
                self._begun = begun
            else:
                next(begun, None)  # lets the connection be used again
            return [block]

        with s3_errors(self.address, "read"):
            return self._retry(first)

    def rest(self, start: int, end: int) -> list[bytes]:
        """Return the bytes that follow the first block of the range that was begun."""
        begun, self._begun = self._begun, None
        return self.fetch(start, end, begun)

    def fetch(
        self, start: int, end: int, begun: Generator[bytes, None, None] | None = None
    ) -> list[bytes]:
        """Return the bytes from ``start`` up to ``end``, or to the object's end, as blocks."""
        blocks: list[bytes] = []
        done = 0

        def more() -> None:
            nonlocal done, begun
            stop = end if self.size is None else min(end, self.size)
            if start + done >= stop:
                return
            source, begun = begun or self._blocks(start + done, stop), None
            for block in source:
                blocks.append(block)
                done += len(block)

        try:
            with s3_errors(self.address, "read"):
                self._retry(more, lambda: done)
        except NotFoundError as error:
            if self.size is None:
                raise
            raise StoreError(
                f"{str(self.address)!r} was deleted while it was read", "move it again"
            ) from error
        return blocks

    def forget(self) -> None:
        """Give up the range that was begun."""
        begun, self._begun = self._begun, None
        if begun is not None:
            begun.close()

    def stop(self) -> None:
        """Let no request begin, or be tried again, from now on."""
        self._retry.stop.set()
        self.forget()

    def _blocks(self, start: int, end: int) -> Generator[bytes, None, None]:
        """Yield what one request brings; ``Broken`` when it brings less than it should."""
        answer = self._answer(start, end)
        if answer is None:
            return
        with closing(answer["Body"]) as body:
            end = self._settle(answer, start, end)
            while start < end:
                block = body.read(min(BLOCK, end - start))
                if not block:
                    raise Broken(f"the server sent {many(end - start, 'byte')} less than it said")
                yield block
                start += len(block)

    def _answer(self, start: int, end: int) -> Any:
        """Ask for a range; None when the object ends before it."""
        from botocore.exceptions import ClientError

        condition = {"IfMatch": self._etag} if self._etag else {}
        try:
            return self._client.get_object(
                Bucket=self.address.bucket,
                Key=self.address.key,
                Range=f"bytes={start}-{end - 1}",
                **condition,
                **self._clients.payer,
            )
        except ClientError as error:
            if self.size is not None or (code_of(error), status_of(error)) != ("InvalidRange", 416):
                raise
        self._start_beyond(start)
        return None

    def _start_beyond(self, start: int) -> None:
        head = head_object(self._clients, self.address)
        if head.size > start:
            raise Broken("the server refused a range that the object has")
        self.size, self._etag = head.size, head.etag

    def _settle(self, answer: Any, start: int, end: int) -> int:
        """Check that the answer is what was asked for, and return where it ends."""
        if not answer.get("ETag"):
            raise Broken("the server sent something that is no object")
        if self._etag not in (None, answer["ETag"]):
            raise StoreError(
                f"{str(self.address)!r} was changed while it was read", "move it again"
            )
        first, last, size = self._extent(answer, start, end)
        if self.size not in (None, size):
            raise Broken(f"the server says {many(size, 'byte')}, and {self.size} before")
        wanted = min(end, size)
        if (first, last, answer.get("ContentLength")) != (start, wanted, wanted - start):
            raise Broken(f"the server sent other bytes than {start}-{wanted - 1}")
        self.size, self._etag = size, answer["ETag"]
        return wanted

    def _extent(self, answer: Any, start: int, end: int) -> tuple[int, int, int]:
        """Return where the answer begins and ends, and the object's size."""
        match = _RANGE.fullmatch(answer.get("ContentRange") or "")
        if match:
            return int(match[1]), int(match[2]) + 1, int(match[3])
        size = answer.get("ContentLength")
        if size is None or start or size > end:
            raise StoreError(
                f"the server of {str(self.address)!r} does not serve ranges", "download it first"
            )
        return 0, size, size
