"""Values of cases as delimited text, written and read without the mover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from records_mover.testing.case import Shape

__all__ = ["TEXT", "read_text", "shape_text", "write_text"]

TEXT: dict[str, Any] = {
    "format": "delimited",
    "variant": "csv",
    "hints": {
        "compression": None,
        "dateformat": "YYYY-MM-DD",
        "timeonlyformat": "HH24:MI:SS",
        "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
        "datetimeformattz": "YYYY-MM-DD HH24:MI:SSOF",
    },
}
"""How the files are written, as options of a move: NULL is nothing, empty text is in quotes."""


def write_text(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Path:
    """Write rows as text; what is not None is in quotes."""
    lines = [",".join(name if name.isidentifier() else _quoted(name) for name in columns)]
    lines += [",".join("" if cell is None else _quoted(cell) for cell in row) for row in rows]
    path.write_bytes(("\n".join(lines) + "\n").encode())
    return path


def shape_text(shape: Shape, path: Path) -> str:
    """Write the rows of a shape, as ``shape_batches`` has them; return the file's path."""
    columns = [f"c{at}" for at in range(shape.columns)]
    rows = [[str(number)] * shape.columns for number in range(1, shape.rows + 1)]
    return str(write_text(path, columns, rows))


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def read_text(path: Path) -> list[list[str | None]]:
    """Return the rows of a file, its header included; a cell without quotes and text is NULL."""
    text = path.read_bytes().decode()
    return list(_rows(text))


def _rows(text: str) -> Iterator[list[str | None]]:
    """Read by hand what ``csv`` reads as one: nothing, and empty text."""
    row: list[str | None] = []
    at = 0
    while at < len(text):
        cell, at = _cell(text, at)
        row.append(cell)
        if text[at : at + 1] == ",":
            at += 1
            if at == len(text) or text[at] in "\r\n":
                row.append(None)
        if text[at : at + 1] in ("\r", "\n", ""):
            at += 2 if text[at : at + 2] == "\r\n" else 1
            yield row
            row = []


def _cell(text: str, at: int) -> tuple[str | None, int]:
    if text[at] != '"':
        end = next((place for place in range(at, len(text)) if text[place] in ",\r\n"), len(text))
        return text[at:end] or None, end
    cell, at = [], at + 1
    while True:
        end = text.index('"', at)
        cell.append(text[at:end])
        if text[end + 1 : end + 2] != '"':
            return "".join(cell), end + 1
        cell.append('"')
        at = end + 2
