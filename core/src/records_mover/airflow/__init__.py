"""records-mover in Airflow: hooks, an operator, and what Airflow is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from records_mover.airflow.hooks import RecordsHook, SqlAlchemyDbHook
    from records_mover.airflow.operators import MoveOperator

__all__ = ["MoveOperator", "RecordsHook", "SqlAlchemyDbHook"]

if not TYPE_CHECKING:  # so that a slip of the pen is found by type checkers

    def __getattr__(name: str) -> Any:
        """Import a public name, and Airflow with it, when it is first asked for."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from records_mover.airflow import hooks, operators

        return getattr(operators if name == "MoveOperator" else hooks, name)


def __dir__() -> list[str]:
    """Let a notebook complete the public names, whose homes nobody has looked into yet."""
    return sorted({*globals(), *__all__})
