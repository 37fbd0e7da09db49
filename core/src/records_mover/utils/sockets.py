"""Sockets that are somebody else's to close."""

from __future__ import annotations

import socket
from contextlib import suppress

__all__ = ["hang_up"]


def hang_up(descriptor: int) -> None:
    """Cut a connection, so that whoever waits for it waits no more."""
    wire = socket.socket(fileno=descriptor)
    try:
        with suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)
    finally:
        wire.detach()
