"""What a part cannot do, declared: a test of it must fail, and fail in the way that is declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from records_mover.errors import LossError, MoverError

__all__ = [
    "Gap",
    "ValueChanged",
    "ValueLossy",
    "ValueRefused",
    "judgement",
    "lossy",
    "missing",
    "refused",
]


class ValueRefused(AssertionError):
    """A value did not arrive, which was said, and nothing was changed."""


class ValueLossy(AssertionError):
    """A value would be changed, which the plan says: it moves where the user allows it."""


class ValueChanged(Exception):
    """A value was changed in silence, for which no gap can be declared."""


def judgement(error: MoverError, name: str) -> ValueRefused | ValueLossy:
    """Return what a move's error means for values, and how that is declared for this case."""
    kind, outcome = (
        (ValueLossy, "lossy") if isinstance(error, LossError) else (ValueRefused, "refused")
    )
    return kind(f"{error}\nwhere that cannot be otherwise, gaps = {{{name!r}: {outcome}('why')}}")


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
