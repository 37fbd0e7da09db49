"""A strict stand-in for an Amazon Redshift cluster: see README.md."""

from __future__ import annotations

from redshift_server.config import Keys, ServerConfig
from redshift_server.server import RedshiftServer

__all__ = ["Keys", "RedshiftServer", "ServerConfig"]
