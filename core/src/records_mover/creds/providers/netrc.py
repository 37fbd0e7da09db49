"""Logins of web hosts in ``~/.netrc``, as curl and other clients read it."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from records_mover.errors import CredsError
from records_mover.hookspecs import hookimpl
from records_mover.parts import Creds
from records_mover.secret import Secret

MOVER_API = 1


@hookimpl
def mover_creds(name: str) -> Creds | None:
    """Read ~/.netrc (or what NETRC names) for the host of 'https://host' and 'http://host'."""
    if not name.startswith(("https://", "http://")):
        return None
    path = os.environ.get("NETRC") or os.path.expanduser("~/.netrc")  # noqa: PTH111
    if not os.path.exists(path):  # noqa: PTH110
        return None
    found = _read(path).get(urlsplit(name).hostname or "")
    if found is None:
        return None
    user, password = found
    return Creds(provider="netrc", facts={"user": user, "password": Secret(password, public=user)})


def _read(path: str) -> dict[str, tuple[str, str]]:
    from netrc import NetrcParseError, netrc

    try:
        hosts = netrc(path).hosts
    except (OSError, UnicodeDecodeError, NetrcParseError) as error:
        line = f", line {error.lineno}" if isinstance(error, NetrcParseError) else ""
        raise CredsError(f"{path!r} cannot be read{line}", "correct it") from None
    return {host: (login or "", password or "") for host, (login, _, password) in hosts.items()}
