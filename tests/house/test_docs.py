"""What the documentation says is so: links lead somewhere, commands exist, examples work."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from records_mover import formats, parts
from records_mover.hookspecs import MoverSpecs
from support.commands import must_run

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "core/*.md", "plugins/*/*.md")
    for path in ROOT.glob(pattern)
)
# What needs Airflow is imported in its own environment.
DESCRIBED = [
    name
    for page in ("api.md", "api-parts.md")
    for name in re.findall(r"^::: (\S+)", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    if not name.startswith("records_mover.airflow.")
]
ROOMS = "creds db errors formats hookspecs pandas parts records schema testing url utils"
PUBLIC = ["records_mover", *(f"records_mover.{name}" for name in ROOMS.split())]
HOOKS = sorted(name for name in vars(MoverSpecs) if name.startswith("mover_"))


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    near = [link for link in links if "://" not in link]
    assert [link for link in near if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("name", DESCRIBED)
def test_what_the_api_page_describes_is_there(name: str) -> None:
    assert pkgutil.resolve_name(name).__doc__


@pytest.mark.parametrize("package", PUBLIC)
def test_what_a_package_makes_public_is_on_a_page_of_the_api(package: str) -> None:
    module = importlib.import_module(package)
    shown = [pkgutil.resolve_name(name) for name in DESCRIBED]
    whole = {one.__name__ for one in shown if inspect.ismodule(one)}
    public = {name: getattr(module, name) for name in module.__all__}
    ours = {
        name: one
        for name, one in public.items()
        if inspect.isroutine(inspect.unwrap(one)) or inspect.isclass(one)
        if one.__module__.startswith("records_mover.")
    }
    assert ours or package == "records_mover.hookspecs"
    left = [name for name, one in ours.items() if one not in shown and one.__module__ not in whole]
    assert left == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_and_name_that_is_written_down_exists(page: Path) -> None:
    rooms = ROOMS.replace(" ", "|")
    for name in re.findall(rf"`(?:records_mover\.)?((?:{rooms})(?:\.\w+)+)", page.read_text()):
        if not name.endswith(".py"):
            assert pkgutil.resolve_name(f"records_mover.{name}")
    for path in re.findall(r"`(\w+(?:/\w+)+\.py)`", page.read_text()):
        places = (ROOT, ROOT / "core/src", ROOT / "core/src/records_mover")
        ours = path == "tests/test_conformance.py" or any((one / path).exists() for one in places)
        assert ours, path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_is_written_down_exists(page: Path) -> None:
    text = page.read_text()
    named = set(re.findall(r"`make ([a-z0-9-]+)", text))
    for block in re.findall(r"^```\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        named |= set(re.findall(r"^make ([a-z0-9-]+)", block, re.MULTILINE))
    assert named <= _targets()


def test_every_make_target_is_described() -> None:
    described = set(re.findall(r"`make ([a-z0-9-]+)`", (ROOT / "docs/maintenance.md").read_text()))
    assert _targets() - {"help"} == described


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_on_the_page_for_plugin_authors(hook: str) -> None:
    assert f"`{hook}(" in (ROOT / "docs/writing-a-plugin.md").read_text()


def test_the_answer_on_the_page_for_plugin_authors_offers_files_that_are_staged() -> None:
    page = (ROOT / "docs/writing-a-plugin.md").read_text()
    (block,) = re.findall(r"```python\n(def offers\(.*?)```", page, re.DOTALL)
    pipes = formats.DelimitedRecordsFormat("bluelabs", {"field-delimiter": "|"})
    known = {name: getattr(room, name) for room in (parts, formats) for name in room.__all__}
    known |= {"PIPES": pipes, "why_not": lambda _: "", "slices": 2}
    exec(block, known)
    table = parts.Selection(table=parts.TableName(name="t"))
    database: Any = None
    ask = parts.Ask(database=database, selection=table, scratch="s3://bucket/scratch/")
    offers = known["offers"](None, ask)
    assert [offer.form.format for offer in offers] == [pipes, formats.ParquetRecordsFormat()]
    assert all(offer.form.place.startswith("s3://bucket/scratch/") for offer in offers)


@pytest.mark.slow
def test_the_store_on_the_page_for_plugin_authors_installs_and_conforms(tmp_path: Path) -> None:
    page = (ROOT / "docs/writing-a-plugin.md").read_text().partition("\n## A store\n")[2]
    files = re.findall(r"```(?:python|toml)\n# (\S+)\n(.*?)```", page, re.DOTALL)
    for name, text in files:
        path = tmp_path / "mover-moon" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    folder, wheels, site = tmp_path / "mover-moon", tmp_path / "wheels", tmp_path / "site"
    must_run(BIN / "hatchling", "build", "-t", "wheel", "-d", wheels, folder=folder)
    must_run(
        *(BIN / "uv", "pip", "install", "-q", "--offline", "--no-deps"),
        *("--python", sys.executable, "--target", site),
        *wheels.glob("*.whl"),
        folder=folder,
    )
    env = {"PYTHONPATH": str(site), "MOVER_STRICT_PLUGINS": "1"}
    listed = must_run(BIN / "mvrec", "plugins", folder=folder, **env)
    assert re.search(r"\bmover-moon .* ok +moon://", listed)
    said = must_run(sys.executable, "-m", "pytest", "-q", "-W", "error", folder=folder, **env)
    assert " passed" in said
    assert "skipped" not in said
