"""Web addresses: taken apart, quoted, and shown without what may be secret."""

from __future__ import annotations

from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from records_mover.errors import StoreError

__all__ = ["origin_of", "plain_url", "shown", "split_url"]

_RESERVED = "!#$%&'()*+,/:;=?@[]~"
_PORTS = {"http": 80, "https": 443}


def split_url(url: str) -> SplitResult:
    """Split a URL, or raise ``StoreError`` that does not repeat it."""
    try:
        split = urlsplit(url)
        split.port  # noqa: B018 - reading it checks it
    except ValueError:
        raise StoreError("the URL cannot be understood", "write https://host/path") from None
    if not split.hostname:
        raise StoreError("the URL names no host", "write https://host/path")
    return split


def shown(url: str) -> str:
    """Return the URL without user, password and query, any of which may hold a secret."""
    split = split_url(url)
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}{split.path}"


def plain_url(url: str) -> str:
    """Return the URL as it is sent: without user and password, odd characters quoted."""
    split = split_url(url)
    path, query = (quote(part, safe=_RESERVED) for part in (split.path, split.query))
    return urlunsplit((split.scheme, split.netloc.rpartition("@")[2], path, query, ""))


def origin_of(url: str) -> str:
    """Return ``scheme://host``, with the port where it is not the scheme's own."""
    split = split_url(url)
    host = f"[{split.hostname}]" if ":" in str(split.hostname) else str(split.hostname)
    own = split.port in (None, _PORTS.get(split.scheme))
    return f"{split.scheme}://{host}{'' if own else f':{split.port}'}"
