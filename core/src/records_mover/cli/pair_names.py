"""The names of the commands ``<source>2<target>``, and the options that 1.x took before them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.parameters import AtLeast, Option

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PAIRS", "STRICTNESS", "strictness_options"]

_SOURCES = ("table", "gsheet", "recordsdir", "url", "file")
_TARGETS = ("gsheet", "table", "recordsdir", "url", "file", "spectrum")

PAIRS = tuple(f"{source}2{target}" for source in _SOURCES for target in _TARGETS)

STRICTNESS = {
    "no_fail_if_dont_understand": "Warn of a hint or variant that nobody knows.",
    "no_fail_if_cant_handle_hint": "Warn of a hint that cannot be honoured.",
    "no_fail_if_row_invalid": "Leave out rows that do not fit.",
    "max_inference_rows": "Read at most so many rows to find out types. By default all.",
    "max_failure_rows": "Leave out at most so many rows that do not fit.",
}
"""The fields of ``ProcessingInstructions`` as options."""


_option = partial(click.option, cls=Option, section="What does not fit")


def strictness_options(*, hidden: bool) -> Callable[[Any], Any]:
    """Return the decorator that gives a command these options."""

    def decorate(function: Any) -> Any:
        for name, what in reversed(STRICTNESS.items()):
            if name.startswith("no_"):
                option = _option(f"--{name}", name, is_flag=True, hidden=hidden, help=what)
            else:
                names = (f"--{name}", f"--{name.replace('_', '-')}")
                kind = AtLeast(0)
                option = _option(*names, name, type=kind, metavar="N", hidden=hidden, help=what)
            function = option(function)
        return function

    return decorate
