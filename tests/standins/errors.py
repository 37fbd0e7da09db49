"""The error that a stand-in tells its client."""

from __future__ import annotations

from abc import ABC, abstractmethod

__all__ = ["ServerError", "read_fields"]


class ServerError(Exception, ABC):
    """Five letters of SQLSTATE, what is wrong, and more of it."""

    def __init__(
        self, message: str, *, sqlstate: str = "XX000", detail: str = "", hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint

    @abstractmethod
    def named(self) -> dict[str, str]:
        """Return the fields of an ErrorResponse by their letters; empty ones are left out."""

    def fields(self) -> bytes:
        """Return the body of an ErrorResponse."""
        said = [f"{key}{text}".encode() + b"\0" for key, text in self.named().items() if text]
        return b"".join(said) + b"\0"


def read_fields(body: bytes, unreadable: str) -> dict[str, str]:
    """Read the body of an ErrorResponse; ``unreadable`` is what becomes of octets not in UTF-8."""
    pairs = [field.decode("utf-8", unreadable) for field in body.split(b"\0") if field]
    return {pair[0]: pair[1:] for pair in pairs}
