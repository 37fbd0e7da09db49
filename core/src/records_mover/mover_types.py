"""The word for an argument that nobody gave, where None means "none"."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

__all__ = ["PleaseInfer", "inferred"]

T = TypeVar("T")


class PleaseInfer(Enum):
    """``PleaseInfer.token`` leaves an argument to be found out, as in 1.x."""

    token = 1


def inferred(value: T | PleaseInfer) -> T | None:
    """Return a value that was given; None where it is to be found out."""
    return None if isinstance(value, PleaseInfer) else value
