"""What click says of a command line that makes no sense, in our words."""

from __future__ import annotations

import click

from records_mover.utils.words import meant

__all__ = ["words_of_usage"]

COMMON = ("--json", "--quiet", "-q", "--debug", "--progress", "--no-progress")
"""Options of every command, which some write before its name."""


def words_of_usage(error: click.ClickException, program: str) -> tuple[str, str]:
    """Return what is wrong with a command line, and what to do about it."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context is not None else program
    see = f"see {path} --help"
    if isinstance(error, click.NoSuchOption):
        return _no_such_option(error, see, first=path == program)
    what = " ".join(error.format_message().split()).rstrip(".")
    what, _, did_you_mean = what.partition(". Did you mean ")
    if did_you_mean:
        what = f"{what} (did you mean {did_you_mean.rstrip('?')}?)"
    if "unexpected extra argument" in what:
        see = f"put what has blanks in it into quotes, or {see}"
    return f"{what[:1].lower()}{what[1:]}", see


def _no_such_option(error: click.NoSuchOption, see: str, *, first: bool) -> tuple[str, str]:
    name = error.option_name
    if first and name in COMMON:
        return f"{name} goes behind the name of a command", f"as in 'mvrec move ... {name}'"
    near = meant(name, error.possibilities or ())
    if not name.startswith("--"):
        see = f"write ./ before a file's name that begins with '-', or {see}"
    return f"no such option {name!r}{near}", see
