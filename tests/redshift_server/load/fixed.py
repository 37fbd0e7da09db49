"""FIXEDWIDTH: each field so many characters wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from redshift_server.load.problem import LineProblem
from redshift_server.load.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FixedWidth"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedWidth:
    """The widths, in characters."""

    spec: str
    null: bytes = b"\\N"
    ignore_blank: bool = False

    def records(self, data: bytes, header: int) -> Iterator[Record]:
        """Yield the lines of a file behind its header."""
        widths = [int(part.rsplit(":", 1)[1]) for part in self.spec.split(",")]
        lines = data.split(b"\n")
        if lines and not lines[-1]:
            lines.pop()
        for number, raw in enumerate(lines, 1):
            text = raw.removesuffix(b"\r")
            if number > header and (text or not self.ignore_blank):
                yield self._record(number, text, widths)

    def _record(self, number: int, raw: bytes, widths: list[int]) -> Record:
        text = raw.decode("utf-8", "surrogateescape")
        if len(text) < sum(widths[:-1]):
            problem = LineProblem(1216, "Input line is not valid")
            return Record(line=number, raw=raw, fields=[], problem=problem)
        fields, at = list[bytes | None](), 0
        for width in widths:
            piece = text[at : at + width].strip(" ").encode("utf-8", "surrogateescape")
            fields.append(None if piece == self.null else piece)
            at += width
        return Record(line=number, raw=raw, fields=fields)
