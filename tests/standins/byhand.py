"""A server from the command line: the options that each has, and how it runs."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from contextlib import AbstractContextManager

__all__ = ["add_options", "options_of", "run"]

Server = TypeVar("Server")


def add_options(
    parser: argparse.ArgumentParser, *, port: int, user: str, whose: str, database: str
) -> None:
    """Add what every server can be told; ``whose`` says who the user is."""
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
    add("--port", type=int, default=port, help="0 for any free one (default: %(default)s)")
    add("--user", default=user, help=f"the {whose} (default: %(default)s)")
    add("--password", default="Passw0rd", help="its password (default: %(default)s)")
    add("--database", default=database, help="the database's name (default: %(default)s)")
    add("--expired-token", action="append", default=[], metavar="TOKEN",
        help="an S3 session token that is refused as expired")  # fmt: skip
    add("--log", type=Path, help="a file for what was seen, credentials included")


def options_of(said: argparse.Namespace) -> dict[str, Any]:
    """Return them by the names that the configuration has for them."""
    return {
        "backend": said.backend,
        "host": said.host,
        "port": said.port,
        "user": said.user,
        "password": said.password,
        "database": said.database,
        "expired_tokens": frozenset(said.expired_token),
        "log": said.log,
    }


def run(server: AbstractContextManager[Server], told: Callable[[Server], str]) -> None:
    """Run a server until SIGINT or SIGTERM; ``told`` is what is printed once it listens."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with server as started:
        print(f"listening on {told(started)}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopped", flush=True)
