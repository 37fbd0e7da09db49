"""How strict a move is: the flags that formats, planner and loaders all read."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ProcessingInstructions"]


@dataclass(frozen=True, slots=True)
class ProcessingInstructions:
    """How to treat what is not understood, cannot be honoured, or is plainly wrong.

    ``fail_if_dont_understand``: an unknown hint or variant is an error, else a warning.
    ``fail_if_cant_handle_hint``: a known hint that cannot be honoured is an error, else a warning.
    ``fail_if_row_invalid``: one bad row ends the move; False tolerates any number.
    ``max_inference_rows``: rows read to infer column types; None reads every row, so that the
    types hold for the whole of the data.
    ``max_failure_rows``: tolerated bad rows; None leaves it to ``fail_if_row_invalid``.
    """

    fail_if_dont_understand: bool = True
    fail_if_cant_handle_hint: bool = True
    fail_if_row_invalid: bool = True
    max_inference_rows: int | None = None
    max_failure_rows: int | None = None
