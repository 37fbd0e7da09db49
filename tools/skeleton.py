"""Runs commands in a plugin as ``mvrec plugins new`` writes it: ``skeleton.py MVREC COMMAND...``.

Commands are separated by ``then``; the first that fails ends it.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory


def main(mvrec: str, *words: str) -> int:
    """Return the exit code of the first command that fails."""
    groups = groupby(words, key=lambda word: word == "then")
    commands = [list(group) for is_then, group in groups if not is_then]
    with TemporaryDirectory() as folder:
        made = [str(Path(mvrec).absolute()), "plugins", "new", "moonbase", "--folder", folder]
        subprocess.run([*made, "--json"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        for command in commands:
            ran = subprocess.run(command, cwd=Path(folder, "mover-moonbase"), check=False)  # noqa: S603
            if ran.returncode:
                return ran.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
