"""Out of Vertica's stand-in by SELECT, against plain vertica-python.

Whoever reads, the stand-in takes most of the time, on the same machine: compare CPU seconds.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from bench.contestant import Contestant
from bench.harness import Figure
from bench.stage import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.stage import Stage

__all__ = ["FIGURES"]

_FEW = 200_000
"""Rows at most, as the stand-in is in Python too."""


def _rows(stage: Stage) -> Sequence[Contestant]:
    rows = min(_FEW, stage.rows)
    url = stage.vertica_filled(rows)
    login = json.dumps(stage.vertica.login)
    script = [sys.executable, "-m", "bench.vertica_rows"]
    names = {
        "columns": "mover-vertica",
        "fetchall": "vertica-python",
        "iterate": "vertica-python, converters off",
    }
    contestants = [
        Contestant(
            name=name, command=[*script, way, login, str(rows)], env={"PYTHONPATH": str(ROOT)}
        )
        for way, name in names.items()
    ]
    target = str(stage.scratch / "vertica.parquet")
    return [*contestants, stage.mvrec("move", f"{url}::public.lineitem", target, "--quiet")]


FIGURES = (
    Figure(
        name="vertica-out",
        title="a table of Vertica's read row by row, or whole columns at a time; mvrec: to Parquet",
        contestants=_rows,
    ),
)
