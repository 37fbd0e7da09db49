"""The hook of 1.x for Google's credentials, which nothing here takes yet."""

from __future__ import annotations

from typing import NoReturn

from airflow.sdk import BaseHook

from records_mover.known_plugins import missing_plugin

__all__ = ["GoogleCloudCredentialsHook"]


class GoogleCloudCredentialsHook(BaseHook):  # type: ignore[misc]  # Airflow is untyped here
    """Refuses, and names the plugin to come."""

    def __init__(self, *args: object, **options: object) -> None:
        del args, options
        super().__init__()

    def get_conn(self) -> NoReturn:
        """Raise ``MissingPluginError``."""
        raise missing_plugin("google_sheet")
