"""Finding, checking, registering and owning plugins, and saying how each of them fares."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

import pluggy

from records_mover.errors import PluginError
from records_mover.hookspecs import GROUP, MOVER_API, MoverSpecs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from records_mover.hookspecs import Moved
    from records_mover.parts import Creds, DatabaseKind, FormatKind, Loader, Unloader
    from records_mover.url import Scheme

__all__ = ["Offered", "PluginRecord", "Plugins", "Status"]

logger = logging.getLogger(__name__)

Status = Literal["ok", "broken", "disabled"]

BUILT_INS = {
    "files": "records_mover.builtin.files",
    "formats": "records_mover.builtin.formats",
    "sql": "records_mover.builtin.sql",
}
"""Plugins that come with the core; they are registered before any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The parts that one plugin registered."""

    schemes: tuple[Scheme, ...] = ()
    databases: tuple[DatabaseKind, ...] = ()
    unloaders: tuple[Unloader, ...] = ()
    loaders: tuple[Loader, ...] = ()
    formats: tuple[FormatKind, ...] = ()
    creds: bool = False
    moved: bool = False

    def words(self) -> tuple[str, ...]:
        """Name each part in a word, as ``mvrec plugins`` shows it."""
        return (
            *(f"{scheme.name}://" for scheme in self.schemes),
            *(f"database {kind.name}" for kind in self.databases),
            *(part.name for part in self.unloaders),
            *(part.name for part in self.loaders),
            *(f"format {kind.name}" for kind in self.formats),
            *(["credentials"] if self.creds else []),
            *(["told of moves"] if self.moved else []),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginRecord:
    """How one plugin fares: what it offers, or why it does not."""

    name: str
    distribution: str
    version: str
    status: Status
    offers: Offered = field(default_factory=Offered)
    why: str = ""


class Plugins:
    """The plugins of this process, found by entry point; the only place that asks hooks.

    ``disabled`` names entry points that are not even imported; with ``strict`` the first broken
    plugin raises ``PluginError``. Both default to the environment: ``MOVER_DISABLED_PLUGINS``
    (names separated by commas) and ``MOVER_STRICT_PLUGINS=1``.
    """

    def __init__(
        self, *, disabled: Iterable[str] | None = None, strict: bool | None = None
    ) -> None:
        names = os.environ.get("MOVER_DISABLED_PLUGINS", "").split(",")
        self._disabled = frozenset(name.strip() for name in (disabled or names))
        self._strict = os.environ.get("MOVER_STRICT_PLUGINS") == "1" if strict is None else strict
        self._modules: dict[str, Any] = {}
        self._taken: dict[tuple[str, str], str] = {}
        self.records: tuple[PluginRecord, ...] = tuple(self._find())
        self._manager = self._registered()

    # finding

    def _find(self) -> Iterable[PluginRecord]:
        from importlib import import_module

        import importlib_metadata

        from records_mover.__about__ import __version__

        for name, module in BUILT_INS.items():
            origin = ("records-mover (built in)", __version__)
            yield self._examine(name, origin, partial(import_module, module))
        found = importlib_metadata.entry_points(group=GROUP)
        for point in sorted(found, key=lambda point: (point.name, point.value)):
            dist = point.dist
            origin = (dist.name, dist.version) if dist is not None else ("unknown", "unknown")
            if point.name in self._disabled:
                yield _record(point.name, origin, "disabled", why="by MOVER_DISABLED_PLUGINS")
            else:
                yield self._examine(point.name, origin, point.load)

    def _examine(self, name: str, origin: tuple[str, str], load: Callable[[], Any]) -> PluginRecord:
        """Import and ask one plugin; whatever goes wrong in it is its own record's business."""
        try:
            module = load()
            offered = self._ask(name, module)
            self._own(name, origin[0], offered)
        except (Exception, SystemExit) as error:
            why = str(error) if isinstance(error, _Unfit) else f"{type(error).__name__}: {error}"
            if self._strict:
                raise PluginError(
                    f"plugin {name!r} of {origin[0]} is broken: {why}",
                    f"mend or uninstall {origin[0]}, or unset MOVER_STRICT_PLUGINS",
                ) from error
            logger.warning("plugin %r of %s is broken: %s", name, origin[0], why)
            return _record(name, origin, "broken", why=_one_line(why))
        self._modules[name] = module
        return _record(name, origin, "ok", offers=offered)

    def _ask(self, name: str, module: Any) -> Offered:
        """Ask every registering hook of one plugin, alone in a manager of its own."""
        api = getattr(module, "MOVER_API", None)
        if api != MOVER_API:
            raise _Unfit(f"it speaks plugin API {api!r}, and this records-mover speaks {MOVER_API}")
        if name in self._modules:
            raise _Unfit(f"another plugin is named {name!r} already")
        alone = _manager()
        alone.register(module, name)
        alone.check_pending()

        def answers(hook: str) -> tuple[Any, ...]:
            return tuple(part for answer in getattr(alone.hook, hook)() for part in answer)

        return Offered(
            schemes=answers("mover_schemes"),
            databases=answers("mover_databases"),
            unloaders=answers("mover_unloaders"),
            loaders=answers("mover_loaders"),
            formats=answers("mover_formats"),
            creds=bool(alone.hook.mover_creds.get_hookimpls()),
            moved=bool(alone.hook.mover_moved.get_hookimpls()),
        )

    def _own(self, name: str, distribution: str, offered: Offered) -> None:
        """Note who owns each scheme, dialect, part name and format; a second owner is refused."""
        claims = [("scheme", scheme.name) for scheme in offered.schemes]
        claims += [("dialect", d) for kind in offered.databases for d in sorted(kind.dialects)]
        claims += [("unloader", part.name) for part in offered.unloaders]
        claims += [("loader", part.name) for part in offered.loaders]
        claims += [("format", kind.name) for kind in offered.formats]
        for claim in claims:
            if claim in self._taken:
                what, value = claim
                raise _Unfit(f"{what} {value!r} belongs to {self._taken[claim]} already")
        self._taken.update(dict.fromkeys(claims, f"plugin {name!r} of {distribution}"))

    def _registered(self) -> pluggy.PluginManager:
        """Register in reverse, as pluggy asks the plugin that was registered last first."""
        manager = _manager()
        for name, module in reversed(self._modules.items()):
            manager.register(module, name)
        return manager

    # asking

    def _parts(self, kind: str) -> Iterable[Any]:
        for record in self.records:
            yield from getattr(record.offers, kind)

    @cached_property
    def schemes(self) -> Mapping[str, Scheme]:
        """File stores by URL scheme."""
        return {scheme.name: scheme for scheme in self._parts("schemes")}

    @cached_property
    def databases(self) -> tuple[DatabaseKind, ...]:
        """Kinds of database, in the order of their plugins' names."""
        return tuple(self._parts("databases"))

    @cached_property
    def formats(self) -> Mapping[str, FormatKind]:
        """Formats that this process reads or writes, by name."""
        return {kind.name: kind for kind in self._parts("formats")}

    def unloaders(self, dialect: str) -> tuple[Unloader, ...]:
        """Ways to get rows out of a table of this dialect; ``*`` fits any."""
        return tuple(part for part in self._parts("unloaders") if _fits(part, dialect))

    def loaders(self, dialect: str) -> tuple[Loader, ...]:
        """Ways to put rows into a table of this dialect; ``*`` fits any."""
        return tuple(part for part in self._parts("loaders") if _fits(part, dialect))

    def creds(self, name: str) -> Creds | None:
        """Ask each provider for a credentials name; the first that knows it answers."""
        answer: Creds | None = self._manager.hook.mover_creds(name=name)
        return answer

    def moved(self, result: Moved) -> None:
        """Tell every plugin of a move that ended; their exceptions are logged and dropped."""
        for impl in reversed(self._manager.hook.mover_moved.get_hookimpls()):
            try:
                impl.function(*(result for _ in impl.argnames))
            except Exception:
                logger.exception("plugin %r failed in mover_moved", impl.plugin_name)

    # what is missing

    def scheme(self, name: str) -> Scheme:
        """Return the owner's scheme, or raise ``PluginError`` that says what to install or mend."""
        if name in self.schemes:
            return self.schemes[name]
        raise PluginError(f"no plugin offers '{name}://'", self.remedy("schemes", name))

    def remedy(self, kind: Literal["schemes", "dialects"], name: str) -> str:
        """Say what would bring a scheme or dialect: a plugin to mend, to enable or to install."""
        from records_mover.known_plugins import known_plugin

        known = known_plugin(kind, name)
        troubled = [record for record in self.records if record.status != "ok"]
        for record in troubled:
            if record.distribution == known or record.name == name:
                return f"{record.distribution} is installed but {record.status}: {record.why}"
        if known:
            return f"install {known}: pip install {known}"
        if troubled:
            names = ", ".join(f"{record.distribution} ({record.status})" for record in troubled)
            return f"install a plugin that does; not in use: {names}"
        return "install a plugin that does"


class _Unfit(Exception):
    """A plugin that imports, but cannot be used."""


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(MoverSpecs)
    return manager


def _fits(part: Unloader | Loader, dialect: str) -> bool:
    return dialect in part.dialects or "*" in part.dialects


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _record(
    name: str,
    origin: tuple[str, str],
    status: Status,
    *,
    offers: Offered | None = None,
    why: str = "",
) -> PluginRecord:
    return PluginRecord(
        name=name,
        distribution=origin[0],
        version=origin[1],
        status=status,
        offers=offers or Offered(),
        why=why,
    )
