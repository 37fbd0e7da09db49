"""``mvrec plugins new`` writes what installs, works, and passes the conformance kit."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.commands import must_run

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[3] / "docs" / "writing-a-plugin.md"
BIN = Path(sys.executable).parent
Run = subprocess.CompletedProcess[str]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """The skeleton of a plugin."""
    must_run(BIN / "mvrec", "plugins", "new", "moonbase", folder=tmp_path)
    return tmp_path / "mover-moonbase"


def test_the_files_are_those_that_the_page_shows(made: Path) -> None:
    page, _, _ = PAGE.read_text().partition("\n## A store\n")  # which is another plugin's
    blocks = re.findall(r"```python\n# ((?:src/mover_moonbase|tests)/\S+)\n(.*?)```", page, re.S)
    assert [name for name, _ in blocks] == [
        "src/mover_moonbase/plugin.py",
        "src/mover_moonbase/load.py",
        "tests/test_conformance.py",
    ]
    for name, text in blocks:
        written = (made / name).read_text()
        for piece in text.split("\n\n\n"):
            assert piece.strip() in written


@pytest.mark.slow
def test_what_the_page_says_to_type_ends_with_a_plugin_that_conforms(
    made: Path, tmp_path: Path
) -> None:
    (typed,) = re.findall(r"```console\n(.*?)```", PAGE.read_text(), re.S)
    assert [line.split()[1:3] for line in typed.splitlines()] == [
        ["pip", "install"],
        ["mvrec", "plugins"],
        ["cd", "mover-moonbase"],
        ["pip", "install"],
        ["mvrec", "plugins"],
        ["pytest"],
    ]
    wheels, site = tmp_path / "wheels", tmp_path / "site"
    must_run(BIN / "hatchling", "build", "-t", "wheel", "-d", wheels, folder=made)
    must_run(
        *(BIN / "uv", "pip", "install", "-q", "--offline", "--no-deps"),
        *("--python", sys.executable, "--target", site),
        *wheels.glob("*.whl"),
        folder=made,
    )
    env = {"PYTHONPATH": str(site), "MOVER_STRICT_PLUGINS": "1"}
    listed = must_run(BIN / "mvrec", "plugins", folder=tmp_path, **env)
    assert "database moonbase, moonbase-select, moonbase-insert" in listed
    (tmp_path / "trips.csv").write_text("id,name\n1,Ann\n")
    must_run(
        BIN / "mvrec", "move", "trips.csv", "moonbase:///moon.db::trips", folder=tmp_path, **env
    )
    said = must_run(sys.executable, "-m", "pytest", "-q", "-W", "error", folder=made, **env)
    assert " passed" in said
    assert "skipped" not in said


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("mover-Moon", "moon"),
        ("1-st_2", "st2"),
        ("größe", "gre"),
        ("", "moonbase"),
    ],
)
def test_a_name_that_is_none_is_one_line(
    process: Callable[..., Run], name: str, near: str, tmp_path: Path
) -> None:
    ran = process("plugins", "new", name, "--folder", tmp_path)
    assert ran.returncode == 2
    assert "cannot be the name of a plugin" in ran.stderr
    assert ran.stderr.endswith(f"use small letters and digits, as in '{near}'\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("sql", "records-mover"),  # a plugin
        ("sqlite", "records-mover"),  # a dialect
        ("postgres", "mover-postgres"),  # a distribution
        ("mysql", "SQLAlchemy"),
        ("s3", "mover-s3"),  # a scheme
    ],
)
def test_a_name_that_somebody_has_is_one_line(
    process: Callable[..., Run], name: str, owner: str, tmp_path: Path
) -> None:
    ran = process("plugins", "new", name, "--folder", tmp_path)
    assert ran.returncode == 2
    assert f"as {owner}" in ran.stderr
    assert f"such as {name}x" in ran.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["class", "mover2"])
def test_words_of_python_and_odd_names_make_a_plugin_that_compiles(
    process: Callable[..., Run], name: str, tmp_path: Path
) -> None:
    folder = tmp_path / "my plugins"
    ran = process("plugins", "new", name, "--folder", folder)
    assert f"next: cd '{folder / f'mover-{name}'}' && pip install" in ran.stdout
    for path in folder.rglob("*.py"):
        compile(path.read_text(), path, "exec")


def test_what_is_there_stays(process: Callable[..., Run], made: Path) -> None:
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    ran = process("plugins", "new", "moonbase", "--folder", made.parent)
    assert ran.returncode == 2
    assert "is there already" in ran.stderr
    assert {path: path.read_bytes() for path in before} == before


def test_a_folder_that_cannot_be_written_is_one_line(
    process: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    ran = process("plugins", "new", "moonbase", "--folder", tmp_path / "file")
    assert ran.returncode == 1
    assert "cannot be written: not a directory" in ran.stderr
