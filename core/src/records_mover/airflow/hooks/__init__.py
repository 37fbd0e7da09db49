"""The hooks of 1.x."""

from __future__ import annotations

from records_mover.airflow.hooks.records_hook import RecordsHook
from records_mover.airflow.hooks.sqlalchemy_db_hook import SqlAlchemyDbHook

__all__ = ["RecordsHook", "SqlAlchemyDbHook"]
