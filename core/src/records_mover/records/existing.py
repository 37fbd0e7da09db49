"""What to do with a table that is there already, by the names of 1.x."""

from __future__ import annotations

from enum import Enum
from typing import get_args

from records_mover.errors import UsageError
from records_mover.parts import ExistingMode

__all__ = ["MODES", "ExistingTableHandling", "mode_of"]

MODES: tuple[str, ...] = get_args(ExistingMode)
"""What ``if_exists`` may be."""


class ExistingTableHandling(Enum):
    """The four handlings of 1.x, each a mode of ``if_exists``.

    ``DELETE_AND_OVERWRITE`` is ``delete``, ``TRUNCATE_AND_OVERWRITE`` is ``truncate``,
    ``DROP_AND_RECREATE`` is ``drop``, and ``APPEND`` is ``append``.
    """

    DELETE_AND_OVERWRITE = 1
    TRUNCATE_AND_OVERWRITE = 2
    DROP_AND_RECREATE = 3
    APPEND = 4


_MODES = {
    ExistingTableHandling.DELETE_AND_OVERWRITE: "delete",
    ExistingTableHandling.TRUNCATE_AND_OVERWRITE: "truncate",
    ExistingTableHandling.DROP_AND_RECREATE: "drop",
    ExistingTableHandling.APPEND: "append",
}


def mode_of(handling: ExistingTableHandling | str | None) -> str:
    """Return the mode of a handling; None is ``DELETE_AND_OVERWRITE``, the default of 1.x.

    Raises ``UsageError`` for a mode that there is not.
    """
    if handling is None:
        return "delete"
    if isinstance(handling, ExistingTableHandling):
        return _MODES[handling]
    if handling not in MODES:
        raise UsageError(f"unknown mode {handling!r}", f"use one of {', '.join(MODES)}")
    return handling
