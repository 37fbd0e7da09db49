"""A database URL taken apart as SQLAlchemy does it, without loading SQLAlchemy."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Address"]

_URL = re.compile(
    r"""
    (?P<name>[\w\+]+)://
    (?:(?P<username>[^:/]*)(?::(?P<password>[^@]*))?@)?
    (?:(?:\[(?P<ipv6>[^/\?]+)\]|(?P<ipv4>[^/:\?]+))?(?::(?P<port>[^/\?]*))?)?
    (?:/(?P<database>[^\?]*))?
    (?:\?(?P<query>.*))?
    """,
    re.VERBOSE,
)


@frozen
class Address:
    """What a database URL says, under the names that SQLAlchemy's ``URL`` has for it."""

    drivername: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    host: str | None = None
    port: int | None = None
    database: str | None = None
    query: Mapping[str, str] = field(default_factory=dict, repr=False)

    def get_backend_name(self) -> str:
        """Return the dialect's name."""
        return self.drivername.partition("+")[0]

    @classmethod
    def parse(cls, url: str) -> Address | None:
        """Take a URL apart; None for one that is better left to SQLAlchemy."""
        found = _URL.match(url)
        if found is None or not (found["port"] is None or found["port"].isdecimal()):
            return None
        pairs = parse_qsl(found["query"] or "")
        if any(count > 1 for count in Counter(key for key, _ in pairs).values()):
            return None
        return cls(
            drivername=found["name"],
            username=_plain(found["username"]),
            password=_plain(found["password"]),
            host=found["ipv4"] or found["ipv6"],
            port=int(found["port"]) if found["port"] is not None else None,
            database=_plain(found["database"]),
            query=dict(pairs),
        )


def _plain(text: str | None) -> str | None:
    return None if text is None else unquote(text)
