"""Distributions made for a test: installed for real, in a site directory of their own.

Each has metadata and an entry point, so that discovery finds it as it finds any other plugin::

    site = FakeSite(tmp_path)
    site.install(working("mover-moon", scheme="moon"))
    with site.on_path():
        ...                                     # in this process
    subprocess.run([...], env=os.environ | site.env)    # in another one
"""

from __future__ import annotations

import importlib
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "FakePlugin",
    "FakeSite",
    "failing_import",
    "other_api",
    "raising",
    "unregistrable",
    "without_api",
    "working",
]

_HEAD = """
from records_mover import hookimpl

MOVER_API = 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FakePlugin:
    """A distribution called ``name`` whose only module has ``source`` as its text.

    ``points`` are entry points of other groups, as the text of its metadata has them.
    """

    name: str
    source: str
    version: str = "1.0"
    requires: tuple[str, ...] = ()
    points: str = ""

    @property
    def module(self) -> str:
        """The import name."""
        return self.name.replace("-", "_")


class FakeSite:
    """A directory that holds installed distributions, to be put on the path."""

    def __init__(self, base: Path) -> None:
        self.path = base / "site"
        self.path.mkdir(parents=True, exist_ok=True)
        self._modules: list[str] = []

    @property
    def env(self) -> dict[str, str]:
        """What a child process needs in its environment to find the plugins."""
        others = os.environ.get("PYTHONPATH")
        return {"PYTHONPATH": os.pathsep.join([str(self.path), *([others] if others else [])])}

    def install(self, *plugins: FakePlugin) -> None:
        """Install distributions."""
        for plugin in plugins:
            self._modules.append(plugin.module)
            (self.path / f"{plugin.module}.py").write_text(plugin.source)
            info = self.path / f"{plugin.module}-{plugin.version}.dist-info"
            info.mkdir()
            for name, text in _metadata(plugin).items():
                (info / name).write_text(text)

    @contextmanager
    def on_path(self) -> Iterator[None]:
        """Let this process find the plugins; afterwards it has forgotten them."""
        sys.path.insert(0, str(self.path))
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path.remove(str(self.path))
            for name in self._modules:
                sys.modules.pop(name, None)
            importlib.invalidate_caches()


def _metadata(plugin: FakePlugin) -> dict[str, str]:
    head = f"Metadata-Version: 2.1\nName: {plugin.name}\nVersion: {plugin.version}\n"
    required = "".join(f"Requires-Dist: {each}\n" for each in plugin.requires)
    return {
        "METADATA": head + required,
        "entry_points.txt": f"[records_mover]\n{plugin.module} = {plugin.module}\n{plugin.points}",
        "INSTALLER": "tests\n",
        "RECORD": f"{plugin.module}.py,,\n",
    }


def working(name: str = "mover-moon", *, scheme: str = "moon") -> FakePlugin:
    """A plugin that owns a URL scheme and does nothing wrong."""
    body = f"""
    @hookimpl
    def mover_schemes():
        from records_mover.url import Scheme

        return [Scheme(name={scheme!r}, store=lambda context: None)]
    """
    return FakePlugin(name=name, source=_HEAD + dedent(body))


def failing_import(name: str = "mover-torn", *, missing: str = "a_driver_nobody_has") -> FakePlugin:
    """A plugin whose module does not import, since its driver is missing."""
    return FakePlugin(name=name, source=f"import {missing}\n{_HEAD}")


def other_api(name: str = "mover-older", *, api: int = 99) -> FakePlugin:
    """A plugin made for another version of the hooks."""
    source = _HEAD.replace("MOVER_API = 1", f"MOVER_API = {api}")
    return FakePlugin(name=name, source=source)


def without_api(name: str = "mover-silent") -> FakePlugin:
    """A plugin that does not say which version of the hooks it was made for."""
    return FakePlugin(name=name, source="from records_mover import hookimpl\n")


def raising(name: str = "mover-moody", *, hook: str = "mover_schemes") -> FakePlugin:
    """A plugin that raises when a hook is asked; arguments are taken as the hook has them."""
    argument = {"mover_creds": "name", "mover_moved": "result"}.get(hook, "")
    body = f"""
    @hookimpl
    def {hook}({argument}):
        raise RuntimeError("the moon is down")
    """
    return FakePlugin(name=name, source=_HEAD + dedent(body))


def unregistrable(name: str = "mover-misspelt") -> FakePlugin:
    """A plugin that implements a hook with an argument that the hook does not have."""
    body = """
    @hookimpl
    def mover_schemes(sky):
        return []
    """
    return FakePlugin(name=name, source=_HEAD + dedent(body))
