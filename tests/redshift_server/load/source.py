"""The objects that a COPY reads: by key prefix, or as a manifest lists them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redshift_server.errors import RedshiftError
from redshift_server.store import split_url

if TYPE_CHECKING:
    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.store import Store

__all__ = ["Source", "sources"]

_COLUMNAR = ("parquet", "orc")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One object and what the manifest said of its size."""

    url: str
    size: int


def sources(statement: CopyStatement, store: Store) -> list[Source]:
    """Return what is to be loaded, in order; nothing at all is an error."""
    if statement.flag("manifest"):
        found = _from_manifest(statement, store)
    else:
        found = [Source(url=url, size=size) for url, size in store.listed(statement.source)]
    if not found:
        prefix = split_url(statement.source)[1]
        raise RedshiftError(
            f"The specified S3 prefix '{prefix}' does not exist",
            detail=f"error: The specified S3 prefix '{prefix}' does not exist code: 8001",
        )
    return found


def _from_manifest(statement: CopyStatement, store: Store) -> list[Source]:
    entries = read_manifest(store.read(statement.source), statement.source)
    found = list[Source]()
    for entry in entries:
        url = str(entry["url"])
        size = store.size(url)
        if size is None:
            if entry.get("mandatory") is True:
                raise store.missing(url)
            continue
        if statement.format in _COLUMNAR:
            _check_length(entry, size, url)
        found.append(Source(url=url, size=size))
    return found


def read_manifest(data: bytes, url: str) -> list[dict[str, Any]]:
    """Return the entries of a manifest; a text that is none gets the manual's error."""
    try:
        entries = json.loads(data.decode("utf-8"))["entries"]
        if not all(isinstance(entry["url"], str) for entry in entries):
            raise TypeError
    except (ValueError, KeyError, TypeError) as error:
        raise RedshiftError(
            f"Invalid manifest file - {url}",
            detail="error: the manifest is not of the manual's form",
        ) from error
    for entry in entries:
        if not entry["url"].startswith("s3://"):
            raise RedshiftError(f"Invalid manifest file - {url}: '{entry['url']}' is not an S3 url")
    return list(entries)


def _check_length(entry: dict[str, Any], size: int, url: str) -> None:
    meta = entry.get("meta")
    length = meta.get("content_length") if isinstance(meta, dict) else None
    if not isinstance(length, int):
        raise RedshiftError(
            "Manifest file must contain content_length for each entry of columnar data",
            detail=f"file: {url}",
        )
    if length != size:
        said = f"content_length {length} in manifest does not match the size {size} of {url}"
        raise RedshiftError(said)
