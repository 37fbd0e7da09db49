"""Tables: drawn by rich on a terminal, aligned text where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from records_mover.cli.face import coloured
from records_mover.redaction import redact
from records_mover.utils.tables import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["table"]

COLOURS = {
    "ok": "green",
    "moved": "green",
    "broken": "red",
    "failed": "red",
    "disabled": "yellow",
    "not run": "yellow",
    "NULL": "dim",
}


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], stream: TextIO) -> str:
    """Return a table as text for ``stream``.

    Secrets are starred out first: once a cell is cut or folded, nobody knows them any more.
    """
    shown = [[redact(cell) for cell in row] for row in rows]
    return _drawn(heads, shown, stream) if stream.isatty() else aligned(heads, shown)


def _drawn(heads: Sequence[str], rows: Sequence[Sequence[str]], stream: TextIO) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        drawn.add_column(head, overflow="fold")  # and never cut: a name with … cannot be copied
    for row in rows:
        drawn.add_row(*(Text(cell, style=COLOURS.get(cell, "")) for cell in row))
    console = Console(file=stream, color_system="auto" if coloured(stream) else None)
    with console.capture() as captured:
        console.print(drawn)
    return captured.get().rstrip("\n")
