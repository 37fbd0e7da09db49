"""Examining one plugin: whether it speaks our API and answers what its hooks promise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

import pluggy

from records_mover.hookspecs import GROUP, MOVER_API, MoverSpecs
from records_mover.parts import DatabaseKind, FormatKind
from records_mover.plugins.record import Offered
from records_mover.url import Scheme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Claim = tuple[str, str]

__all__ = ["Unfit", "ask", "claims_of", "new_manager"]

_HOOK = "mover_"
HOOKS = tuple(name for name in vars(MoverSpecs) if name.startswith(_HOOK))
_SCHEME_NAME = re.compile(r"[a-z][a-z0-9+.\-]+")
_ORDER_MARKS = ("tryfirst", "trylast", "wrapper", "hookwrapper")


class Unfit(Exception):
    """A plugin that imports, but cannot be used."""


class _Manager(pluggy.PluginManager):
    """Looks at what is named like a hook, and not at all else that a module holds."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        return super().parse_hookimpl_opts(plugin, name) if name.startswith(_HOOK) else None

    def parse_hookspec_opts(self, module_or_class: object, name: str) -> Any:
        return super().parse_hookspec_opts(module_or_class, name) if name in HOOKS else None  # type: ignore[arg-type]


def new_manager() -> pluggy.PluginManager:
    """Return a manager that knows the hooks and no plugin."""
    manager = _Manager(GROUP)
    manager.add_hookspecs(MoverSpecs)
    return manager


def ask(name: str, module: Any) -> Offered:
    """Ask every registering hook of one plugin, alone in a manager of its own."""
    _check_api(module)
    _check_marks(module)
    alone = new_manager()
    alone.register(module, name)
    alone.check_pending()
    _check_order(alone, module)

    def answers(hook: str, check: Callable[[Any], str | None]) -> tuple[Any, ...]:
        return tuple(_checked(hook, getattr(alone.hook, hook)(), check))

    return Offered(
        schemes=answers("mover_schemes", _scheme_fault),
        databases=answers("mover_databases", _database_fault),
        unloaders=answers("mover_unloaders", lambda part: _part_fault(part, "unload")),
        loaders=answers("mover_loaders", lambda part: _part_fault(part, "load")),
        formats=answers("mover_formats", _format_fault),
        creds=bool(alone.hook.mover_creds.get_hookimpls()),
        moved=bool(alone.hook.mover_moved.get_hookimpls()),
    )


def claims_of(offered: Offered) -> tuple[Claim, ...]:
    """Return the names that a plugin wants for itself; ``Unfit`` if it wants one twice."""
    claims = [("scheme", scheme.name) for scheme in offered.schemes]
    claims += [("database", kind.name) for kind in offered.databases]
    claims += [("dialect", d) for kind in offered.databases for d in sorted(kind.dialects)]
    claims += [("unloader", part.name) for part in offered.unloaders]
    claims += [("loader", part.name) for part in offered.loaders]
    claims += [("format", kind.name) for kind in offered.formats]
    for (what, name), count in Counter(claims).items():
        if count > 1:
            raise Unfit(f"it offers {what} {name!r} {count} times")
    return tuple(claims)


def _check_api(module: Any) -> None:
    api = getattr(module, "MOVER_API", None)
    if api is None:
        raise Unfit(
            f"it does not say which plugin API it speaks: it has no MOVER_API = {MOVER_API}"
        )
    if api != MOVER_API:
        raise Unfit(f"it speaks plugin API {api!r}, and this records-mover speaks {MOVER_API}")


def _check_marks(module: Any) -> None:
    """Find hooks that pluggy would pass over in silence."""
    for hook in HOOKS:
        function = getattr(module, hook, None)
        if callable(function) and not hasattr(function, f"{GROUP}_impl"):
            raise Unfit(f"its {hook} is not marked with @hookimpl")


def _check_order(manager: pluggy.PluginManager, module: Any) -> None:
    """Refuse marks of order: who is asked first does not depend on who pushes most."""
    for caller in manager.get_hookcallers(module) or ():
        for impl in caller.get_hookimpls():
            for mark in _ORDER_MARKS:
                if getattr(impl, mark):
                    raise Unfit(
                        f"its {caller.name} is marked {mark}; hooks are asked in name order"
                    )


def _checked(hook: str, answers: list[Any], check: Callable[[Any], str | None]) -> Iterator[Any]:
    for answer in answers:
        if isinstance(answer, str) or not hasattr(answer, "__iter__"):
            raise Unfit(f"its {hook} answered {answer!r}, which is no list of parts")
        for part in answer:
            fault = check(part)
            if fault is not None:
                raise Unfit(f"its {hook} answered {part!r}, {fault}")
            yield part


def _scheme_fault(part: Any) -> str | None:
    if not isinstance(part, Scheme):
        return "which is no Scheme"
    name: object = part.name
    if not isinstance(name, str) or not _SCHEME_NAME.fullmatch(name):
        return "whose name is not that of a scheme, in lower case and without '://'"
    return _callable_fault(part, "store")


def _database_fault(part: Any) -> str | None:
    if not isinstance(part, DatabaseKind):
        return "which is no DatabaseKind"
    return _names_fault(part) or _callable_fault(part, "open")


def _format_fault(part: Any) -> str | None:
    return None if isinstance(part, FormatKind) else "which is no FormatKind"


def _part_fault(part: Any, verb: str) -> str | None:
    """Say what a loader or an unloader lacks; a class lacks its self."""
    if isinstance(part, type):
        return "which is a class and not an instance of it"
    lacking = [name for name in ("name", "dialects", "offers", verb) if not hasattr(part, name)]
    if lacking:
        return f"which has no {lacking[0]!r}"
    return _callable_fault(part, "offers", verb) or _names_fault(part)


def _callable_fault(part: object, *names: str) -> str | None:
    dumb = [name for name in names if not callable(getattr(part, name))]
    return f"whose {dumb[0]} cannot be called" if dumb else None


def _names_fault(part: Any) -> str | None:
    if not isinstance(part.name, str) or not part.name:
        return "which has no name"
    dialects = part.dialects
    if not isinstance(dialects, AbstractSet) or not all(isinstance(d, str) for d in dialects):
        return "whose dialects are no set of names"
    return None
