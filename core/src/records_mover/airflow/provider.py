"""What Airflow lists of this distribution among its providers."""

from __future__ import annotations

from typing import Any

from records_mover.__about__ import __version__

__all__ = ["get_provider_info"]

NAME = "records-mover"


def get_provider_info() -> dict[str, Any]:
    """Return the metadata that the entry point ``apache_airflow_provider`` promises."""
    return {
        "package-name": NAME,
        "name": NAME,
        "description": "Moves table-shaped data by the fastest route that both ends allow.",
        "versions": [__version__],
        "integrations": [
            {
                "integration-name": NAME,
                "external-doc-url": "https://github.com/bluelabsio/records-mover",
                "tags": ["software"],
            }
        ],
        "hooks": [
            {
                "integration-name": NAME,
                "python-modules": [
                    "records_mover.airflow.hooks.records_hook",
                    "records_mover.airflow.hooks.sqlalchemy_db_hook",
                ],
            }
        ],
        "operators": [
            {
                "integration-name": NAME,
                "python-modules": ["records_mover.airflow.operators.move"],
            }
        ],
    }
