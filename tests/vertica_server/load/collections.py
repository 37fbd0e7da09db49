"""ARRAY and SET in delimited text: ``[1,2,null]``, with the COLLECTION options' characters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vertica_server.load.record import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["collection_of"]

_QUOTED = re.compile(rb'[\\"]')


def collection_of(
    element: Callable[[bytes], bytes], said: dict[str, str], where: str
) -> Callable[[bytes], bytes]:
    """Return what turns a collection's text into an array of the PostgreSQL behind."""
    first, last = (said.get("open") or "[").encode(), (said.get("close") or "]").encode()
    delimiter = (said.get("delimiter") or ",").encode()
    quote, null = (said.get("enclose") or '"').encode(), (said.get("null") or "null").encode()
    item = re.compile(
        rb"\s*(?:%(q)s((?:[^\\%(q)s]|\\.)*)%(q)s|([^%(d)s%(q)s]*))\s*(%(d)s|$)"
        % {b"q": re.escape(quote), b"d": re.escape(delimiter)},
        re.DOTALL,
    )

    def convert(value: bytes) -> bytes:
        word = value.strip()
        if not (word.startswith(first) and word.endswith(last)):
            shown = value.decode("utf-8", "surrogateescape")
            raise Problem(f"Invalid array format '{shown}' {where}")
        inside = word[len(first) : len(word) - len(last)]
        words = list(_items(inside, item, null))
        shown_words = [b"NULL" if one is None else _written(element(one)) for one in words]
        return b"{" + b",".join(shown_words) + b"}"

    return convert


def _items(inside: bytes, item: re.Pattern[bytes], null: bytes) -> list[bytes | None]:
    found, at = list[bytes | None](), 0
    while inside.strip() and at <= len(inside):
        match = item.match(inside, at)
        if match is None:
            raise Problem("Invalid collection: an element is not closed")
        quoted, bare, end = match.groups()
        if quoted is not None:
            found.append(re.sub(rb"\\(.)", rb"\1", quoted, flags=re.DOTALL))
        else:
            found.append(None if bare.strip().lower() == null.lower() else bare.strip())
        if not end:
            break
        at = match.end()
    return found


def _written(value: bytes) -> bytes:
    """An element between quotes; COPY's own escapes are in it already."""
    return b'"' + _QUOTED.sub(lambda found: b"\\\\" + found.group(), value) + b'"'
