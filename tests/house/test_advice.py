"""Options that messages name are options of the command, and no message speaks Python alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from records_mover.cli.app import mvrec
from records_mover.cli.pair_names import STRICTNESS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
RAISED = re.compile(r"(Error|Exception|Cancelled|Refusal|Unable)$")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+[a-z]")
STRANGE = {"--upgrade", "--support-table"}
"""Options of other programs."""


def _said() -> Iterator[tuple[str, str]]:
    """Yield each text that is given to an error by position, and where."""
    for folder in ("core/src", *(f"plugins/{p.name}/src" for p in (ROOT / "plugins").iterdir())):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if not isinstance(node, ast.Call):
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if RAISED.search(name):
                    for text in map(ast.unparse, node.args):
                        yield f"{file.relative_to(ROOT)}:{node.lineno}", text


def _commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _commands(inner)


def test_every_option_that_an_error_names_is_one_of_the_command() -> None:
    known = {
        option
        for command in _commands(mvrec)
        for param in command.params
        if isinstance(param, click.Option)
        for option in (*param.opts, *param.secondary_opts)
    }
    said = {(where, option) for where, text in _said() for option in OPTION.findall(text)}
    assert len(said) > 10
    assert {each for each in said if each[1] not in known | STRANGE} == set()


def test_no_error_tells_the_command_line_of_arguments_that_only_python_has() -> None:
    words = [name.removeprefix("no_") for name in STRICTNESS]
    strange = re.compile("|".join((*(f"{word}=" for word in words), "=False", "=True")))
    assert [where for where, text in _said() if strange.search(text)] == []
