"""Fake plugins in a site of their own, and the plugins that a process then has."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING, Protocol

import pytest

from records_mover.plugins import PluginRecord, Plugins
from support.fakeplugins import FakePlugin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.fakeplugins import FakeSite

HEAD = """
from records_mover.hookspecs import hookimpl
from records_mover.parts import Creds, DatabaseKind, FormatKind, Offer, Refusal
from records_mover.url import Scheme

MOVER_API = 1


class Mover:
    def __init__(self, name, *dialects):
        self.name, self.dialects = name, frozenset(dialects)

    def offers(self, ask):
        return []

    def load(self, job, payload):
        raise NotImplementedError

    unload = load
"""


class Load(Protocol):
    """Installs fake plugins and returns the plugins that a process then has."""

    def __call__(
        self, *plugins: FakePlugin, strict: bool = False, disabled: list[str] | None = None
    ) -> Plugins:
        """Install and load."""
        ...


class Write(Protocol):
    """Makes a fake plugin of the body of its module."""

    def __call__(self, name: str, body: str) -> FakePlugin:
        """Make one."""
        ...


@pytest.fixture
def plugin() -> Write:
    """Make a plugin whose module has a body of one's own."""

    def make(name: str, body: str) -> FakePlugin:
        return FakePlugin(name=name, source=HEAD + dedent(body))

    return make


@pytest.fixture
def load(fake_site: FakeSite) -> Iterator[Load]:
    """Install fake plugins, and load them with the real ones."""
    with fake_site.on_path():

        def install_and_load(
            *plugins: FakePlugin, strict: bool = False, disabled: list[str] | None = None
        ) -> Plugins:
            fake_site.install(*plugins)
            return Plugins(strict=strict, disabled=disabled)

        yield install_and_load


@pytest.fixture
def record() -> RecordOf:
    """Find what is known of one distribution."""

    def find(plugins: Plugins, distribution: str) -> PluginRecord:
        (found,) = [one for one in plugins.records if one.distribution == distribution]
        return found

    return find


class RecordOf(Protocol):
    """Finds the record of a distribution."""

    def __call__(self, plugins: Plugins, distribution: str) -> PluginRecord:
        """Find it."""
        ...
