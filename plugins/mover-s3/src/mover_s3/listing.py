"""What is in a bucket: folders, wildcards, and everything below a prefix, page by page."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from mover_s3.errors import s3_errors, with_all
from mover_s3.head import head_object
from records_mover.errors import NotFoundError
from records_mover.url import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_s3.address import Address
    from mover_s3.clients import Clients

__all__ = ["folders", "keys_below", "listing"]

_MAGIC = "*?["


def listing(clients: Clients, address: Address) -> Iterator[Entry]:
    """Yield the objects that a folder, a name or wildcards stand for, in the order of their keys.

    A key may hold a wildcard's character: an object of exactly that name goes first.
    """
    if address.is_folder:
        yield from _folder(clients, address)
        return
    try:
        with s3_errors(address, "find"):
            yield Entry(url=str(address), size=head_object(clients, address).size)
    except NotFoundError:
        if not any(mark in address.key for mark in _MAGIC):
            raise
        yield from _matching(clients, address)


def keys_below(clients: Clients, address: Address) -> Iterator[str]:
    """Yield every key that begins with the address's, folder markers and all."""
    for page in _pages(clients, address, delimiter=""):
        yield from (item["Key"] for item in page.get("Contents", ()))


def folders(clients: Clients, address: Address) -> Iterator[str]:
    """Yield the prefixes directly below a folder."""
    for page in _pages(clients, address, delimiter="/"):
        yield from (item["Prefix"] for item in page.get("CommonPrefixes", ()))


def _folder(clients: Clients, address: Address) -> Iterator[Entry]:
    seen = False
    for page in _pages(clients, address, delimiter="/"):
        seen = seen or bool(page.get("Contents") or page.get("CommonPrefixes"))
        yield from _entries(address, page)
    if not seen and address.key:
        raise NotFoundError(f"there is no folder {str(address)!r}", "check bucket and prefix")


def _matching(clients: Clients, address: Address) -> Iterator[Entry]:
    fixed = min(address.key.index(mark) for mark in _MAGIC if mark in address.key)
    delimiter = "" if "/" in address.key[fixed:] else "/"
    found = False
    for page in _pages(clients, address.with_key(address.key[:fixed]), delimiter=delimiter):
        for entry in _entries(address, page, address.key):
            found = True
            yield entry
    if not found:
        raise NotFoundError(f"no object matches {str(address)!r}", "check the pattern")


def _entries(address: Address, page: Any, pattern: str | None = None) -> Iterator[Entry]:
    """Yield a page's objects but not the markers by which some tools stand for a folder."""
    for item in page.get("Contents", ()):
        key, size = item["Key"], item["Size"]
        marker = key.endswith("/") or (key.endswith("_$folder$") and not size)
        if not marker and (pattern is None or _matches(key, pattern)):
            yield Entry(url=str(address.with_key(key)), size=size)


def _matches(key: str, pattern: str) -> bool:
    """Whether a key fits; as in a shell, no wildcard stands for a ``/``."""
    names, patterns = key.split("/"), pattern.split("/")
    return len(names) == len(patterns) and all(map(fnmatchcase, names, patterns))


def _pages(clients: Clients, address: Address, *, delimiter: str) -> Iterator[Any]:
    client = clients.of(address.bucket)
    asked: dict[str, Any] = {"Bucket": address.bucket, "Prefix": address.key, **clients.payer}
    if delimiter:
        asked["Delimiter"] = delimiter
    while True:
        with s3_errors(address, "list"):
            page = clients.retry(lambda: with_all(client.list_objects_v2(**asked), "IsTruncated"))
        yield page
        if not page.get("IsTruncated"):
            return
        asked["ContinuationToken"] = page["NextContinuationToken"]
