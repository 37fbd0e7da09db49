"""The options that commands share, and what they mean to a move."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.face import Face
from records_mover.cli.failures import FAILED, report
from records_mover.cli.streams import abandon_stdout
from records_mover.cli.values import names, parse_hint, size

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["move_options", "progressing", "reading", "rows", "talking", "writing"]

MODES = ("append", "delete", "truncate", "drop", "replace", "upsert")


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
_hint = partial(
    click.option,
    multiple=True,
    metavar="NAME=VALUE",
    callback=_read(lambda texts: tuple(map(parse_hint, texts))),
)

reading = _stacked(
    click.option(
        "--format",
        metavar="F",
        help="How the source file is written: csv, tsv, delimited, "
        "parquet, avro, jsonl or orc. Found out when not said.",
    ),
    click.option(
        "--variant", metavar="V", help="Which delimited text, such as csv, dumb or bluelabs."
    ),
    _hint(
        "--hint",
        help="One thing about the source file, such as field-delimiter='\\t', "
        "header-row=false or compression=null. Repeat for more.",
    ),
)
rows = _stacked(
    click.option(
        "--query",
        metavar="SQL",
        help="Take the result of this SELECT; the source is then written DATABASE:: with no table.",
    ),
    click.option(
        "--columns",
        metavar="A,B",
        multiple=True,
        callback=_lists,
        help="Take these columns of a table, in this order.",
    ),
)
writing = _stacked(
    click.option(
        "--if-exists",
        type=click.Choice(MODES),
        help="What to do with a table that is there already. The default, append, loses nothing.",
    ),
    click.option(
        "--key",
        metavar="COL[,COL]",
        multiple=True,
        callback=_lists,
        help="The columns that tell rows apart, for upsert.",
    ),
    click.option(
        "--target-format",
        metavar="F",
        help="How to write a file. By default its name says; CSV with a header where it does not.",
    ),
    click.option("--target-variant", metavar="V", help="Which delimited text to write."),
    _hint("--target-hint", help="One thing about the file to write. Repeat for more."),
    click.option(
        "--rows-per-file",
        type=click.IntRange(min=1),
        metavar="N",
        help="Write a folder as files of at most so many rows.",
    ),
    click.option(
        "--bytes-per-file",
        metavar="SIZE",
        callback=_read(size),
        help="Write a folder as files of about so many bytes, such as 64M or 1G.",
    ),
    click.option(
        "--schema",
        metavar="FILE",
        help="The records schema of a source file, as "
        "'mvrec schema' prints it, instead of the types found in it.",
    ),
    click.option(
        "--verify",
        is_flag=True,
        default=None,
        help="Compare what arrived with what was sent, before it is committed or shown: a count of "
        "the rows, and a checksum of each column.",
    ),
    click.option(
        "--parallel",
        type=click.IntRange(min=1),
        metavar="N",
        help="At most so many streams at once.",
    ),
    click.option(
        "--max-failure-rows",
        type=click.IntRange(min=0),
        metavar="N",
        help="Leave out at most so many rows that do not fit, and move the others. "
        "Without it the first such row ends the move.",
    ),
    click.option(
        "--rejects",
        metavar="FILE",
        help="Write the rows that were left out to this CSV file: "
        "file, line, column, reason and the row's own text.",
    ),
    click.option(
        "--bad-bytes",
        type=click.Choice(("fail", "strip", "replace")),
        help="What to do with NULs and bytes that are no text. "
        "The default, fail, makes the row a bad one.",
    ),
    click.option(
        "--allow-lossy",
        metavar="COL",
        multiple=True,
        help="Let this column lose what its target cannot hold, or 'all' of them. Without it such "
        "a move is refused; 'mvrec explain' says what each column would lose. Repeat for more.",
    ),
    click.option(
        "--scratch",
        metavar="URL",
        help="Where files may be staged on the way. By default what SCRATCH_S3_URL names.",
    ),
)
progressing = click.option(
    "--progress/--no-progress",
    default=None,
    help="Show rows, bytes, rate and time left on stderr. By default on a terminal.",
)
_talking = _stacked(
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout."),
    click.option("--quiet", "-q", is_flag=True, help="Say nothing on stderr but errors."),
    click.option(
        "--debug",
        is_flag=True,
        help="Log each step, and show the traceback of an error. Passwords stay hidden.",
    ),
)


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
