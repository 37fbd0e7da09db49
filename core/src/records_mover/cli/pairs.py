"""The thirty commands ``<source>2<target>`` of 1.x, each made when it is asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.moving import run_one
from records_mover.cli.options import progressing, talking
from records_mover.cli.pair_ends import SOURCES, TARGETS
from records_mover.cli.pair_names import STRICTNESS, strictness_options
from records_mover.cli.parameters import Argument, Command, Option
from records_mover.cli.values import parse_hint
from records_mover.errors import UsageError
from records_mover.formats.delimited.hints import HINTS, VARIANTS
from records_mover.instructions import ProcessingInstructions
from records_mover.records.existing import ExistingTableHandling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from records_mover.cli.face import Face
    from records_mover.cli.pair_ends import SourceKind, TargetKind
    from records_mover.formats.delimited.hints import Hint
    from records_mover.meter import Cancellation, Meter
    from records_mover.records.result import MoveResult
    from records_mover.session import Session

    Decorator = Callable[[Any], Any]

__all__ = ["pair_command"]

DEFAULT_VARIANT = "bluelabs"
FORMATS = ("avro", "delimited", "jsonl", "parquet")


def pair_command(name: str) -> click.Command:
    """Make one of the commands."""
    left, _, right = name.partition("2")
    source, target = SOURCES[left], TARGETS[right]

    def work(face: Face, **given: Any) -> int:
        return _run(face, source, target, given)

    decorated = strictness_options(hidden=False)(progressing(talking(work)))
    declared = [*_parameters("source", source), *_parameters("target", target)]
    for declare in reversed(declared):
        decorated = declare(decorated)
    made: click.Command = click.command(name, cls=Command, help=_help(source, target))(decorated)
    return made


def _help(source: SourceKind, target: TargetKind) -> str:
    words = [f"source.{one}" for one in source.arguments]
    words += [f"target.{one}" for one in target.arguments]
    lines = [f"Move {source.what} to {target.what}, as in 1.x.", ""]
    lines += ["\b", "Arguments, in this order"]
    said = [*source.arguments.values(), *target.arguments.values()]
    lines += [f"  {word:<28} {what}" for word, what in zip(words, said, strict=True)]
    if source.today and target.today:
        lines += ["", "\b", "In the words of today", f"  mvrec move {source.today} \\"]
        lines += [f"    {target.today}"]
    else:
        lines += ["", "Refused as yet: no plugin opens Google sheets. Take a file of it."]
    return "\n".join(lines)


_COMPLETED = {
    "db_name": "connection",
    "filename": "file",
    "input_url": "file",
    "output_url": "file",
    "url": "file",
}


def _parameters(side: str, kind: SourceKind | TargetKind) -> Iterator[Decorator]:
    option = _option_of(side)
    for name in kind.arguments:
        metavar = f"{side}.{name}".upper()
        completed = _COMPLETED.get(name)
        yield click.argument(f"{side}__{name}", cls=Argument, metavar=metavar, complete=completed)
    for name, what in kind.options.items():
        yield option(*_named(side, name), help=_sentence(what))
    if kind.existing is not None:
        modes = [one.name.lower() for one in ExistingTableHandling]
        yield option(
            *_named(side, "existing_table"),
            type=click.Choice(modes),
            metavar="MODE",
            default=kind.existing.name.lower(),
            show_default=True,
            help=f"What to do with a table that is there: {', '.join(modes[:-1])} or {modes[-1]}.",
        )
    for name, what in kind.flags.items():
        yield option(*_named(side, name), is_flag=True, help=_sentence(what))
    if kind.written:
        yield from _format_options(side)


def _option_of(side: str) -> Callable[..., Decorator]:
    return partial(click.option, cls=Option, section=side.capitalize())


def _named(side: str, name: str) -> tuple[str, str]:
    """Name an option as 1.x did, and the parameter that it becomes."""
    prefix, bare = ("no_", name[3:]) if name.startswith("no_") else ("", name)
    return f"--{prefix}{side}.{bare}", f"{side}__{name}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _format_options(side: str) -> Iterator[Decorator]:
    option = _option_of(side)
    yield option(
        f"--{side}.variant",
        f"{side}__variant",
        type=click.Choice(list(VARIANTS)),
        metavar="VARIANT",
        help=f"Which delimited text: {', '.join(VARIANTS)}.",
    )
    yield option(
        f"--{side}.format",
        f"{side}__format",
        type=click.Choice(FORMATS),
        metavar="FORMAT",
        help=f"How the file is written: {', '.join(FORMATS)}.",
    )
    for hint in HINTS.values():
        yield from _hint_options(side, hint)


def _hint_options(side: str, hint: Hint) -> Iterator[Decorator]:
    option = _option_of(side)
    flag, parameter = f"{side}.{hint.attribute}", f"{side}__hint_{hint.attribute}"
    off, what = f"--{side}.no_{hint.attribute}", _sentence(hint.meaning)
    if True in hint.values:
        yield option(f"--{flag}/{off}", parameter, default=None, help=what)
        return
    words = [str(value) for value in hint.values if value is not None]
    closed = hint.values and hint.name != "encoding"
    kind = click.Choice(words, case_sensitive=False) if closed else None
    yield option(f"--{flag}", parameter, type=kind, help=what)
    if None in hint.values:
        name = f"{side}__none_{hint.attribute}"
        yield option(off, name, is_flag=True, help=f"There is no {hint.name}.")


def _run(face: Face, source: SourceKind, target: TargetKind, given: dict[str, Any]) -> int:
    instructions = _instructions(given)
    left, right = _of_side(given, "source"), _of_side(given, "target")
    options = {**_move_options(left, ""), **_move_options(right, "target_")}

    def moving(session: Session, meter: Meter, cancellation: Cancellation) -> MoveResult:
        return session.move(
            source.make(session, left),
            target.make(session, right),
            instructions,
            meter=meter,
            cancellation=cancellation,
            **options,
        )

    return run_one(face, moving)


def _instructions(given: Mapping[str, Any]) -> ProcessingInstructions:
    """Return how strict to be: as said before the command, or behind it."""
    before = click.get_current_context().find_root().params
    said = {
        name: before.get(name) if given[name] in (None, False) else given[name]
        for name in STRICTNESS
    }
    own: dict[str, Any] = {
        name.removeprefix("no_"): not value if name.startswith("no_") else value
        for name, value in said.items()
    }
    return ProcessingInstructions(**own)


def _of_side(given: Mapping[str, Any], side: str) -> dict[str, Any]:
    mark = f"{side}__"
    return {
        name.removeprefix(mark): value for name, value in given.items() if name.startswith(mark)
    }


def _move_options(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return what was said of a file's format, by the names of ``MoveOptions``.

    As in 1.x delimited text is of the variant bluelabs where none is said, and a variant says
    whether there is a header.
    """
    kind, variant = values.get("format"), values.get("variant")
    hints = dict(_hints(values))
    if variant is None and kind == "delimited":
        variant = DEFAULT_VARIANT
    if variant is not None:
        hints = {"header-row": VARIANTS[variant]["header-row"], **hints}
    said = {"format": kind, "variant": variant, "hints": hints}
    return {f"{prefix}{name}": value for name, value in said.items() if value}


def _hints(values: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for hint in HINTS.values():
        value = values.get(f"hint_{hint.attribute}")
        if values.get(f"none_{hint.attribute}"):
            if value is not None:
                what = f"a {hint.name} is given, and none of it too"
                raise UsageError(what, "leave out one of them")
            yield hint.name, None
        elif isinstance(value, str):
            yield (hint.name, value) if hint.values else parse_hint(f"{hint.name}={value}")
        elif value is not None:
            yield hint.name, value
