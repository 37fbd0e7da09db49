"""Authorization clauses, as pages copy-parameters-authorization and r_UNLOAD have them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor

__all__ = ["Access", "AccessClauses"]

_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12,13}:role/[\w+=,.@/-]+")
# The manual's own samples carry a zero too many in the account, so that thirteen digits pass.
_KEYS = {
    "aws_iam_role",
    "aws_access_key_id",
    "aws_secret_access_key",
    "token",
    "master_symmetric_key",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who reads the objects: a role (or 'default'), or keys."""

    role: str = ""
    key_id: str = ""
    secret: str = ""
    token: str = ""
    by_string: bool = False


class AccessClauses:
    """Collects the clauses of one statement, and refuses those that exclude one another."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def take(self, cursor: Cursor) -> bool:
        """Take one clause if it comes next."""
        if cursor.take("iam_role"):
            self._add("iam_role", "default" if cursor.take("default") else cursor.string())
        elif cursor.at("with", "credentials") or cursor.at("credentials"):
            cursor.take("with")
            cursor.need("credentials")
            cursor.take("as")
            self._add("credentials", cursor.string())
        elif cursor.take("access_key_id"):
            cursor.take("as")
            self._add("access_key_id", cursor.string())
        elif cursor.take("secret_access_key"):
            cursor.take("as")
            self._add("secret_access_key", cursor.string())
        elif cursor.take("session_token") or cursor.take("token"):
            cursor.take("as")
            self._add("session_token", cursor.string())
        else:
            return False
        return True

    def access(self) -> Access:
        """Return what was said, once all was read."""
        kinds = {"iam_role", "credentials", "access_key_id"} & set(self._said)
        if not kinds:
            raise RedshiftError(
                "Invalid credentials. Must be of the format: credentials "
                "'aws_iam_role=...' or 'aws_access_key_id=...;aws_secret_access_key=...'",
                sqlstate="42601",
            )
        if len(kinds) > 1:
            raise RedshiftError("conflicting or redundant options", sqlstate="42601")
        return {"iam_role": self._role, "credentials": self._string}.get(kinds.pop(), self._keys)()

    def _add(self, name: str, value: str) -> None:
        if name in self._said:
            raise RedshiftError("conflicting or redundant options", sqlstate="42601")
        self._said[name] = value

    def _role(self) -> Access:
        if len(self._said) > 1:
            raise RedshiftError("conflicting or redundant options", sqlstate="42601")
        return Access(role=_checked_role(self._said["iam_role"]))

    def _keys(self) -> Access:
        if "secret_access_key" not in self._said:
            raise RedshiftError(
                "SECRET_ACCESS_KEY is required with ACCESS_KEY_ID", sqlstate="42601"
            )
        return Access(
            key_id=self._said["access_key_id"],
            secret=self._said["secret_access_key"],
            token=self._said.get("session_token", ""),
        )

    def _string(self) -> Access:
        if len(self._said) > 1:
            raise RedshiftError("conflicting or redundant options", sqlstate="42601")
        pairs = dict(part.partition("=")[::2] for part in self._said["credentials"].split(";"))
        role = pairs.get("aws_iam_role", "")
        keys = {"aws_access_key_id", "aws_secret_access_key"} <= set(pairs)
        if set(pairs) - _KEYS or bool(role) == keys:
            raise RedshiftError(
                "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...'",
                sqlstate="42601",
            )
        if role:
            return Access(role=_checked_role(role), by_string=True)
        return Access(
            key_id=pairs["aws_access_key_id"],
            secret=pairs["aws_secret_access_key"],
            token=pairs.get("token", ""),
            by_string=True,
        )


def _checked_role(role: str) -> str:
    if role != "default" and not all(_ARN.fullmatch(arn) for arn in role.split(",")):
        raise RedshiftError(f"Invalid IAM role ARN: {role}", sqlstate="42601")
    return role
