"""Copying inside S3: one request for a small object, ranges at the same time for a large one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mover_s3.errors import s3_errors, with_all
from mover_s3.head import head_object
from mover_s3.multipart import Multipart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mover_s3.address import Address
    from mover_s3.clients import Clients
    from mover_s3.head import Head
    from mover_s3.workers import Workers

__all__ = ["copy_object"]

LARGEST = 512 << 20
"""Bytes copied by one request. S3 allows 5 GiB, which would outlast any sensible timeout."""
RANGE = 128 << 20
_MOST_RANGES = 9_000
_CARRIED = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Metadata",
)


def copy_object(clients: Clients, workers: Workers, source: Address, target: Address) -> None:
    """Copy the version that the source has now; a change in the meantime is an error."""
    if (source.bucket, source.key) == (target.bucket, target.key):
        return
    with s3_errors(source, "copy"):
        head = head_object(clients, source)
    origin: dict[str, Any] = {"CopySource": {"Bucket": source.bucket, "Key": source.key}}
    if head.etag:
        origin["CopySourceIfMatch"] = head.etag
    if head.size > LARGEST:
        _copy_ranges(clients, workers, target, head, origin)
        return
    client = clients.of(target.bucket)
    with s3_errors(target, "copy to"):
        clients.retry(
            lambda: with_all(
                client.copy_object(
                    Bucket=target.bucket,
                    Key=target.key,
                    **origin,
                    **clients.encryption,
                    **clients.payer,
                ),
                "CopyObjectResult",
            )
        )


def _copy_ranges(
    clients: Clients, workers: Workers, target: Address, head: Head, origin: Mapping[str, Any]
) -> None:
    client = clients.of(target.bucket)
    carried = {name: head.answer[name] for name in _CARRIED if head.answer.get(name)}
    upload = Multipart(clients, workers, target, **carried)

    def copier(start: int, end: int) -> Any:
        def copy(where: Mapping[str, Any]) -> Mapping[str, Any]:
            extent = f"bytes={start}-{end - 1}"
            answer = client.upload_part_copy(**where, **origin, CopySourceRange=extent)
            made = with_all(with_all(answer, "CopyPartResult")["CopyPartResult"], "ETag")
            return {name: made[name] for name in ("ETag", "ChecksumCRC32") if made.get(name)}

        return copy

    step = max(RANGE, -(-head.size // _MOST_RANGES))
    try:
        for start in range(0, head.size, step):
            upload.send(0, copier(start, min(start + step, head.size)))
        upload.complete(head.size)
    except BaseException:
        upload.abort()
        raise
