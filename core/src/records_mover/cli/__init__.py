"""The command line ``mvrec``."""

from __future__ import annotations

import gc
import sys
from importlib.util import find_spec
from typing import NoReturn

__all__ = ["main"]

NEEDED = ("click", "rich")


def main() -> NoReturn:
    """Run ``mvrec`` with the arguments of this process, and leave with its exit code."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(f"mvrec: {missing[0]} is not installed; install records-mover[cli]\n")
        sys.exit(1)
    # What a command makes lives to its end: looking for garbage in it costs a tenth of its start.
    gc.set_threshold(100_000)
    try:
        from records_mover.cli.app import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.stderr.write("mvrec: cancelled\n")
        sys.exit(1)
