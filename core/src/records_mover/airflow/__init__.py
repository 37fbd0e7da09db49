"""records-mover in Airflow: hooks, an operator, and what Airflow is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from records_mover.airflow.hooks import RecordsHook, SqlAlchemyDbHook
    from records_mover.airflow.operators import MoveOperator

__all__ = ["MoveOperator", "RecordsHook", "SqlAlchemyDbHook"]


def __getattr__(name: str) -> Any:
    """Import a public name, and Airflow with it, when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from records_mover.airflow import hooks, operators

    return getattr(operators if name == "MoveOperator" else hooks, name)
