"""One multipart upload: parts sent by several threads, completed once or aborted for good."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from mover_s3.errors import code_of, s3_errors, with_all
from mover_s3.head import head_object
from mover_s3.journal import note_upload
from mover_s3.uploads import abort_upload, uploads_of
from records_mover.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from mover_s3.address import Address
    from mover_s3.clients import Clients
    from mover_s3.workers import Workers

__all__ = ["MOST_PARTS", "Multipart"]

logger = logging.getLogger(__name__)

MOST_PARTS = 10_000
_CLOCK_SLACK = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    number: int
    future: Future[Mapping[str, Any]]
    reserved: int


class Multipart:
    """Begun when made. End it by ``complete`` or ``abort``; nothing is visible before the end."""

    def __init__(
        self, clients: Clients, workers: Workers, address: Address, **wanted: object
    ) -> None:
        self._clients = clients
        self._workers = workers
        self._address = address
        self._client = clients.of(address.bucket)
        self._retry = clients.retry.stoppable()
        self._sending: list[_Sending] = []
        self._sent: list[Mapping[str, Any]] = []
        self._stack = ExitStack()
        self._note = self._stack.enter_context(note_upload(clients.endpoint, address))
        self._where: dict[str, Any] = {"Bucket": address.bucket, "Key": address.key}
        try:
            self._begin({**wanted, **clients.encryption, **clients.payer})
        except BaseException:
            self._stack.close()
            raise

    def _begin(self, wanted: Mapping[str, object]) -> None:
        """Begin the upload; one whose name we never heard, for its answer was lost, is aborted."""
        tries, started = 0, time.monotonic()

        def create() -> Any:
            nonlocal tries
            tries += 1
            answer = self._client.create_multipart_upload(**self._where, **wanted)
            return with_all(answer, "UploadId")

        with s3_errors(self._address, "write"):
            answer = self._retry(create)
        where = dict(self._where)
        self._where["UploadId"] = answer["UploadId"]
        self._began = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        self._note.facts["upload_id"] = answer["UploadId"]
        self._note.write()
        if tries > 1 and self._began:
            since = parsedate_to_datetime(self._began) - timedelta(
                seconds=time.monotonic() - started + _CLOCK_SLACK
            )
            found = set(uploads_of(self._clients, self._client, where, since))
            found.discard(answer["UploadId"])
            for unheard in found if len(found) < tries else ():
                abort_upload(self._clients, self._client, {**where, "UploadId": unheard})

    def send(self, size: int, call: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        """Have a thread make a part of ``size`` bytes of memory, waiting for memory to be free.

        ``call`` is given where the part belongs and returns what completing needs to know of it.
        """
        number = len(self._sent) + len(self._sending) + 1
        if number > MOST_PARTS:
            raise StoreError(f"{str(self._address)!r} is too large for S3", "write several files")
        while self._sending and not self._workers.behind.reserve(size):
            self._wait_for_first()
        reserved = size if self._sending else 0
        where = {**self._where, "PartNumber": number, **self._clients.payer}
        future = self._workers.submit(lambda: self._retry(lambda: call(where)))
        self._sending.append(_Sending(number=number, future=future, reserved=reserved))

    def complete(self, size: int) -> None:
        """Make the object of ``size`` bytes appear."""
        while self._sending:
            self._wait_for_first()
        tries = 0

        def complete() -> None:
            nonlocal tries
            tries += 1
            answer = self._client.complete_multipart_upload(
                **self._where, MultipartUpload={"Parts": self._sent}, **self._clients.payer
            )
            with_all(answer, "ETag")

        from botocore.exceptions import ClientError

        with s3_errors(self._address, "write"):
            try:
                self._retry(complete)
            except ClientError as error:
                lost = tries > 1 and code_of(error) in ("NoSuchUpload", "404")
                if not lost or not self._is_there(size):
                    raise
        self._note.done()
        self._stack.close()

    def abort(self) -> None:
        """Stop sending and have S3 forget the parts; never raises."""
        self._retry.stop.set()
        for sending in self._sending:
            sending.future.cancel()
        for sending in self._sending:
            if not sending.future.cancelled():
                sending.future.exception()
            self._workers.behind.release(sending.reserved)
        self._sending.clear()
        if abort_upload(self._clients, self._client, self._where):
            self._note.done()
        else:
            logger.warning(
                "could not abort the upload %s of %s; the next move to this bucket tries again",
                self._where["UploadId"],
                self._address,
            )
        self._stack.close()

    def _wait_for_first(self) -> None:
        sending = self._sending.pop(0)
        try:
            with s3_errors(self._address, "write"):
                made = sending.future.result()
        finally:
            self._workers.behind.release(sending.reserved)
        self._sent.append({"PartNumber": sending.number, **made})

    def _is_there(self, size: int) -> bool:
        """Whether the object is the one we completed, when the answer to that was lost."""
        head = head_object(self._clients, self._address)
        ours = str(head.etag).strip('"').endswith(f"-{len(self._sent)}") and head.size == size
        if not ours or not self._began:
            return ours
        return bool(head.answer["LastModified"] >= parsedate_to_datetime(self._began))
