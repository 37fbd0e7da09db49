"""The one error of the server, as its wire carries it."""

from __future__ import annotations

from standins.errors import ServerError, read_fields

__all__ = ["RedshiftError", "not_supported", "syntax_error"]


class RedshiftError(ServerError):
    """An ERROR of the server."""

    def named(self) -> dict[str, str]:
        """Return the fields of an ErrorResponse by their letters; empty ones are left out."""
        return {
            "S": "ERROR",
            "C": self.sqlstate,
            "M": self.message,
            "D": self.detail,
            "H": self.hint,
        }

    @classmethod
    def from_fields(cls, body: bytes) -> RedshiftError:
        """Read the body of an ErrorResponse."""
        said = read_fields(body, "replace")
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
