"""Commands that a newcomer types, each of which must end well."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["must_run"]


def must_run(*command: str | Path, folder: Path, **env: str) -> str:
    """Run a command in a folder, and return what it prints; it must exit with 0."""
    ran = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"} | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    return ran.stdout
