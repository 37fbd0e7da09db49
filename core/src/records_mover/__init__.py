"""Moves table-shaped data by the fastest route that both ends allow, all or nothing.

``move(source, target)`` moves, ``explain(source, target)`` says how it would. Importing this
package loads nothing heavy: each public name comes from its home when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from records_mover.__about__ import __version__

if TYPE_CHECKING:
    from records_mover.hookspecs import hookimpl
    from records_mover.records.existing import ExistingTableHandling
    from records_mover.records.factories import RecordsSources, RecordsTargets
    from records_mover.records.plan import Plan
    from records_mover.records.result import MoveResult
    from records_mover.session import Session

    sources: RecordsSources
    targets: RecordsTargets

__all__ = [
    "ExistingTableHandling",
    "MoveResult",
    "Plan",
    "Session",
    "__version__",
    "explain",
    "hookimpl",
    "move",
    "sources",
    "targets",
]

_HOMES = {
    "ExistingTableHandling": "records.existing",
    "MoveResult": "records.result",
    "Plan": "records.plan",
    "Session": "session",
    "hookimpl": "hookspecs",
}


def move(source: Any, target: Any, *args: Any, **options: Any) -> MoveResult:
    """Move every row from source to target, or none, in the default session.

    See ``Session.move`` for what source, target and options may be.
    """
    from records_mover.session import default_session

    return default_session().move(source, target, *args, **options)


def explain(source: Any, target: Any, *args: Any, **options: Any) -> Plan:
    """Return the plan of a move, in the default session; print it to read it."""
    from records_mover.session import default_session

    return default_session().explain(source, target, *args, **options)


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first asked for."""
    if name in ("sources", "targets"):
        from records_mover.session import default_session

        return getattr(default_session(), name)
    if name in _HOMES:
        return getattr(import_module(f"records_mover.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
