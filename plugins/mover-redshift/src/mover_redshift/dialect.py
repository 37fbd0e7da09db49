"""The dialects of sqlalchemy-redshift, which let our own settings stand in a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import registry
from sqlalchemy_redshift.dialect import (
    RedshiftDialect_psycopg2,
    RedshiftDialect_redshift_connector,
)

from mover_redshift.settings import NAMES

if TYPE_CHECKING:
    from sqlalchemy import URL

__all__ = ["Connector", "Psycopg2", "register"]


def _for_driver(url: URL) -> URL:
    return url.difference_update_query(list(NAMES))


class Psycopg2(RedshiftDialect_psycopg2):  # type: ignore[misc]  # it has no types
    """Redshift through psycopg2."""

    supports_statement_cache = False

    def create_connect_args(self, url: URL) -> Any:
        """Leave out what the driver knows nothing of."""
        return super().create_connect_args(_for_driver(url))


class Connector(RedshiftDialect_redshift_connector):  # type: ignore[misc]  # it has no types
    """Redshift through Amazon's own driver."""

    supports_statement_cache = False

    def create_connect_args(self, url: URL) -> Any:
        """Leave out what the driver knows nothing of."""
        return super().create_connect_args(_for_driver(url))


def register() -> None:
    """Take the place of the dialects that sqlalchemy-redshift registers under these names."""
    registry.register("redshift", __name__, "Psycopg2")
    registry.register("redshift.psycopg2", __name__, "Psycopg2")
    registry.register("redshift.redshift_connector", __name__, "Connector")
