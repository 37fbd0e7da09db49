"""A figure is a few contestants for one job; they run in turns, so that noise meets all alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bench.contestant import Contestant
    from bench.stage import Stage

__all__ = ["Figure", "Measured", "Run", "measure"]

_MIB = 1 << 20
# ru_maxrss counts in KiB on Linux and in bytes on macOS.
_RSS_UNIT = 1024 if os.uname().sysname == "Linux" else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One job. The first contestant is ours; ``limit`` is the ratio to the second that must hold.

    ``peak_mib`` is the memory that ours may take. Those after the second are there to be seen.

    ``contestants`` is asked once, and may make what the job needs. ``prepare`` runs, unmeasured,
    before each run; ``check`` after it, and raises when the job was not done.
    """

    name: str
    title: str
    contestants: Callable[[Stage], Sequence[Contestant]]
    prepare: Callable[[Stage], None] = lambda _stage: None
    check: Callable[[Stage], None] = lambda _stage: None
    limit: float | None = None
    peak_mib: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run took: seconds on the clock, CPU seconds of the process, its peak memory."""

    wall: float
    cpu: float
    peak_mib: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """All runs of a figure by contestant, ours first, and the machine's load at the end."""

    figure: Figure
    runs: Mapping[str, Sequence[Run]]
    load: float = 0.0

    def best(self, name: str) -> float:
        """Return a contestant's shortest time."""
        return min(run.wall for run in self.runs[name])

    def median(self, name: str) -> float:
        """Return a contestant's median time."""
        return statistics.median(run.wall for run in self.runs[name])

    def ratio(self) -> float | None:
        """Return our best time over the rival's, or None when there is no rival."""
        names = list(self.runs)
        return self.best(names[0]) / self.best(names[1]) if len(names) > 1 else None


def measure(figure: Figure, stage: Stage, repetitions: int) -> Measured:
    """Let the contestants run in turns: A B A B, after one round that only warms up."""
    contestants = figure.contestants(stage)
    runs: dict[str, list[Run]] = {one.name: [] for one in contestants}
    for repetition in range(repetitions + 1):
        for one in contestants:
            if one.name not in runs:
                continue
            figure.prepare(stage)
            try:
                run = _run(one)
            except (RuntimeError, OSError) as error:
                if one is contestants[0]:
                    raise
                print(f"  {one.name} is left out: {error}", file=sys.stderr)
                del runs[one.name]
                continue
            figure.check(stage)
            if repetition:
                runs[one.name].append(run)
    return Measured(figure=figure, runs=runs, load=os.getloadavg()[0])


def _run(one: Contestant) -> Run:
    started = time.perf_counter()
    with subprocess.Popen(
        one.command,
        env=os.environ | one.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{one.name} failed: {said.decode(errors='replace')}")
    peak = usage.ru_maxrss * _RSS_UNIT / _MIB
    return Run(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak_mib=peak)
