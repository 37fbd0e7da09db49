"""The operator that moves."""

from __future__ import annotations

from records_mover.airflow.operators.move import MoveOperator

__all__ = ["MoveOperator"]
