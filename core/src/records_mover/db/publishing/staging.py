"""Names of staging tables: told from other tables, and the strays of dead moves from live ones."""

from __future__ import annotations

import os
import re
import socket
import time
from pathlib import Path

__all__ = ["OLD", "STAGE", "is_stray", "new_token", "target_of"]

STAGE = "mover_stage_"
OLD = "mover_old_"

# When the move began, where it runs, its process, and a random part: all in hexadecimal.
_NAME = re.compile(
    r"mover_(?:stage|old)_([0-9a-f]{8})([0-9a-f]{6})([0-9a-f]{6})[0-9a-f]{4}_(.*)", re.DOTALL
)
# A move on another machine cannot be asked whether it lives; none takes this long.
_SECONDS = 7 * 24 * 3600


def new_token() -> str:
    """Return the part of a staging table's name that no other move has."""
    return f"{int(time.time()):08x}{_here()}{os.getpid() & 0xFFFFFF:06x}{os.urandom(2).hex()}"


def is_stray(name: str) -> bool:
    """Whether a table is the staging table of a move that no longer runs."""
    found = _NAME.fullmatch(name)
    if found is None:
        return False
    if found[2] == _here():
        return not _runs(int(found[3], 16))
    return time.time() - int(found[1], 16) > _SECONDS


def target_of(name: str) -> str | None:
    """Return the target's name, perhaps cut short, from that of a staging table."""
    found = _NAME.fullmatch(name)
    return None if found is None else found[4]


def _here() -> str:
    import hashlib

    # Two containers may share a host name and yet not see each other's processes.
    namespace = Path("/proc/self/ns/pid")
    inode = namespace.stat().st_ino if namespace.exists() else 0
    place = f"{socket.gethostname()} {inode}"
    return hashlib.sha256(place.encode()).hexdigest()[:6]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's, and so alive
    return True
