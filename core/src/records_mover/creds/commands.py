"""Asking another program for credentials: within a deadline, and with no word of it shown."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from records_mover.errors import CredsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["DEADLINE", "output_of"]

DEADLINE = 30.0
"""Seconds that another program may take: it may have to ask a server."""


def output_of(command: Sequence[str], env: Mapping[str, str], *, advice: str) -> str | None:
    """Return what a program printed, or None where it failed; ``CredsError`` where it hangs.

    It is asked without a terminal, and what it complains of is not passed on: who knows what it
    repeats. What it printed may be secret.
    """
    try:
        ran = subprocess.run(  # noqa: S603 - the user's own program, found on the path
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            env=dict(env),
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise CredsError(
            f"{command[0]!r} did not answer within {DEADLINE:g} seconds", advice
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CredsError(
            f"{command[0]!r} cannot be asked: {type(error).__name__}", advice
        ) from None
    return ran.stdout if ran.returncode == 0 else None
