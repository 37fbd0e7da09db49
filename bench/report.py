"""The numbers as a table for people, and as JSON to compare with later."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.stage import KEPT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.harness import Measured
    from bench.stage import Stage

__all__ = ["keep", "table"]

_HEADS = (
    *("figure", "who", "best s", "median s", "CPU s", "peak MiB", "load", "ratio"),
    "must hold",
)
_WORDS = (0, 1, 8)


def table(measured: Sequence[Measured]) -> str:
    """Lay out every contestant of every figure."""
    rows = [_HEADS, *(row for one in measured for row in _rows(one))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(_cell, enumerate(row), widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def keep(measured: Sequence[Measured], stage: Stage) -> Path:
    """Write everything as JSON, named by the time, and return the path."""
    now = datetime.now(UTC)
    path = KEPT / f"{now:%Y%m%dT%H%M%SZ}.json"
    figures = {
        one.figure.name: {
            "ratio": one.ratio(),
            "limit": one.figure.limit,
            "load": one.load,
            "runs": {name: [asdict(run) for run in runs] for name, runs in one.runs.items()},
        }
        for one in measured
    }
    machine = {
        "cpus": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "server": stage.server.psql("SHOW server_version").strip(),
    }
    whole = {"at": now.isoformat(), "rows": stage.rows, "machine": machine, "figures": figures}
    path.write_text(json.dumps(whole, indent=2) + "\n")
    return path


def _rows(one: Measured) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for position, (name, runs) in enumerate(one.runs.items()):
        ratio, limit = one.ratio(), one.figure.limit
        ours = position == 0
        rows.append(
            (
                one.figure.name if ours else "",
                name,
                f"{one.best(name):.2f}",
                f"{one.median(name):.2f}",
                f"{min(run.cpu for run in runs):.2f}",
                f"{max(run.peak_mib for run in runs):.0f}",
                f"{one.load:.1f}" if ours else "",
                f"{ratio:.2f}" if ours and ratio is not None else "",
                _verdict(ratio, limit) + _memory(one) if ours else "",
            )
        )
    return rows


def _verdict(ratio: float | None, limit: float | None) -> str:
    if ratio is None or limit is None:
        return ""
    return f"<= {limit:.2f} {'holds' if ratio <= limit else 'DOES NOT HOLD'}"


def _memory(one: Measured) -> str:
    """Say where ours took more memory than it may."""
    most = one.figure.peak_mib
    peak = max(run.peak_mib for run in next(iter(one.runs.values())))
    return f", {peak:.0f} MiB ARE MORE THAN {most:.0f}" if most and peak > most else ""


def _cell(numbered: tuple[int, str], width: int) -> str:
    """Words to the left, numbers to the right."""
    position, text = numbered
    return text.ljust(width) if position in _WORDS else text.rjust(width)
