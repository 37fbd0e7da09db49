"""Saying what went wrong in one line, and the exit code for it."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from records_mover.errors import MoverError, NoRouteError, StoreError

if TYPE_CHECKING:
    from records_mover.cli.face import Face

__all__ = [
    "FAILED",
    "MOVED",
    "MOVED_IN_PART",
    "code_of",
    "is_broken_pipe",
    "report",
    "report_usage",
    "show_traceback",
    "words_of",
]

MOVED = 0
FAILED = 1
MOVED_IN_PART = 4


def report(face: Face, error: BaseException) -> int:
    """Say an error and return the exit code for it."""
    if is_broken_pipe(error):
        return FAILED
    what, advice = words_of(error, debug=face.debug)
    _say(face, what, advice, error)
    return code_of(error)


def words_of(error: BaseException, *, debug: bool = False) -> tuple[str, str | None]:
    """Return what went wrong, and what to do about it."""
    if isinstance(error, MoverError):
        return error.what, error.advice
    if isinstance(error, KeyboardInterrupt):
        return "cancelled", "nothing was changed"
    said = " ".join(str(error).split())
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return what, "this is a defect" if debug else "run again with --debug to see where"


def code_of(error: BaseException) -> int:
    """Return the exit code for an error."""
    return error.exit_code if isinstance(error, MoverError) else FAILED


def report_usage(face: Face, what: str, advice: str, code: int) -> int:
    """Say that a command cannot be understood; return ``code``."""
    _say(face, what, advice, None)
    return code


def _say(face: Face, what: str, advice: str | None, error: BaseException | None) -> None:
    refusals = error.refusals if isinstance(error, NoRouteError) else ()
    if error is not None:
        show_traceback(face, error)
    face.complain(_one_line(f"{what}; {advice}" if advice else what))
    for refusal in refusals:
        face.detail(f"  {_one_line(refusal)}")
    if face.json:
        data: dict[str, object] = {"error": what, "advice": advice}
        face.result_data({**data, "refused": list(refusals)} if refusals else data)


def show_traceback(face: Face, error: BaseException) -> None:
    """Show where an error came from, to those who asked for it."""
    if face.debug:
        face.detail("".join(traceback.format_exception(error)).rstrip())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def is_broken_pipe(error: BaseException) -> bool:
    """Whether whoever read our standard output has gone away, which is no news to anyone."""
    if isinstance(error, StoreError):
        return isinstance(error.__cause__, BrokenPipeError)
    return isinstance(error, BrokenPipeError)
