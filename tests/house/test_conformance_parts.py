"""No part of our plugins is without a suite for plugin authors, and no suite without a part."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from records_mover.plugins import Plugins
from records_mover.testing import CredsSuite, LoaderSuite, PluginSuite, Suite, UnloaderSuite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.plugins import PluginRecord

ROOT = Path(__file__).parents[2]
OURS = sorted(path.name for path in (ROOT / "plugins").glob("mover-*"))

ELSEWHERE = {
    ("store", "stdio://"): "a pipe has no names, and is read once: tests/core/url/test_stdio.py",
    ("store", "http://"): "nothing is written to the web: tests/core/url/test_http.py",
    ("store", "https://"): "nothing is written to the web: tests/core/url/test_http.py",
}
"""Parts of the core that no suite fits, why, and what looks at them."""

Named = tuple[str, str]
"""A kind of part, as suites call it, and the name of one."""


@pytest.fixture(scope="module")
def suites() -> list[type[Suite]]:
    return [suite for path in ROOT.glob("tests/*/test_conformance.py") for suite in _suites(path)]


@pytest.mark.parametrize("distribution", OURS)
def test_each_part_that_a_plugin_offers_has_a_suite(
    suites: list[type[Suite]], distribution: str
) -> None:
    (record,) = [one for one in Plugins().records if one.distribution == distribution]
    offered, looked_at = set(_parts(record)), set(map(_subject, suites))
    assert len(offered) == 1 + len(record.offers.words()), "a kind of part has no kind of suite"
    assert offered - looked_at == set()


@pytest.mark.parametrize("name", ["files", "sql"])
def test_each_part_that_the_core_brings_has_a_suite(suites: list[type[Suite]], name: str) -> None:
    (record,) = [one for one in Plugins().records if one.name == name]
    _, *offered = _parts(record)
    assert set(offered) - set(map(_subject, suites)) - ELSEWHERE.keys() == set()


def test_each_suite_is_of_a_part_that_is_offered(suites: list[type[Suite]]) -> None:
    offered = {part for record in Plugins().records for part in _parts(record)}
    assert set(map(_subject, suites)) - offered == set()


def test_each_suite_has_tests_and_a_column_in_the_table(suites: list[type[Suite]]) -> None:
    for suite in suites:
        tests = [name for name in dir(suite) if name.startswith("test_") and getattr(suite, name)]
        assert tests, suite
        assert suite.subject, suite


def _suites(path: Path) -> Iterator[type[Suite]]:
    name = f"conformance_of_{path.parent.name}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for found in vars(module).values():
        if isinstance(found, type) and issubclass(found, Suite) and found.__module__ == name:
            yield found


def _parts(record: PluginRecord) -> Iterator[Named]:
    offers = record.offers
    yield ("plugin", record.distribution)
    yield from (("database", kind.name) for kind in offers.databases)
    yield from (("loader", part.name) for part in offers.loaders)
    yield from (("unloader", part.name) for part in offers.unloaders)
    yield from (("store", f"{scheme.name}://") for scheme in offers.schemes)
    if offers.creds:
        yield ("creds", record.name)


def _subject(suite: type[Suite]) -> Named:
    if issubclass(suite, (LoaderSuite, UnloaderSuite)):
        return (suite.kind, suite.part)
    if issubclass(suite, CredsSuite):
        return (suite.kind, suite.provider)
    if issubclass(suite, PluginSuite):
        return (suite.kind, suite.distribution)
    return (suite.kind, suite.subject)
