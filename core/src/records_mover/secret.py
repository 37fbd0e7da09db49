"""A text that does not print, and the places where one may be kept."""

from __future__ import annotations

import os
from typing import NoReturn

from records_mover.errors import CredsError
from records_mover.redaction import MASK, register_secret

__all__ = ["Secret", "is_elsewhere", "keyring_password", "reveal", "secret_of"]

LONGEST_FILE = 64 * 1024
"""Bytes of a file that is to hold one secret; a longer one is the wrong file."""


class Secret:
    """A text that only ``reveal`` gives: printed, formatted or logged it is stars.

    It is starred out of whatever ``redact`` sees from now on, and it refuses to be pickled or
    written as JSON. ``public`` is what is known of its surroundings, as ``register_secret`` says.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str, *, public: str = "") -> None:
        self._text = text
        register_secret(text, public=public)

    def reveal(self) -> str:
        """Return the text; do not keep it."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled; reveal it, or let the other side look it up")


def reveal(text: str | Secret) -> str:
    """Return the text itself, whether it is a secret or not."""
    return text.reveal() if isinstance(text, Secret) else text


def secret_of(text: str, *, of: str, public: str = "") -> Secret:
    """Return the secret that ``text`` is, or that it says where to find.

    ``env:NAME`` is an environment variable's, ``file:PATH`` a file's without its last line end,
    ``keyring:SERVICE/USER`` the keyring's, and ``plain:...`` is what follows, whatever it looks
    like. ``of`` says in errors what it is of. Raises ``CredsError`` where there is nothing.
    """
    kind, colon, rest = text.partition(":")
    reader = _PLACES.get(kind) if colon else None
    return Secret(reader(rest, of) if reader else text, public=public)


def is_elsewhere(text: str) -> bool:
    """Whether ``text`` says where a secret is to be found, and is none itself."""
    kind, colon, _ = text.partition(":")
    return bool(colon) and kind in _PLACES


def _plain(text: str, of: str) -> str:
    del of
    return text


def _from_environment(name: str, of: str) -> str:
    found = os.environ.get(name)
    if found is None:
        raise CredsError(
            f"{of} is to come from the environment variable {name!r}, which is not set", "set it"
        )
    return found


def _from_file(name: str, of: str) -> str:
    path = os.path.expanduser(name)  # noqa: PTH111 - Path raises where there is no home
    try:
        with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123
            found = file.read(LONGEST_FILE + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise CredsError(
            f"{of} is to come from the file {path!r}, which cannot be read: {reason.lower()}",
            "check that it is there, and that you may read it",
        ) from None
    if len(found) > LONGEST_FILE:
        raise CredsError(f"the file {path!r} is too long to be {of}", "name another")
    return found.removesuffix("\n").removesuffix("\r")


def _from_keyring(name: str, of: str) -> str:
    service, slash, user = name.rpartition("/")
    if not slash:
        raise CredsError(f"'keyring:{name}' names no user", "write keyring:SERVICE/USER")
    found = keyring_password(service, user)
    if found is None:
        raise CredsError(
            f"{of} is to come from the keyring, which has no {name!r}",
            f"store it: keyring set {service} {user}",
        )
    return found


def keyring_password(service: str, user: str) -> str | None:
    """Return what the user's keyring holds, or None; ``CredsError`` where it cannot be asked."""
    try:
        import keyring
        from keyring.errors import KeyringError, NoKeyringError
    except ImportError:
        raise CredsError(
            "the keyring cannot be asked: the package is not installed",
            "pip install 'records-mover[keyring]'",
        ) from None
    try:
        found: str | None = keyring.get_password(service, user)
    except NoKeyringError:
        return None  # there is none: then nothing can be in it
    except (KeyringError, RuntimeError) as error:
        raise CredsError(
            f"the keyring cannot be asked for {service!r}: {type(error).__name__}",
            "unlock it, or set up a backend: keyring diagnose",
        ) from None
    return found


_PLACES = {
    "env": _from_environment,
    "file": _from_file,
    "keyring": _from_keyring,
    "plain": _plain,
}
