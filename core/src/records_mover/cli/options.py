"""The options that commands share, and what they mean to a move."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.face import Face
from records_mover.cli.failures import FAILED, report
from records_mover.cli.parameters import MODES as MODES_OF_TABLES
from records_mover.cli.parameters import OUTPUT, Argument, AtLeast, Option, Variant
from records_mover.cli.streams import abandon_stdout
from records_mover.cli.values import names, parse_hint, size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "looking",
    "move_options",
    "progressing",
    "reading",
    "rows",
    "source_argument",
    "talking",
    "target_argument",
    "with_schema",
    "writing",
]

MODES = tuple(MODES_OF_TABLES)


def _stacked(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return one decorator for several options, shown in this order."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _read(reader: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a callback that reads an option's values, and says which option it cannot read."""

    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        try:
            return reader(value)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from error

    return callback


_lists = _read(names)


def _read_hints(texts: tuple[str, ...]) -> tuple[tuple[str, object], ...]:
    hints = tuple(map(parse_hint, texts))
    if hints:
        from records_mover.formats.delimited.hints import unknown_hints

        for strange in unknown_hints(dict(hints)):
            raise ValueError(f"no hint is called {strange}")
    return hints


def _in(section: str) -> Callable[..., Any]:
    """Return how to declare an option of a section of the help page."""
    return partial(click.option, cls=Option, section=section)


_source, _target = _in("Source"), _in("Target")
_misfit, _way, _output = _in("What does not fit"), _in("Move"), _in(OUTPUT)
_hint = {
    "multiple": True,
    "metavar": "NAME=VALUE",
    "complete": "hint",
    "callback": _read(_read_hints),
}

FORMATS = ("csv", "tsv", "delimited", "parquet", "avro", "jsonl", "orc")
"""What there is: here too, as to import it from where it is made would cost each start."""

_format = {"type": click.Choice(FORMATS, case_sensitive=False), "metavar": "FORMAT"}
_variant = {"type": Variant(), "metavar": "VARIANT", "complete": "variant"}

reading = _stacked(
    _source(
        "--format",
        **_format,
        help=f"How the source file is written: {', '.join(FORMATS[:-1])} or {FORMATS[-1]}. "
        "Found out when not said.",
    ),
    _source(
        "--variant",
        **_variant,
        help="Which delimited text.",
    ),
    _source(
        "--hint",
        **_hint,
        help="One thing about the source file, such as field-delimiter='\\t', "
        "header-row=false or compression=null. Repeat for more.",
    ),
)
rows = _stacked(
    _source(
        "--query",
        metavar="SQL",
        help="Take the result of this SELECT; the source is then written DATABASE:: with no table.",
    ),
    _source(
        "--columns",
        metavar="A,B",
        multiple=True,
        callback=_lists,
        help="Take these columns of a table, in this order.",
    ),
)
with_schema: Callable[[Any], Any] = _source(
    "--schema",
    metavar="FILE",
    complete="file",
    help="The records schema of a source file, as "
    "'mvrec schema' prints it, instead of the types found in it.",
)
writing = _stacked(
    _target(
        "--if-exists",
        type=click.Choice(MODES),
        metavar="MODE",
        help=f"What to do with a table that is there already: {', '.join(MODES[:-1])} or "
        f"{MODES[-1]}. The default, append, loses nothing.",
    ),
    _target(
        "--key",
        metavar="COL[,COL]",
        multiple=True,
        callback=_lists,
        help="The columns that tell rows apart, for upsert.",
    ),
    _target(
        "--target-format",
        **_format,
        help="How to write a file. By default its name says; CSV with a header where it does not.",
    ),
    _target("--target-variant", **_variant, help="Which delimited text to write."),
    _target("--target-hint", **_hint, help="One thing about the file to write. Repeat for more."),
    _target(
        "--rows-per-file",
        type=AtLeast(1),
        metavar="N",
        help="Write a folder as files of at most so many rows.",
    ),
    _target(
        "--bytes-per-file",
        metavar="SIZE",
        callback=_read(size),
        help="Write a folder as files of about so many bytes, such as 64M or 1G.",
    ),
    _misfit(
        "--max-failure-rows",
        type=AtLeast(0),
        metavar="N",
        help="Leave out at most so many rows that do not fit, and move the others. "
        "Without it the first such row ends the move.",
    ),
    _misfit(
        "--rejects",
        metavar="FILE",
        complete="file",
        help="Write the rows that were left out to this CSV file: "
        "file, line, column, reason and the row's own text.",
    ),
    _misfit(
        "--bad-bytes",
        type=click.Choice(("fail", "strip", "replace")),
        metavar="MODE",
        help="What to do with NULs and bytes that are no text: fail, strip or replace. "
        "The default, fail, makes the row a bad one.",
    ),
    _misfit(
        "--allow-lossy",
        metavar="COL",
        multiple=True,
        help="Let this column lose what its target cannot hold, or 'all' of them. Without it such "
        "a move is refused; 'mvrec explain' says what each column would lose. Repeat for more.",
    ),
    _way(
        "--verify",
        is_flag=True,
        default=None,
        help="Compare what arrived with what was sent, before it is committed or shown: a count of "
        "the rows, and a checksum of each column.",
    ),
    _way(
        "--parallel",
        type=AtLeast(1),
        metavar="N",
        help="At most so many streams at once.",
    ),
    _way(
        "--scratch",
        metavar="URL",
        help="Where files may be staged on the way. By default what SCRATCH_S3_URL names.",
    ),
)
progressing: Callable[[Any], Any] = _output(
    "--progress/--no-progress",
    default=None,
    help="Show rows, bytes, rate and time left on stderr. By default on a terminal.",
)
_talking = _stacked(
    _output("--json", "as_json", is_flag=True, help="Print one JSON object on stdout."),
    _output("--quiet", "-q", is_flag=True, help="Say nothing on stderr but errors."),
    _output(
        "--debug",
        is_flag=True,
        help="Log each step, and show the traceback of an error. Passwords stay hidden.",
    ),
)


def source_argument(function: Any) -> Any:
    """Give a command the argument SOURCE."""
    return click.argument("source", cls=Argument, complete="end")(function)


def target_argument(function: Any) -> Any:
    """Give a command the argument TARGET."""
    return click.argument("target", cls=Argument, complete="end")(function)


def talking(work: Callable[..., int]) -> Any:
    """Give a command its ``Face``, and make what it returns or raises the exit code."""

    @_talking
    @wraps(work)
    def run(*, as_json: bool, quiet: bool, debug: bool, **given: Any) -> None:
        face = Face(json=as_json, quiet=quiet, debug=debug, progress=given.pop("progress", None))
        with face.listening():
            code = _run(face, partial(work, face, **given))
        raise click.exceptions.Exit(code)

    return run


def looking(work: Callable[..., int]) -> Any:
    """Give a command that changes nothing its ``Face``; Ctrl-C ends it at once."""

    @wraps(work)
    def run(face: Face, **given: Any) -> int:
        from records_mover.cli.running import run_stoppable

        return run_stoppable(partial(work, face, **given))

    return talking(run)


def _run(face: Face, work: Callable[[], int]) -> int:
    try:
        code = work()
    except click.ClickException:
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last one to hear of it
        code = report(face, error)
    with suppress(OSError):
        sys.stdout.flush()
        return code
    abandon_stdout()
    return FAILED


def move_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given, by their names in ``MoveOptions``."""
    said = {name: value for name, value in given.items() if value not in (None, ())}
    for name in ("hint", "target_hint"):
        if name in said:
            said[f"{name}s"] = dict(said.pop(name))
    return said
