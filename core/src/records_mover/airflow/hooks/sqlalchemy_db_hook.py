"""An SQLAlchemy engine for one of Airflow's connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

from records_mover.airflow.sessions import airflow_session

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["SqlAlchemyDbHook"]


class SqlAlchemyDbHook(BaseHook):  # type: ignore[misc]  # Airflow is untyped here
    """Opens the database that a connection of Airflow names.

    Its type is ``type`` of the connection's extra, else the connection's own type.
    """

    def __init__(self, db_conn_id: str) -> None:
        super().__init__()
        self.db_conn_id = db_conn_id

    def get_conn(self) -> Engine:
        """Return an engine, which who asks disposes of."""
        return airflow_session().get_db_engine(self.db_conn_id)
