"""A value that does not fit its column, found while a batch is encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    import numpy.typing as npt

__all__ = ["Unfit", "refuse"]


class Unfit(Exception):
    """The value in row ``index`` of the array at hand; ``why`` follows it in a message."""

    def __init__(self, index: int, why: str, advice: str) -> None:
        super().__init__(index, why)
        self.index = index
        self.why = why
        self.advice = advice


def refuse(
    bad: npt.NDArray[np.bool_], valid: npt.NDArray[Any] | None, why: str, advice: str
) -> None:
    """Raise ``Unfit`` for the first row that is bad and not NULL."""
    if valid is not None:
        bad = bad & valid
    if bad.any():
        raise Unfit(int(bad.argmax()), why, advice)
