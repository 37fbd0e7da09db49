"""One version for five distributions, and a workflow that does what .ci/run does."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "core", *sorted((ROOT / "plugins").glob("mover-*"))]
VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


def version_of(folder: Path) -> str:
    (about,) = folder.glob("src/*/__about__.py")
    (version,) = VERSION.findall(about.read_text())
    return str(version)


def project_of(folder: Path) -> dict[str, object]:
    project: dict[str, object] = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return project


def test_five_distributions_have_one_version() -> None:
    assert len(FOLDERS) == 5
    assert len({version_of(folder) for folder in FOLDERS}) == 1
    assert all("version" in list(project_of(folder)["dynamic"]) for folder in FOLDERS)  # type: ignore[call-overload]


@pytest.mark.parametrize("folder", FOLDERS[1:], ids=lambda folder: folder.name)
def test_a_plugin_asks_for_a_core_of_the_same_major_version(folder: Path) -> None:
    major = version_of(folder).partition(".")[0]
    asked = [str(one) for one in project_of(folder)["dependencies"]]  # type: ignore[attr-defined]
    (core,) = [one for one in asked if one.startswith("records-mover")]
    assert re.fullmatch(rf"records-mover>={major}\.[0-9a-z.]+,<{int(major) + 1}", core)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_page_of_a_distribution_tells_of_its_extras(folder: Path) -> None:
    page = (folder / "README.md").read_text()
    extras = dict(project_of(folder).get("optional-dependencies", {}))  # type: ignore[call-overload]
    told = {word for pair in re.findall(r"`([\w-]+)`|\[([\w-]+)\]", page) for word in pair}
    assert extras.keys() <= told


def test_the_changes_of_the_version_are_told() -> None:
    base = version_of(FOLDERS[0]).partition(".dev")[0]
    heads = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heads[0] == base


def test_the_workflow_runs_what_must_pass_on_every_python() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    (job,) = workflow["jobs"].values()
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]
    named = [
        f"Programming Language :: Python :: {one}" for one in job["strategy"]["matrix"]["python"]
    ]
    for folder in FOLDERS:
        assert [one for one in project_of(folder)["classifiers"] if one in named] == named  # type: ignore[attr-defined]
    least = {str(project_of(folder)["requires-python"]) for folder in FOLDERS}
    assert least == {">=3.11"}


@pytest.mark.parametrize("script", [".ci/run", "deps.sh", "itest"])
def test_a_script_is_one_that_bash_can_read(script: str) -> None:
    subprocess.run(["bash", "-n", str(ROOT / script)], check=True)
    assert (ROOT / script).stat().st_mode & 0o111 or script == ".ci/run"


@pytest.fixture
def deps(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Run deps.sh on a machine that has these programs, each a line of shell, and little else."""
    for tool in ("bash", "dirname", "tr", "grep", "tail"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")

    def run(**programs: str) -> tuple[int, str]:
        for name, line in programs.items():
            (tmp_path / name.replace("_", ".")).write_text(f"#!{tmp_path}/bash\n{line}\n")
            (tmp_path / name.replace("_", ".")).chmod(0o755)
        ran = subprocess.run(
            ["bash", str(ROOT / "deps.sh")],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        return ran.returncode, ran.stdout + ran.stderr

    return run


TOOLS = {"git": "", "make": "echo made by $1"}
OLD, NEW = 'case "$2" in *version_info*) exit 1;; esac', ""


def test_deps_says_what_is_missing(deps: Callable[..., tuple[int, str]]) -> None:
    assert deps() == (1, "deps.sh: make is not installed; install it with your system's packages\n")
    code, said = deps(**TOOLS, python3=OLD)
    assert (code, "Python 3.11 or newer is needed" in said) == (1, True)
    code, said = deps(**TOOLS, python3='case "$2" in *ensurepip*) exit 1;; esac')
    assert (code, "on Debian and Ubuntu install python3-venv" in said) == (1, True)


def test_deps_takes_the_first_python_that_is_new_enough(
    deps: Callable[..., tuple[int, str]],
) -> None:
    code, said = deps(**TOOLS, python3=OLD, python3_12=NEW)
    assert (code, said.splitlines()[0]) == (0, "made by PYTHON=python3.12")


def test_deps_asks_pyenv_for_the_newest_python(
    deps: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to("/bin/true")
    pyenv = (
        'case "$1" in install) if [ "$2" = --list ]; then printf "  %s\\n" 3.9.1 3.13.9 3.13.10 '
        f'3.14.0rc1 3.15-dev; else echo "installs $3"; fi;; prefix) echo "{tmp_path}";; esac'
    )
    code, said = deps(**TOOLS, python3=OLD, pyenv=pyenv)
    lines = ["installs 3.13.10", f"made by PYTHON={tmp_path}/bin/python3"]
    assert (code, said.splitlines()[:2]) == (0, lines)
