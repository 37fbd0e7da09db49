"""Authentication: each method that a client may be asked for, and every refusal."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
from typing import TYPE_CHECKING

from standins.wire import message
from vertica_server.errors import VerticaError

if TYPE_CHECKING:
    from standins.wire import Channel
    from vertica_server.config import ServerConfig

__all__ = ["Account", "log_in"]

_CLEARTEXT, _MD5, _OAUTH, _HASH, _HASH_MD5, _HASH_SHA512 = 3, 5, 12, 65536, 65541, 66048


class Account:
    """A user's password, and the salt that its hash is kept with."""

    def __init__(self, password: str, method: str = "") -> None:
        self.password = password
        self.method = method
        self.salt = secrets.token_hex(8).encode()
        self.is_expired = False


def log_in(
    channel: Channel, config: ServerConfig, accounts: dict[str, Account], said: dict[str, str]
) -> str:
    """Ask for a password or a token; return the user's name, or raise."""
    user = said.get("user", "")
    if said.get("oauth_access_token") or config.authentication == "oauth":
        return _oauth(channel, config, said)
    account = accounts.get(user)
    method = (account and account.method) or config.authentication
    if method == "trust":
        if account is None:
            raise _refused()
        return user
    shadow = account or Account(secrets.token_hex(16))
    if not _answered(channel, method, user, shadow) or account is None:
        raise _refused()
    if account.is_expired:
        channel.send(message(b"R", struct.pack("!I", 9)))
        raise VerticaError(
            "The password for the user has expired", sqlstate="28000", code=4395, severity="FATAL"
        )
    return user


def _answered(channel: Channel, method: str, user: str, account: Account) -> bool:
    salt = secrets.token_bytes(4)
    code, more = {
        "password": (_CLEARTEXT, b""),
        "md5": (_MD5, salt),
        "hash_md5": (_HASH_MD5, salt),
        "hash": (_HASH, salt + struct.pack("!I", 16) + account.salt),
        "sha512": (_HASH_SHA512, salt + struct.pack("!I", 16) + account.salt),
    }[method]
    channel.send(message(b"R", struct.pack("!I", code) + more))
    tag, body = channel.read()
    given = body.rstrip(b"\0")
    wanted = _expected(method, user, account, salt)
    return tag == b"p" and hmac.compare_digest(given, wanted)


def _expected(method: str, user: str, account: Account, salt: bytes) -> bytes:
    password = account.password.encode()
    if method == "password":
        return password
    if method in ("md5", "hash_md5"):
        inside = hashlib.md5(password + user.encode()).hexdigest().encode()
        return b"md5" + hashlib.md5(inside + salt).hexdigest().encode()
    inside = hashlib.sha512(password + account.salt).hexdigest().encode()
    return b"sha512" + hashlib.sha512(inside + salt).hexdigest().encode()


def _oauth(channel: Channel, config: ServerConfig, said: dict[str, str]) -> str:
    channel.send(message(b"R", struct.pack("!I", _OAUTH)))
    tag, body = channel.read()
    given = body.rstrip(b"\0").decode("utf-8", "replace")
    user = config.oauth_tokens.get(given)
    if tag != b"p" or user is None:
        raise VerticaError(
            "Authentication failed for OAuth token: the token is invalid or has expired",
            sqlstate="28000", code=2248, severity="FATAL",
        )  # fmt: skip
    if said.get("user") and said["user"] != user:
        raise _refused()
    return user


def _refused() -> VerticaError:
    return VerticaError(
        "Invalid username or password", sqlstate="28000", code=3781, severity="FATAL"
    )
