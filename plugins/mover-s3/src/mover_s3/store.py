"""S3 as a store: what the core asks of it, by URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, cast

from mover_s3.access import access_to
from mover_s3.address import parse_address, parse_object
from mover_s3.clients import Clients
from mover_s3.copying import copy_object
from mover_s3.deleting import delete_keys, delete_object
from mover_s3.errors import s3_errors
from mover_s3.fetching import Fetcher
from mover_s3.head import head_object
from mover_s3.identity import user_name
from mover_s3.journal import abort_strays
from mover_s3.listing import folders, keys_below, listing
from mover_s3.reading import ObjectReader
from mover_s3.workers import Workers
from mover_s3.writing import writing
from records_mover.errors import EndpointError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from mover_s3.address import Address
    from mover_s3.settings import Settings
    from records_mover.url import Entry, StoreAccess

__all__ = ["S3Store"]


class S3Store:
    """Objects by URL. It may be used from several threads at once."""

    def __init__(self, settings: Settings) -> None:
        self._clients = Clients(settings)
        self._workers = Workers()
        self._swept: set[str] = set()

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the objects that a URL names: a folder's, one, or those that match wildcards."""
        return listing(self._clients, parse_address(url))

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Open for reading, from byte ``offset`` on, at most ``length`` bytes; it can seek."""
        fetcher = Fetcher(self._clients, parse_object(url))
        reader = ObjectReader(fetcher, self._workers, offset=offset, length=length)
        return cast(BinaryIO, reader)

    def write(self, url: str) -> AbstractContextManager[BinaryIO]:
        """Write an object; it appears, whole, when the block ends without an exception."""
        address = parse_object(url)
        self._sweep(address)
        return writing(self._clients, self._workers, address)

    def make_folder(self, url: str) -> None:
        """Check that the bucket is there: S3 has no folders to make."""
        self._clients.of(parse_address(url).bucket)

    def delete(self, url: str) -> None:
        """Delete an object."""
        address = parse_object(url)
        with s3_errors(address, "delete"):
            head_object(self._clients, address)
        delete_object(self._clients, address)

    def copy(self, source: str, target: str) -> None:
        """Copy inside S3, between buckets too."""
        address = parse_object(target)
        self._sweep(address)
        copy_object(self._clients, self._workers, parse_object(source), address)

    def size(self, url: str) -> int | None:
        """Return an object's size in bytes."""
        address = parse_object(url)
        with s3_errors(address, "find"):
            return head_object(self._clients, address).size

    def folders(self, url: str) -> Iterator[str]:
        """Yield the URLs of the folders directly below a folder."""
        address = _folder(url)
        return (str(address.with_key(prefix)) for prefix in folders(self._clients, address))

    def purge(self, url: str) -> None:
        """Delete everything below a folder; to have nothing there is no error."""
        address = _folder(url)
        if not address.key:
            raise EndpointError(f"{url!r} is a whole bucket", "name a folder in it")
        delete_keys(self._clients, address, keys_below(self._clients, address))

    def access(self, url: str) -> StoreAccess:
        """Return what a database's server needs to use an object or a folder in our name."""
        return access_to(self._clients, parse_address(url))

    def user(self, url: str) -> str | None:
        """Return the name of the IAM user whose credentials these are; None for roles."""
        return user_name(self._clients, parse_address(url))

    def _sweep(self, address: Address) -> None:
        """Abort what killed moves left in a bucket, when it is first written to."""
        if address.bucket not in self._swept:
            self._clients.of(address.bucket)
            self._swept.add(address.bucket)
            abort_strays(self._clients, address.bucket)


def _folder(url: str) -> Address:
    address = parse_address(url)
    if not address.is_folder:
        raise EndpointError(f"{url!r} names no folder", "end it in '/'")
    return address
