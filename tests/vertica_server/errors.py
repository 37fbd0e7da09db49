"""The one error of the server, as its wire carries it, with Vertica's numbers."""

from __future__ import annotations

from standins.errors import ServerError

__all__ = [
    "VerticaError",
    "missing_relation",
    "missing_schema",
    "not_supported",
    "rejected",
    "syntax_error",
]


class VerticaError(ServerError):
    """An ERROR of the server, with Vertica's number."""

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str = "XX000",
        code: int = 2999,
        severity: str = "ERROR",
        detail: str = "",
        hint: str = "",
        position: int = 0,
        routine: str = "",
    ) -> None:
        super().__init__(message, sqlstate=sqlstate, detail=detail, hint=hint)
        self.code = code
        self.severity = severity
        self.position = position
        self.routine = routine or "vertica_server"

    def named(self) -> dict[str, str]:
        """Return the fields of an ErrorResponse by their letters; empty ones are left out."""
        return {
            "S": self.severity,
            "V": str(self.code),
            "C": self.sqlstate,
            "M": self.message,
            "D": self.detail,
            "H": self.hint,
            "P": str(self.position) if self.position else "",
            "R": self.routine,
            "F": "stand-in",
            "L": "1",
        }


def syntax_error(near: str | None, position: int = 0) -> VerticaError:
    """Return the parser's error at a word, or at the end for None."""
    where = "end of input" if near is None else f'or near "{near}"'
    return VerticaError(
        f"Syntax error at {where}",
        sqlstate="42601",
        code=4856,
        position=position,
        routine="base_yyerror",
    )


def not_supported(what: str, hint: str = "") -> VerticaError:
    """Return the error of a feature that Vertica does not have."""
    return VerticaError(f"{what} is not supported", sqlstate="0A000", code=5366, hint=hint)


def missing_relation(name: str) -> VerticaError:
    """Return the error of a table that is not there."""
    return VerticaError(f'Relation "{name}" does not exist', sqlstate="42V01", code=4566)


def missing_schema(name: str) -> VerticaError:
    """Return the error of a schema that is not there."""
    return VerticaError(f'Schema "{name}" does not exist', sqlstate="3F000", code=4650)


def rejected(record: int, reason: str) -> VerticaError:
    """Return the error of a COPY with ABORT ON ERROR."""
    return VerticaError(
        f"COPY: Input record {record} has been rejected ({reason})", sqlstate="22V04", code=2035
    )
