"""COPY as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mover_vertica.words import identifier, literal, option, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mover_vertica.options import CopyOptions

__all__ = ["CopyColumn", "CopyStatement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyColumn:
    """A field of the rows and the column that it becomes.

    ``format`` is that of FORMAT. With ``filler``, a type, the field is read under another name, and
    ``made`` is what the column becomes of it; "" for a field that becomes nothing.
    """

    name: str
    format: str = ""
    filler: str = ""
    made: str = ""

    def sql(self) -> Iterator[str]:
        """Yield what stands in the list of columns."""
        if not self.filler:
            yield identifier(self.name) + (f" FORMAT {literal(self.format)}" if self.format else "")
            return
        scratch = identifier(shortened(f"mover_{self.name}"))
        yield f"{scratch} FILLER {self.filler.upper()}"
        if self.made:
            yield f"{identifier(self.name)} AS {self.made.format(scratch)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyStatement:
    """A COPY: ``table`` and ``rejects`` as they are written in SQL; no ``sources`` is STDIN.

    The parser comes before the options, which the manual lists in the order of the alphabet.
    ``rejects`` None is for rows of which none may be rejected.
    """

    table: str
    columns: tuple[CopyColumn, ...]
    options: CopyOptions
    sources: tuple[str, ...] = ()
    rejects: str | None = None
    reject_max: int | None = None
    stream: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        listed = ", ".join(part for column in self.columns for part in column.sql())
        clauses = "".join(f" {clause}" for clause in self._clauses())
        return f"COPY {self.table} ({listed}) FROM {self._source()}{clauses}"

    def _source(self) -> str:
        codec = f" {self.options.codec}" if self.options.codec else ""
        if not self.sources:
            return f"STDIN{codec}"
        return ", ".join(f"{literal(url)} ON ANY NODE{codec}" for url in self.sources)

    def _clauses(self) -> Iterator[str]:
        yield from self._parser()
        if self.rejects is None:
            yield "ABORT ON ERROR"
        yield from self._fields()
        if self.rejects is not None:
            yield f"REJECTED DATA AS TABLE {self.rejects}"
        if self.reject_max is not None:
            yield f"REJECTMAX {self.reject_max}"
        if self.options.skip:
            yield f"SKIP {self.options.skip}"
        if self.stream:
            yield f"STREAM NAME {literal(self.stream)}"
        yield "NO COMMIT"

    def _parser(self) -> Iterator[str]:
        names = {"json": "fjsonparser", "avro": "favroparser"}
        if self.options.mode == "parquet":
            yield "PARQUET"
        elif self.options.mode in names:
            said = ", ".join(f"{name}={literal(value)}" for name, value in self.arguments.items())
            yield f"PARSER {names[self.options.mode]}({said})"

    def _fields(self) -> Iterator[str]:
        options = self.options
        if options.mode != "delimited":
            yield "ENFORCELENGTH"
            return
        yield f"DELIMITER {option(options.delimiter)}"
        if options.quote:
            yield f"ENCLOSED BY {option(options.quote)}"
        yield "ENFORCELENGTH"
        yield f"ESCAPE AS {option(options.escape)}" if options.escape else "NO ESCAPE"
        yield f"NULL AS {option(options.null)}"
        if options.terminator != "\n":
            yield f"RECORD TERMINATOR {option(options.terminator)}"
