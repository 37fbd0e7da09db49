"""Moves table-shaped data by the fastest route that both ends allow, all or nothing.

``move(source, target)`` moves, ``explain(source, target)`` says how it would. Importing this
package loads nothing heavy: each public name comes from its home when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from records_mover.__about__ import __version__

if TYPE_CHECKING:
    from records_mover.default import explain, move
    from records_mover.hookspecs import hookimpl
    from records_mover.instructions import ProcessingInstructions
    from records_mover.logging import set_stream_logging
    from records_mover.meter import Cancellation
    from records_mover.records.existing import ExistingTableHandling
    from records_mover.records.progress import Progress
    from records_mover.records.result import MoveResult
    from records_mover.records.route.plan import Plan
    from records_mover.records.sources import RecordsSources
    from records_mover.records.targets import RecordsTargets
    from records_mover.session import Records, Session

    sources: RecordsSources
    targets: RecordsTargets

__all__ = [
    "Cancellation",
    "ExistingTableHandling",
    "MoveResult",
    "Plan",
    "ProcessingInstructions",
    "Progress",
    "Records",
    "Session",
    "__version__",
    "explain",
    "hookimpl",
    "move",
    "set_stream_logging",
    "sources",
    "targets",
]

_ROOMS = (
    *("airflow", "creds", "db", "errors", "formats"),
    *("logging", "pandas", "records", "schema", "url", "utils"),
)
"""What is there without an import of its own, as in 1.x."""

_HOMES = {
    "Cancellation": "meter",
    "ExistingTableHandling": "records.existing",
    "MoveResult": "records.result",
    "Plan": "records.route.plan",
    "ProcessingInstructions": "instructions",
    "Progress": "records.progress",
    "Records": "session",
    "Session": "session",
    "explain": "default",
    "hookimpl": "hookspecs",
    "move": "default",
    "set_stream_logging": "logging",
}

if not TYPE_CHECKING:  # so that a slip of the pen is found by type checkers

    def __getattr__(name: str) -> Any:
        """Import a public name from its home when it is first asked for."""
        if name in ("sources", "targets"):
            from records_mover.default import default_session

            return getattr(default_session(), name)
        if name in _ROOMS:
            return import_module(f"records_mover.{name}")
        if name in _HOMES:
            return getattr(import_module(f"records_mover.{_HOMES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Let a notebook complete the public names, whose homes nobody has looked into yet."""
    return sorted({*globals(), *__all__, *_ROOMS})
