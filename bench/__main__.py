"""Run the figures, print a table, and keep the numbers: ``python -m bench [figure ...]``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # for `support`

from bench import formats
from bench.figures import FIGURES
from bench.harness import Measured, measure
from bench.report import keep, table
from bench.stage import Stage

FORMATS = "formats"
MEMORY = "memory"


def main() -> int:
    """Measure what was asked for, one figure after another."""
    asked = _arguments()
    measured: list[Measured] = []
    with Stage(rows=asked.rows) as stage:
        try:
            for figure in FIGURES:
                if not asked.figures or figure.name in asked.figures:
                    print(f"{figure.name}: {figure.title}", file=sys.stderr, flush=True)
                    measured.append(measure(figure, stage, asked.repetitions))
        finally:  # a figure that fails takes none of the others with it
            if measured:
                print(table(measured))
                print(f"\nkept in {keep(measured, stage)}")
        if not asked.figures or FORMATS in asked.figures:
            print(f"{FORMATS}: reading, writing and inferring files", file=sys.stderr, flush=True)
            formats.main(stage.csv)
    if not asked.figures or MEMORY in asked.figures:
        _memory()
    return 0


def _memory() -> None:
    """Print the peak memory for a small file and for a large one, each in a process of its own."""
    print(f"{MEMORY}: the peak must not grow with the file", file=sys.stderr, flush=True)
    for gigabytes in (0.05, 0.5):
        subprocess.run([sys.executable, "-m", "bench.memory", str(gigabytes)], check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = [*(figure.name for figure in FIGURES), FORMATS, MEMORY]
    parser.add_argument("figures", nargs="*", metavar="figure", help=f"of {names}; default all")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    if unknown := set(asked.figures) - set(names):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return asked


if __name__ == "__main__":
    raise SystemExit(main())
