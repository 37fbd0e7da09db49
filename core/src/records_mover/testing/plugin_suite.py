"""What every plugin must do: load without a fault and load nothing heavy."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import importlib_metadata

from records_mover.hookspecs import GROUP, MOVER_API
from records_mover.plugins import Plugins
from records_mover.testing.public import is_public
from records_mover.testing.suite import Suite, behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.parts import Loader, Unloader
    from records_mover.plugins import PluginRecord

__all__ = ["PluginSuite"]

HEAVY = frozenset({"numpy", "pandas", "polars", "pyarrow", "sqlalchemy"})


class PluginSuite(Suite):
    """A plugin, by its distribution's name and by the module that its entry point names.

    ``heavy`` are further modules that must not be imported before they are needed: the driver.
    """

    kind = "plugin"
    known = frozenset({"public"})
    distribution: ClassVar[str] = ""
    module: ClassVar[str] = ""
    heavy: ClassVar[frozenset[str]] = frozenset()

    @behaviour()
    def test_it_is_installed_and_not_broken(self) -> None:
        """``mvrec plugins`` says ok, and that it offers something."""
        record = self._record()
        assert (record.status, record.why) == ("ok", "")
        offers = record.offers
        assert offers.words() or offers.creds or offers.moved

    @behaviour()
    def test_it_speaks_our_api(self) -> None:
        """``MOVER_API`` is that of this version."""
        assert import_module(self.module).MOVER_API == MOVER_API

    @behaviour()
    def test_it_imports_nothing_heavy(self) -> None:
        """``mvrec --help`` loads every plugin."""
        ask = f"import sys, {self.module}; print(*sys.modules)"
        ran = subprocess.run(  # noqa: S603 - our own words
            [sys.executable, "-c", ask], capture_output=True, text=True, check=True
        )
        heavy = sorted((HEAVY | self.heavy) & set(ran.stdout.split()))
        assert heavy == [], f"{self.module} imports them; do so in the functions that need them"

    @behaviour()
    def test_its_hooks_answer_alike_twice(self) -> None:
        """Parts are registered by name: what is asked again must have the same ones."""
        assert self._record().offers.words() == self._record().offers.words()

    @behaviour()
    def test_its_parts_are_named_after_a_dialect_of_theirs(self) -> None:
        """``explain`` shows the names, of parts of all plugins, side by side."""
        offers = self._record().offers
        parts: tuple[Loader | Unloader, ...] = (*offers.loaders, *offers.unloaders)
        for part in parts:
            first = re.split(r"[^a-z0-9]", part.name)[0]
            words = {re.sub(r"[^a-z0-9].*", "", dialect) for dialect in part.dialects} | {"sql"}
            assert "*" in part.dialects or any(
                first.startswith(word) or word.startswith(first) for word in words
            ), f"{part.name!r} is for {sorted(part.dialects)}"

    @behaviour()
    def test_it_asks_for_the_core_and_for_no_other_plugin(self) -> None:
        """With a version, as the next one may be another API."""
        asked = importlib_metadata.requires(self.distribution) or []
        required = [one for one in asked if "extra ==" not in one]
        names = {_normal(re.split(r"[^\w.-]", one)[0]): one for one in required}
        core = names.get("records-mover", "")
        assert re.search(r"<\s*\d", core), "say which versions of records-mover it works with"
        others = {
            _normal(point.dist.name)
            for point in importlib_metadata.entry_points(group=GROUP)
            if point.dist is not None
        } - {_normal(self.distribution), "records-mover"}
        assert not others & set(names)

    @behaviour("public")
    def test_it_imports_public_names_only(self) -> None:
        """What docs/api-parts.md describes stays; anything else of the core may change."""
        wrong = [
            f"{path.name}: {module}.{name}"
            for path in self._files()
            for module, name in _imports(path)
            if not is_public(module, name)
        ]
        assert wrong == []

    def _record(self) -> PluginRecord:
        wanted = _normal(self.distribution)
        found = [one for one in Plugins().records if _normal(one.distribution) == wanted]
        assert len(found) == 1, f"{self.distribution} is not installed"
        return found[0]

    def _files(self) -> list[Path]:
        name = self.module.partition(".")[0]
        spec = importlib.util.find_spec(name)
        assert spec is not None, f"there is no module {name!r}"
        folders = spec.submodule_search_locations
        if folders:  # a package, with or without an __init__.py
            return sorted(path for each in folders for path in Path(each).rglob("*.py"))
        return [Path(str(spec.origin))]


def _normal(distribution: str) -> str:
    """Return a distribution's name as packaging compares it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    """Yield what a file imports of the core, by module and name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == GROUP:
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((each.name, "") for each in node.names if each.name.split(".")[0] == GROUP)
