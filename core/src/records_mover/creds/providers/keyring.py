"""Connections in the user's keyring: a URL under the service ``records-mover``."""

from __future__ import annotations

from importlib.util import find_spec

from records_mover.hookspecs import hookimpl
from records_mover.parts import Creds

MOVER_API = 1

SERVICE = "records-mover"


@hookimpl
def mover_creds(name: str) -> Creds | None:
    """Ask the keyring, where its package is installed, for NAME of the service records-mover."""
    if "://" in name or find_spec("keyring") is None:
        return None
    from records_mover.secret import keyring_password, secret_of

    found = keyring_password(SERVICE, name)
    if found is None:
        return None
    return Creds(provider="keyring", url=secret_of(found, of=f"the URL of {name!r}"))
