"""The command line ``mvrec``."""

from __future__ import annotations

import gc
import logging
import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from typing import NoReturn

__all__ = ["main"]

NEEDED = ("click", "rich")


def main() -> NoReturn:
    """Run ``mvrec`` with the arguments of this process, and leave with its exit code."""
    _hold_descriptors()
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(f"mvrec: {missing[0]} is not installed; install records-mover[cli]\n")
        sys.exit(1)
    # Nothing here multiplies matrices; numpy would have a thread wait for that on each processor,
    # in a loop that costs as much as loading it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform == "linux":
        # Arrow's first choice asks for huge pages: clearing them costs up to a tenth of a move.
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
    # What a command makes lives to its end: looking for garbage in it costs a tenth of its start.
    gc.set_threshold(100_000)
    try:
        from records_mover.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        with suppress(AttributeError, OSError):
            sys.stderr.write("mvrec: cancelled\n")
        code = 1
    _leave(code)


def _hold_descriptors() -> None:
    """Keep a standard stream that is closed from becoming a file or a connection of a move.

    What is opened gets the least descriptor that is free: rows would be read from a server's
    connection, or messages of a library written into the target. What holds their places can be
    neither read as standard input nor written as standard output.
    """
    for descriptor, mode in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, mode)


def _leave(code: int) -> NoReturn:
    """End the process at once: taking the interpreter apart costs a tenth of a short move."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # closed, or whoever read it has gone
            stream.flush()
    os._exit(code)
