"""Sessions within Airflow: its connections are the credentials."""

from __future__ import annotations

from typing import Any

from records_mover.known_plugins import hook_arguments
from records_mover.mover_types import PleaseInfer
from records_mover.session import Session

__all__ = ["airflow_session"]


def airflow_session(scratch: str | None = None, **backends: object) -> Session:
    """Return a session that asks Airflow first.

    ``backends`` are arguments of 1.x's hooks that name a connection for a store. What is not given
    is taken from the connection of that kind that Airflow itself has for its own hooks.
    """
    known = hook_arguments()
    named: dict[str, Any] = {}
    for name, value in backends.items():
        if name not in known:
            raise TypeError(f"unexpected argument {name!r}")
        named[known[name]] = value
    return Session(
        session_type="airflow",
        scratch_s3_url=PleaseInfer.token if scratch is None else scratch,
        **named,
    )
