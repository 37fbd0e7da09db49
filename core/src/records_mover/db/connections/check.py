"""Seeing that a server lets us in; what it says otherwise is one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.db.connections.failures import connect_error

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from records_mover.errors import MoverError

__all__ = ["check_connection"]


def check_connection(engine: Engine) -> None:
    """Connect once; raise ConnectError when that fails."""
    failure: MoverError | None = None
    try:
        engine.connect().close()
    except Exception as err:  # noqa: BLE001 - drivers raise what they like
        failure = connect_error(err, engine.url)
    # Raised out here so that the driver's own error, which may hold the password, is not attached.
    if failure is not None:
        raise failure
