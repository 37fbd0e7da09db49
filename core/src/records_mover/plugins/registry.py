"""Finding, checking, registering and owning plugins, and asking them."""

from __future__ import annotations

import logging
import os
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Literal

from records_mover.errors import MissingPluginError, PluginError, UsageError
from records_mover.hookspecs import GROUP
from records_mover.known_plugins import alias_of, known_plugin, names_of
from records_mover.logging import guard_logger
from records_mover.plugins.examine import Unfit, ask, claims_of, new_manager
from records_mover.plugins.points import entry_points, normal_name, origin_of
from records_mover.plugins.provider import Provider
from records_mover.plugins.record import Offered, PluginRecord, Status
from records_mover.utils.words import meant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pluggy

    from records_mover.hookspecs import Moved
    from records_mover.parts import Creds, DatabaseKind, FormatKind, Loader, Unloader
    from records_mover.url import Scheme

__all__ = ["Plugins"]

logger = logging.getLogger(__name__)

BUILT_INS = {
    "files": "records_mover.builtin.files",
    "formats": "records_mover.builtin.formats",
    "sql": "records_mover.builtin.sql",
    "environment": "records_mover.creds.providers.environment",
    "config": "records_mover.creds.providers.config",
    "airflow": "records_mover.creds.providers.airflow",
    "db_facts": "records_mover.creds.providers.db_facts",
    "netrc": "records_mover.creds.providers.netrc",
    "keyring": "records_mover.creds.providers.keyring",
    "lastpass": "records_mover.creds.providers.lastpass",
}
"""Plugins that come with the core; they are registered before any other."""


class Plugins:
    """The plugins of this process, found by entry point; the only place that asks hooks.

    ``disabled`` names entry points that are not even imported; with ``strict`` the first broken
    plugin raises ``PluginError``. Both default to the environment: ``MOVER_DISABLED_PLUGINS``
    (names separated by commas) and ``MOVER_STRICT_PLUGINS=1``.
    """

    def __init__(
        self, *, disabled: Iterable[str] | None = None, strict: bool | None = None
    ) -> None:
        if disabled is None:
            disabled = os.environ.get("MOVER_DISABLED_PLUGINS", "").split(",")
        self._disabled = frozenset(name.strip() for name in disabled)
        self._strict = os.environ.get("MOVER_STRICT_PLUGINS") == "1" if strict is None else strict
        self._modules: dict[str, Any] = {}
        self._taken: dict[tuple[str, str], str] = {}
        self.records: tuple[PluginRecord, ...] = tuple(self._find())
        self._manager = self._registered()

    # finding

    def _find(self) -> Iterator[PluginRecord]:
        from importlib import import_module

        from records_mover.__about__ import __version__

        for name, module in BUILT_INS.items():
            origin = ("records-mover (built in)", __version__)
            yield self._found(name, origin, partial(import_module, module))
        for point in sorted(entry_points(GROUP), key=lambda point: (point.name, point.value)):
            yield self._found(point.name, origin_of(point), point.load)

    def _found(self, name: str, origin: tuple[str, str], load: Callable[[], Any]) -> PluginRecord:
        if name in self._disabled:
            return _record(name, origin, "disabled", why="by MOVER_DISABLED_PLUGINS")
        return self._examine(name, origin, load)

    def _examine(self, name: str, origin: tuple[str, str], load: Callable[[], Any]) -> PluginRecord:
        """Import and ask one plugin; whatever goes wrong in it is its own record's business."""
        try:
            module = load()
            guard_logger(module.__name__.partition(".")[0])
            self._check_new(name, module)
            offered = ask(name, module)
            self._own(name, origin[0], offered)
        except (Exception, SystemExit) as error:
            told = str(error) if isinstance(error, Unfit) else f"{type(error).__name__}: {error}"
            why = " ".join(told.split())
            if self._strict:
                raise PluginError(
                    f"plugin {name!r} of {origin[0]} is broken: {why}",
                    f"mend or uninstall {origin[0]}, or unset MOVER_STRICT_PLUGINS",
                ) from error
            logger.warning("plugin %r of %s is broken: %s", name, origin[0], why)
            return _record(name, origin, "broken", why=why)
        self._modules[name] = module
        return _record(name, origin, "ok", offers=offered)

    def _check_new(self, name: str, module: Any) -> None:
        if name in self._modules:
            raise Unfit(f"another plugin is named {name!r} already")
        for other, known in self._modules.items():
            if known is module:
                raise Unfit(f"its module is that of plugin {other!r} already")

    def _own(self, name: str, distribution: str, offered: Offered) -> None:
        """Note who owns each name; a second owner is refused, and then owns nothing."""
        claims = claims_of(offered)
        for claim in claims:
            if claim in self._taken:
                what, value = claim
                raise Unfit(f"{what} {value!r} belongs to {self._taken[claim]} already")
        self._taken.update(dict.fromkeys(claims, f"plugin {name!r} of {distribution}"))

    def _registered(self) -> pluggy.PluginManager:
        """Register in reverse, as pluggy asks the plugin that was registered last first."""
        manager = new_manager()
        for name, module in reversed(self._modules.items()):
            manager.register(module, name)
        return manager

    # asking

    def _parts(self, kind: str) -> Iterator[Any]:
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
        return self._for("unloaders", dialect)

    def loaders(self, dialect: str) -> tuple[Loader, ...]:
        """Ways to put rows into a table of this dialect; ``*`` fits any."""
        return self._for("loaders", dialect)

    def _for(self, kind: str, dialect: str) -> tuple[Any, ...]:
        """Return the parts for a dialect, without those for any where its owner wants none."""
        wanted = {dialect, "*"}
        if any(dialect in one.dialects and not one.statements for one in self.databases):
            wanted = {dialect}
        return tuple(part for part in self._parts(kind) if wanted & part.dialects)

    def creds(self, name: str, *, first: Sequence[str] = ()) -> Creds | None:
        """Ask each provider for a credentials name; the first that knows it answers.

        Those named by ``first`` are asked before the others. A provider that fails ends the
        search: another one's answer could open the wrong door.
        """
        answers = (provider.ask(name) for provider in self.providers(first))
        return next((answer for answer in answers if answer is not None), None)

    def providers(self, first: Sequence[str] = ()) -> list[Provider]:
        """Return the credentials providers in the order in which they are asked."""
        found = [
            Provider(name=name, function=function, answer_of=answer_of)
            for name, function, answer_of in self._hearers("mover_creds")
        ]
        return sorted(found, key=lambda one: one.name not in first)

    def moved(self, result: Moved) -> None:
        """Tell every plugin of a move that ended; their exceptions are logged and dropped."""
        for name, _, tell in self._hearers("mover_moved"):
            try:
                tell(result)
            except (Exception, SystemExit):
                logger.exception("plugin %r failed in mover_moved", name)

    def _hearers(self, hook: str) -> Iterator[tuple[str, Callable[..., Any], Callable[[Any], Any]]]:
        """Yield who implements a hook of one argument, built-ins first, by what, how to call it.

        pluggy's own call ends at the first exception and does not say whose it was.
        """
        for impl in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            yield impl.plugin_name, impl.function, partial(_call, impl)

    # what is missing

    def scheme(self, name: str) -> Scheme:
        """Return the owner's scheme, or raise ``MissingPluginError``, which says what to do."""
        if name in self.schemes:
            return self.schemes[name]
        if self._is_database(name):
            raise UsageError(
                f"'{name}://' is a database, and no table is named", "write DATABASE::TABLE"
            )
        near = meant(name, (*self.schemes, *names_of("schemes")))
        raise MissingPluginError(
            f"no plugin offers '{name}://'{near}", self.remedy("schemes", name)
        )

    def _is_database(self, name: str) -> bool:
        dialect = alias_of(name.partition("+")[0])
        owned = any(dialect in kind.dialects for kind in self.databases)
        return owned or known_plugin("dialects", dialect) is not None

    def remedy(self, kind: Literal["schemes", "dialects"], name: str) -> str:
        """Say what would bring a scheme or dialect: a plugin to mend, to enable or to install."""
        known = known_plugin(kind, name)
        if known is None:
            troubled = [str(record) for record in self.records if record.status != "ok"]
            return "; ".join(troubled) or "install a plugin that does"
        for record in self.records:
            if normal_name(record.distribution) == normal_name(known):
                upgrade = f"; upgrade it: pip install --upgrade {known}"
                return str(record) + (upgrade if record.status == "ok" else "")
        return f"install it: pip install {known}"


def _call(impl: pluggy.HookImpl, argument: Any) -> Any:
    """Call an implementation, which may leave out the argument."""
    return impl.function(*(argument for _ in impl.argnames))


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
