"""What Vertica's errors mean for whoever runs a move: its own words, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from records_mover.errors import ConnectError, LoadUnloadError

if TYPE_CHECKING:
    from records_mover.errors import DatabaseError

__all__ = ["code_of", "driver_errors", "is_lost", "said", "translate"]

_LONGEST = 500

_ADVICE = (
    (r"ExpiredToken|expired", "renew the credentials and move again"),
    (r"InvalidAccessKeyId|SignatureDoesNotMatch", "check the access keys"),
    (r"Access ?Denied|Forbidden", "grant s3:GetObject and s3:ListBucket, or say s3=off"),
    (r"[Cc]ould ?n[o']t connect to|Unable to (?:list|open|read) .*s3", "or say s3=off in the URL"),
    (r"[Tt]oo many ROS", "load more rows at once and less often"),
    (r"[Uu]navailable.*[Ll]ock|lock.*timeout", "another session holds the table: try again"),
    (r"[Ee]xceeded.*(?:RUNTIMECAP|run ?time)", "allow more with runtimecap"),
    (r"[Tt]oo many (?:sessions|connections|clients)|MaxClientSessions", "try again later"),
    (r"[Pp]ermission denied|insufficient privilege", "have the privilege granted"),
)


def driver_errors() -> type[Exception]:
    """Return what the driver raises, for an ``except`` that loads it only when it is asked."""
    import vertica_python

    return vertica_python.errors.Error  # type: ignore[no-any-return]  # it has no types


def _root(error: BaseException) -> BaseException:
    return getattr(error, "orig", None) or error


def said(error: BaseException) -> str:
    """Return the server's own words, without the statement, which may hold secrets."""
    root = _root(error)
    response = getattr(root, "error_response", None)
    if response is None:
        lines = str(root).splitlines() or [type(root).__name__]
        return lines[0][:_LONGEST]
    detail = f" ({response.detail})" if getattr(response, "detail", None) else ""
    code = f" [{response.error_code}]" if getattr(response, "error_code", None) else ""
    words = f"{response.message}{detail}".replace("\n", " ")
    return f"{words[:_LONGEST]}{code}"


def code_of(error: BaseException) -> str:
    """Return the SQLSTATE that the server gave, or an empty string."""
    response = getattr(_root(error), "error_response", None)
    return str(getattr(response, "sqlstate", "") or "")


def is_lost(error: BaseException) -> bool:
    """Whether an error says that the connection is gone."""
    import vertica_python

    root = _root(error)
    if isinstance(root, (vertica_python.errors.ConnectionError, OSError)):
        return True
    return code_of(root) in ("08006", "V1001", "57V01", "57V03")


def translate(error: BaseException, doing: str, place: str) -> DatabaseError:
    """Return the error to raise; ``doing`` is a clause such as "cannot create table 'x'"."""
    words = said(error)
    if is_lost(error) or getattr(error, "connection_invalidated", False):
        lost = f"the connection to {place} was lost: {words}"
        return ConnectError(lost, "the target is as it was; try again")
    advice = next((does for seen, does in _ADVICE if re.search(seen, words)), None)
    hint = getattr(getattr(_root(error), "error_response", None), "hint", None)
    return LoadUnloadError(f"{doing}: {words}", advice or hint)
