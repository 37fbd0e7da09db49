"""One version for five distributions, and a workflow that does what .ci/run does."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

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


def test_deps_says_what_is_missing(tmp_path: Path) -> None:
    for tool in ("bash", "dirname"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    ran = subprocess.run(
        ["bash", str(ROOT / "deps.sh")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, "make is not installed" in ran.stderr) == (1, True)
