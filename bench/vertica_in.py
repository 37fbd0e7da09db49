"""Into Vertica's stand-in by COPY FROM STDIN, against plain vertica-python.

Whoever loads, the stand-in takes its time on the same machine: it is CPU seconds that compare.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.contestant import Contestant
from bench.harness import Figure
from bench.stage import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.stage import Stage

__all__ = ["FIGURES"]

_FEW = 200_000
"""Rows at most, as the stand-in is in Python too."""

_TEXT = ("--variant", "bluelabs", "--hint", "compression=null", "--hint", "header-row=true")


def _rows(stage: Stage) -> Sequence[Contestant]:
    rows = min(_FEW, stage.rows)
    url, path = stage.vertica_filled(rows), stage.few(rows)
    named = {
        "copy": "vertica-python, a file as it is",
        "executemany": "vertica-python, row by row",
    }
    plain = [
        Contestant(
            name=name,
            command=[sys.executable, "-m", "bench.vertica_copy", way, url, str(path), str(rows)],
            env={"PYTHONPATH": str(ROOT)},
        )
        for way, name in named.items()
    ]
    return [*plain, *_moves(stage, f"{url}::public.lineitem", path, rows)]


def _moves(stage: Stage, table: str, path: Path, rows: int) -> list[Contestant]:
    """Move the rows as CSV, as text that COPY reads itself, and as Parquet."""
    replacing = ("--if-exists", "replace", "--quiet")
    text = path.with_suffix(".txt")
    written = ("--target-variant", "bluelabs", "--target-hint", "compression=null")
    subprocess.run(
        stage.mvrec("move", str(path), str(text), *written, "--quiet").command, check=True
    )
    moves = {
        "mvrec, CSV": stage.mvrec("move", str(path), table, *replacing),
        "mvrec, text as it is": stage.mvrec("move", str(text), table, *_TEXT, *replacing),
        "mvrec, Parquet": stage.mvrec("move", str(stage.few_as_parquet(rows)), table, *replacing),
    }
    return [replace(move, name=name) for name, move in moves.items()]


FIGURES = (
    Figure(
        name="vertica-in",
        title="rows into a table of Vertica's; mvrec: from CSV, from text as it is, from Parquet",
        contestants=_rows,
    ),
)
