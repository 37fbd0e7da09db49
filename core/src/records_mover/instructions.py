"""How strict a move is: the flags that formats, planner and loaders all read."""

from __future__ import annotations

import math
from typing import Literal

from records_mover.frozen import frozen

__all__ = ["BadBytes", "ProcessingInstructions"]

BadBytes = Literal["fail", "strip", "replace"]


@frozen(kw_only=False)
class ProcessingInstructions:
    """How to treat what is not understood, cannot be honoured, or is plainly wrong.

    ``fail_if_dont_understand``: an unknown hint or variant is an error, else a warning.
    ``fail_if_cant_handle_hint``: a known hint that cannot be honoured is an error, else a warning.
    ``fail_if_row_invalid``: one bad row ends the move; False tolerates any number.
    ``max_inference_rows``: rows read to infer column types; None reads every row, so that the
    types hold for the whole of the data.
    ``max_failure_rows``: tolerated bad rows; None leaves it to ``fail_if_row_invalid``.
    ``bad_bytes``: what to do with NULs in text, and with bytes of a text file that are none: they
    make their row a bad one, are left out, or a replacement character takes their place.
    """

    fail_if_dont_understand: bool = True
    fail_if_cant_handle_hint: bool = True
    fail_if_row_invalid: bool = True
    max_inference_rows: int | None = None
    max_failure_rows: int | None = None
    bad_bytes: BadBytes = "fail"

    @property
    def tolerated(self) -> float:
        """The number of bad rows that may be left out: none, so many, or any number."""
        if self.max_failure_rows is not None:
            return self.max_failure_rows
        return 0 if self.fail_if_row_invalid else math.inf

    @property
    def tolerant(self) -> bool:
        """Whether bad rows are to be left out and counted, be it that none may occur."""
        return self.max_failure_rows is not None or not self.fail_if_row_invalid
