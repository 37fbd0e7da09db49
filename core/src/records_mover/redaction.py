"""What must never be shown: secrets are noted where they come in, and starred out of texts."""

from __future__ import annotations

import re
import threading
from urllib.parse import quote, quote_plus, unquote, unquote_plus

__all__ = ["MASK", "redact", "redact_data", "register_secret", "register_url"]

MASK = "***"

LONG_ENOUGH = 8
"""A secret shorter than this is starred out only where it stands alone, not inside a word."""

TOO_SHORT = 3
"""One shorter than this is starred out only after a word like ``password``."""

_URL = re.compile(r"(?P<scheme>[A-Za-z][\w+.\-]*)://(?:(?P<user>[^:/@\s]*):)?(?P<rest>.*)", re.S)
_TELLING = r"[\w.\-]*(?:pass|pwd|secret|token|signature|credential)[\w.\-]*"
_KEYS = (
    r"(?:x[_\-])?(?:api|app|access|account|auth|private|subscription|shared)[_.\-]?key|sig|auth|jwt"
)
_QUERY = re.compile(rf"(?P<key>[?&;](?:{_TELLING}|{_KEYS})=)(?P<value>[^&;#\s'\"]+)", re.IGNORECASE)
_LOGIN = re.compile(r"(?P<before>\b[A-Za-z][\w+.\-]*://[^\s/:@'\"]*:)(?!password@)[^\s/@'\"]+(?=@)")
_AFTER_ITS_NAME = r"(?P<name>(?:pass(?:word|wd)?|pwd|secret|token)\W{{1,4}})(?:{text})(?!\w)"


class _Registry:
    """The secrets of this process, as one regular expression."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._anywhere: set[str] = set()
        self._alone: set[str] = set()
        self._named: set[str] = set()
        self._known: set[tuple[str, str]] = set()
        self.pattern: re.Pattern[str] | None = None

    def add(self, secret: str, public: str) -> None:
        """Add every spelling of a secret; one that is public as well only counts by its place."""
        if (secret, public) in self._known:
            return
        spellings = _spellings(secret)
        with self._lock:
            self._known.add((secret, public))
            if len(secret) < TOO_SHORT or secret.casefold() in public.casefold():
                self._named |= spellings
            elif len(secret) < LONG_ENOUGH:
                self._alone |= spellings
            else:
                self._anywhere |= spellings
            self.pattern = self._compiled()

    def _compiled(self) -> re.Pattern[str]:
        kinds = []
        if self._anywhere:
            kinds.append(_either(self._anywhere))
        if self._alone:
            kinds.append(rf"(?<![\w\-])(?:{_either(self._alone)})(?![\w\-])")
        every = self._anywhere | self._alone | self._named
        kinds.append(_AFTER_ITS_NAME.format(text=_either(every)))
        return re.compile("|".join(kinds))


_registry = _Registry()


def register_secret(secret: str, *, public: str = "") -> None:
    """Let ``redact`` star out a secret from now on, as it is and url-encoded, quoted or escaped.

    ``public`` is what is known of its surroundings, such as the user's and the host's names: a
    secret that is found in there is starred out only after a word like ``password``, as starring
    out every mention would give it away, and garble what is said.
    """
    if secret:
        _registry.add(secret, public)


def register_url(url: str) -> None:
    """Register the password of a URL, and what its query says under a name like ``password``.

    A password with characters that should have been encoded is understood in each way in which
    a database's driver may read it.
    """
    match = _URL.match(url)
    if match is None:
        return
    for secret, public in _passwords(match):
        for text in {secret, unquote(secret), unquote_plus(secret)}:
            register_secret(text, public=public)
    for found in _QUERY.finditer(url):
        for text in {found["value"], unquote(found["value"]), unquote_plus(found["value"])}:
            register_secret(text)


def _passwords(match: re.Match[str]) -> list[tuple[str, str]]:
    """Return what may be the password, each with what then is public."""
    scheme, user, rest = match["scheme"], match["user"], match["rest"]
    first, last = rest.find("@"), rest.partition("?")[0].rfind("@")
    if user is None or first < 0:
        return []
    public = f"{scheme} {unquote(user)} {rest[max(first, last) + 1 :]}"
    found = [(rest[:first], public)]
    if last > first:
        found += [(text, public) for text in (rest[:last], *rest[:last].split("@")[1:])]
    return found


def redact(text: str) -> str:
    """Return the text with every registered secret, and every URL's password, starred out."""
    if _registry.pattern is not None:
        text = _registry.pattern.sub(_starred, text)
    if "://" in text:
        text = _LOGIN.sub(rf"\g<before>{MASK}", text)
        text = _QUERY.sub(rf"\g<key>{MASK}", text)
    return text


def redact_data(data: object) -> object:
    """Return JSON-like data with every text in it redacted."""
    if isinstance(data, str):
        return redact(data)
    if isinstance(data, dict):
        return {redact_data(key): redact_data(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [redact_data(item) for item in data]
    return data


def _starred(match: re.Match[str]) -> str:
    return f"{match['name'] or ''}{MASK}"


def _either(texts: set[str]) -> str:
    return "|".join(re.escape(text) for text in sorted(texts, key=lambda text: (-len(text), text)))


def _spellings(secret: str) -> set[str]:
    """Return a secret as URLs, Python, JSON, SQL and connection strings write it."""
    import json

    encoded = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    lower = {re.sub("%..", lambda code: code[0].lower(), text) for text in encoded}
    escaped = {
        repr(secret)[1:-1],
        ascii(secret)[1:-1],
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        secret.replace("'", "''"),
        secret.replace("\\", "\\\\").replace("'", "\\'"),
    }
    return {secret, *encoded, *lower, *escaped}
