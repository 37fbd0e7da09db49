"""What a part cannot do, declared: a test of it must fail, and fail in the way that is declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from records_mover.errors import MoverError

__all__ = ["Gap", "ValueLossy", "ValueRefused", "lossy", "missing", "refused"]


class ValueRefused(AssertionError):
    """A value did not arrive, which was said, and nothing was changed."""


class ValueLossy(AssertionError):
    """A value would be changed, which the plan says: it moves where the user allows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What is not so, and why.

    A value that is changed in silence cannot be declared as a gap: either it is refused, or the
    plan marks its column lossy.
    """

    outcome: Literal["refused", "lossy", "missing"]
    why: str

    @property
    def raises(self) -> tuple[type[BaseException], ...]:
        """What the test must end with."""
        if self.outcome == "missing":
            return (AssertionError, MoverError)
        return (ValueRefused if self.outcome == "refused" else ValueLossy,)


def refused(why: str) -> Gap:
    """Declare that a value is refused, with an error, before anything has changed."""
    return Gap(outcome="refused", why=why)


def lossy(why: str) -> Gap:
    """Declare that a value is changed, and that the plan says so and wants it to be allowed."""
    return Gap(outcome="lossy", why=why)


def missing(why: str) -> Gap:
    """Declare that a behaviour is not there."""
    return Gap(outcome="missing", why=why)
