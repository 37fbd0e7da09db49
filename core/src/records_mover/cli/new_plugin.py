"""``mvrec plugins new``: the skeleton of a plugin, which works from the start."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from records_mover.cli.failures import MOVED
from records_mover.cli.options import talking
from records_mover.cli.parameters import Command, Option
from records_mover.errors import StoreError, UsageError
from records_mover.known_plugins import alias_of, known_plugin

if TYPE_CHECKING:
    from records_mover.cli.face import Face

__all__ = ["new"]

_NAME = r"[a-z][a-z0-9]*"
SKELETON = Path(__file__).with_name("skeleton")
FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "init.py": "src/mover_{name}/__init__.py",
    "plugin.py": "src/mover_{name}/plugin.py",
    "dialect.py": "src/mover_{name}/dialect.py",
    "database.py": "src/mover_{name}/database.py",
    "load.py": "src/mover_{name}/load.py",
    "unload.py": "src/mover_{name}/unload.py",
    "test_conformance.py": "tests/test_conformance.py",
}


@click.command(cls=Command)
@click.argument("name")
@click.option(
    "--folder",
    cls=Option,
    type=click.Path(path_type=Path),
    complete="folder",
    metavar="FOLDER",
    help="Where to make the plugin's folder. By default here.",
)
@talking
def new(face: Face, name: str, folder: Path | None) -> int:
    """Write the skeleton of a plugin for a database called NAME.

    It makes the folder mover-NAME, with a distribution that installs, works (it is SQLite under
    another name) and passes the conformance kit. See docs/writing-a-plugin.md.

    \b
    Example
      mvrec plugins new moonbase && cd mover-moonbase
      pip install -e '.[test]' && pytest
    """  # noqa: D301 - click's own escape
    made = _write(name, (folder or Path()) / f"mover-{name}")
    if face.json:
        face.result_data([str(path) for path in made])
    else:
        face.result("\n".join([*map(str, made), _next(made[0].parent)]))
    return MOVED


def _next(folder: Path) -> str:
    return f"next: cd {shlex.quote(str(folder))} && pip install -e '.[test]' && pytest"


def _check(name: str) -> None:
    """Raise for a name that a dialect cannot have, or that somebody has already."""
    what = f"{name!r} cannot be the name of a plugin and of its dialect"
    if not re.fullmatch(_NAME, name):
        near = re.sub(r"^[0-9]+|[^a-z0-9]", "", name.lower().removeprefix("mover-"))
        example = near if re.fullmatch(_NAME, near) else "moonbase"
        raise UsageError(what, f"use small letters and digits, as in {example!r}")
    owner = _owner(name)
    if owner:
        advice = f"take another for a start, such as {name}x: the skeleton is a dialect of its own"
        raise UsageError(f"{what}, as {owner} has it", advice)


def _owner(name: str) -> str:
    """Say who has a name already; nothing where nobody has."""
    from records_mover.plugins import Plugins

    for record in Plugins().records:
        dialects = {each for kind in record.offers.databases for each in kind.dialects}
        schemes = {scheme.name for scheme in record.offers.schemes}
        if name in {record.name, *dialects, *schemes} or f"mover-{name}" == record.distribution:
            return record.distribution
    if name in _dialects():
        return "SQLAlchemy"
    dialect = alias_of(name)
    return known_plugin("dialects", dialect) or known_plugin("schemes", name) or ""


def _dialects() -> set[str]:
    """Name SQLAlchemy's dialects, its own and those that are installed, without importing it."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    points = entry_points(group="sqlalchemy.dialects")
    spec = find_spec("sqlalchemy")
    folders = (spec and spec.submodule_search_locations) or ()
    own = (path.name for folder in folders for path in Path(folder, "dialects").iterdir())
    return {*(point.name.partition(".")[0] for point in points), *own}


def _write(name: str, folder: Path) -> list[Path]:
    """Write every file of the skeleton; none where there is something already."""
    _check(name)
    if folder.exists():
        raise UsageError(f"{str(folder)!r} is there already", "name another, or another --folder")
    words = {"name": name, "title": name.capitalize()}
    made = []
    try:
        for template, target in FILES.items():
            path = folder / target.format(**words)
            path.parent.mkdir(parents=True, exist_ok=True)
            text = (SKELETON / f"{template}.txt").read_text("utf-8")
            path.write_text(text.format(**words), "utf-8")
            made.append(path)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{str(folder)!r} cannot be written: {reason}", "name another") from error
    return made
