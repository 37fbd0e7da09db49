"""Who we are to a web server: by the URL, or by what a credentials provider knows of its host."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import unquote

from records_mover.redaction import register_secret
from records_mover.secret import Secret, reveal, secret_of
from records_mover.url.http.address import origin_of, split_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Logins"]


class Logins:
    """Says what to send as ``Authorization`` to whom; each host is looked up once."""

    def __init__(self, creds: Callable[[str], object] | None) -> None:
        self._creds = creds
        self._found: dict[str, Secret | None] = {}

    def for_url(self, url: str) -> Secret | None:
        """Return the header's value: what the URL says, else what is known of its origin.

        A password in a URL may say where it is kept: ``https://me:env:NAME@host/``.
        """
        login = split_url(url).netloc.rpartition("@")[0]
        user, colon, password = login.partition(":")
        if colon:
            return _basic(unquote(user), secret_of(unquote(password), of="the URL's password"))
        known = self._known(origin_of(url))
        return known or (_basic(unquote(user), Secret("")) if user else None)

    def _known(self, origin: str) -> Secret | None:
        if origin not in self._found:
            answer = self._creds(origin) if self._creds is not None else None
            self._found[origin] = _of_facts(getattr(answer, "facts", {}))
        return self._found[origin]


def _of_facts(facts: Mapping[str, str | Secret]) -> Secret | None:
    if token := reveal(facts.get("token", "")):
        register_secret(token)
        return Secret(f"Bearer {token}")
    user, password = (reveal(facts.get(key, "")) for key in ("user", "password"))
    return _basic(user, Secret(password, public=user)) if user or password else None


def _basic(user: str, password: Secret) -> Secret:
    login = b64encode(f"{user}:{password.reveal()}".encode()).decode()
    register_secret(login)  # it may be quoted without the word before it
    return Secret(f"Basic {login}")
