"""The one error of the server, as its wire carries it."""

from __future__ import annotations

__all__ = ["RedshiftError", "not_supported", "syntax_error"]


class RedshiftError(Exception):
    """An ERROR of the server: five letters of SQLSTATE, what is wrong, and more of it."""

    def __init__(
        self, message: str, *, sqlstate: str = "XX000", detail: str = "", hint: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint

    def fields(self) -> bytes:
        """Return the body of an ErrorResponse."""
        named = {
            "S": "ERROR",
            "C": self.sqlstate,
            "M": self.message,
            "D": self.detail,
            "H": self.hint,
        }
        said = [f"{key}{text}".encode() + b"\0" for key, text in named.items() if text]
        return b"".join(said) + b"\0"

    @classmethod
    def from_fields(cls, body: bytes) -> RedshiftError:
        """Read the body of an ErrorResponse."""
        pairs = [field.decode("utf-8", "replace") for field in body.split(b"\0") if field]
        said = {pair[0]: pair[1:] for pair in pairs}
        return cls(
            said.get("M", ""),
            sqlstate=said.get("C", "XX000"),
            detail=said.get("D", ""),
            hint=said.get("H", ""),
        )


def syntax_error(near: str | None) -> RedshiftError:
    """Return the parser's error at a word, or at the end for None."""
    where = "end of input" if near is None else f'or near "{near}"'
    return RedshiftError(f"syntax error at {where}", sqlstate="42601")


def not_supported(what: str, hint: str = "") -> RedshiftError:
    """Return the error of a feature that Redshift does not have."""
    return RedshiftError(f"{what} is not supported.", sqlstate="0A000", hint=hint)
