"""What database drivers say, cut down to one line without secrets, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from records_mover.errors import ConnectError

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["connect_error", "reason_of", "scrub", "sqlalchemy_errors", "sqlstate_of", "where"]

_SECRET_KEY = re.compile(r"pass|pwd|secret|token|credential", re.IGNORECASE)

_LONGEST = 500  # a server may repeat the whole row, however long

# Drivers have no codes in common for a failed connect, so their words are all there is to go by.
_ADVICE = (
    (
        r"password|authenticat|access denied|login failed|28P01|28000|not allowed",
        "check the user name and the password",
    ),
    (r"unable to open database file", "check that the folder exists and may be written to"),
    (r"not a database|malformed|encrypted", "check that the file is a database of this kind"),
    (
        r"translate host name|name or service|getaddrinfo|nodename|name resolution|unknown.*host",
        "check the host name",
    ),
    (
        r"unknown database|database .* (does not exist|not found)|cannot open database|3D000",
        "check the name of the database",
    ),
    (
        r"refused|timed? ?out|timeout|unreachable|no route|reset by peer|can't connect|socket",
        "check that the server runs, and that the host and the port are right",
    ),
)


def sqlalchemy_errors() -> type[Exception]:
    """Return what SQLAlchemy raises, for an ``except`` that loads it only when it is asked."""
    from sqlalchemy.exc import SQLAlchemyError

    return SQLAlchemyError


def where(url: URL) -> str:
    """Say which database a URL means, without user, password or options."""
    if not url.host:
        return f"{url.get_backend_name()} database '{url.database or ''}'"
    port = f":{url.port}" if url.port else ""
    database = f", database '{url.database}'" if url.database else ""
    return f"{url.get_backend_name()} at {url.host}{port}{database}"


def scrub(text: str, url: URL) -> str:
    """Return the text with every secret of the URL starred out."""
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets(url: URL) -> set[str]:
    found = [str(url.password)] if url.password else []
    for key, value in url.query.items():
        if _SECRET_KEY.search(key):
            found.extend([value] if isinstance(value, str) else value)
    spellings = {spelt for secret in found for spelt in (secret, quote(secret), quote_plus(secret))}
    return {spelling for spelling in spellings if spelling}


def reason_of(exc: BaseException) -> str:
    """Return the driver's own words in one line, without SQLAlchemy's wrapping."""
    root = getattr(exc, "orig", None) or exc
    lines = [line.strip().rstrip(" ;.") for line in _words(root).splitlines() if line.strip()]
    if not lines:
        return type(root).__name__
    # What a server calls the detail names the key or the row at fault.
    detail = next((line[7:].strip() for line in lines[1:] if line.startswith("DETAIL:")), None)
    reason = f"{lines[0]} ({detail})" if detail else lines[0]
    return reason if len(reason) <= _LONGEST else f"{reason[:_LONGEST]}..."


def _words(root: BaseException) -> str:
    # Several drivers raise pairs of a code and a message.
    texts = [arg for arg in root.args if isinstance(arg, str)]
    return texts[-1] if len(root.args) > 1 and texts else str(root)


def sqlstate_of(exc: BaseException) -> str:
    """Return the SQLSTATE that the driver gave, or an empty string."""
    root = getattr(exc, "orig", None) or exc
    for attribute in ("sqlstate", "pgcode"):
        state = getattr(root, attribute, None)
        if isinstance(state, str):
            return state
    return ""


def connect_error(exc: BaseException, url: URL) -> ConnectError:
    """Describe a failure to connect, with advice where the driver's words give a hint."""
    reason = scrub(reason_of(exc), url)
    looked_at = f"{sqlstate_of(exc)} {reason}"
    advice = next((does for words, does in _ADVICE if re.search(words, looked_at, re.I)), None)
    return ConnectError(f"cannot connect to {where(url)}: {reason}", advice)
