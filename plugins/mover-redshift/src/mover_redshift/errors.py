"""What Redshift's errors mean for whoever runs a move."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from records_mover.errors import ConnectError, DatabaseError, LoadUnloadError

if TYPE_CHECKING:
    from records_mover.errors import MoverError

__all__ = ["is_lost", "translate"]

_ADVICE = (
    (
        r"ExpiredToken|expired",
        "renew the credentials and move again; they must outlive the statement",
    ),
    (r"InvalidAccessKeyId|SignatureDoesNotMatch", "check the access keys"),
    (
        r"Access ?Denied|not authorized|Forbidden",
        "grant s3:GetObject and s3:ListBucket for COPY, and s3:PutObject for UNLOAD",
    ),
    (r"addressed using the specified endpoint|region", "check the region of the bucket"),
    (r"isn't associated|not attached|role", "attach the role to the cluster, or name another"),
    (r"1023|[Ss]erializable isolation", "another session wrote to the table: try again"),
    (r"depend on it|other objects depend", "use the mode 'replace' or 'delete'"),
)


def translate(error: MoverError, cause: BaseException) -> MoverError:
    """Return the error with advice where the server's words give a hint."""
    del cause
    if isinstance(error, ConnectError) or getattr(error, "advice", None):
        return error
    if not isinstance(error, DatabaseError):
        return error
    for words, advice in _ADVICE:
        if re.search(words, error.what):
            return LoadUnloadError(error.what, advice)
    return error


def is_lost(error: BaseException) -> bool:
    """Whether an error of SQLAlchemy's says that the connection is gone."""
    if getattr(error, "connection_invalidated", False):
        return True
    said = str(getattr(error, "orig", None) or error).lower()
    words = ("ssl syscall", "timed out", "server closed", "connection already closed", "eof det")
    return any(word in said for word in words)
