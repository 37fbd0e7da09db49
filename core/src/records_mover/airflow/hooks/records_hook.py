"""Sources, targets and moves with Airflow's connections as the credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.exceptions import AirflowException
from airflow.sdk import BaseHook

from records_mover.airflow.sessions import airflow_session
from records_mover.errors import UsageError

if TYPE_CHECKING:
    from records_mover.records import Records
    from records_mover.session import Session

__all__ = ["RecordsHook"]


class RecordsHook(BaseHook):  # type: ignore[misc]  # Airflow is untyped here
    """Gives what moves need.

    ``s3_temp_base_url`` is where rows may be staged, a URL with ``/`` last; without it the
    configuration says. ``store_conn_id``, or 1.x's own name for it, is the connection for the
    store; by default the one that Airflow's own hooks use, where it is there.
    """

    def __init__(
        self,
        s3_temp_base_url: str | None = None,
        store_conn_id: str | None = None,
        **backends: object,
    ) -> None:
        super().__init__()
        if s3_temp_base_url is not None and not s3_temp_base_url.endswith("/"):
            raise UsageError(f"{s3_temp_base_url!r} is no URL of a folder", "write it with / last")
        self.s3_temp_base_url = s3_temp_base_url
        self._session = airflow_session(s3_temp_base_url, **_of_store(store_conn_id), **backends)

    @property
    def session(self) -> Session:
        """The session behind ``get_conn``; close it when all is done."""
        return self._session

    def get_conn(self) -> Records:
        """Return the sources, the targets and ``move``."""
        return self._session.records

    def validate_and_prepare_target_directory(
        self, target_url: str, allow_overwrite: bool = False
    ) -> None:
        """See to it that a folder is empty: what is in it is deleted, if that is allowed.

        Raises ``AirflowException`` where it is not allowed, or the store has no folders.
        """
        from records_mover.errors import MoverError, NotFoundError

        folder = self._session.directory_url(target_url)
        try:
            there = folder.files_and_directories_in_directory()
        except NotFoundError:
            return
        except MoverError as error:
            raise AirflowException(str(error)) from error
        if there and not allow_overwrite:
            raise AirflowException(f"{target_url!r} is not empty: it has {there[0].filename()!r}")
        if there:
            folder.purge_directory()


def _of_store(connection: str | None) -> dict[str, object]:
    from records_mover.known_plugins import hook_arguments

    if connection is None:
        return {}
    (name,) = hook_arguments()
    return {name: connection}
