"""A strict stand-in for a Vertica database: see README.md."""

from __future__ import annotations

from vertica_server.config import ServerConfig
from vertica_server.server import VerticaServer

__all__ = ["ServerConfig", "VerticaServer"]
