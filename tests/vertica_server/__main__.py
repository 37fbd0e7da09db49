"""The server by hand: ``python -m vertica_server --help``."""

from __future__ import annotations

import argparse
import contextlib
import signal
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vertica_server.config import AUTHENTICATIONS, ServerConfig
from vertica_server.server import VerticaServer

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main", "read_arguments"]


def main(words: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM."""
    config = read_arguments(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.ExitStack() as stack:
        if not config.backend:
            from support.postgres import embedded_postgres_server

            config = replace(config, backend=stack.enter_context(embedded_postgres_server()).url())
        server = stack.enter_context(VerticaServer(config))
        where = f"{config.host}:{server.port}"
        print(f"listening on {where}: database {config.database}, user {config.user}", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("stopped", flush=True)
    return 0


def read_arguments(words: Sequence[str] | None = None) -> ServerConfig:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="vertica_server", description="A strict stand-in for a Vertica database, for tests."
    )
    add = parser.add_argument
    add("--backend", default="", metavar="URL",
        help="a superuser of a PostgreSQL 18 or later (default: one to throw away)")  # fmt: skip
    add("--host", default="127.0.0.1", help="where to listen (default: %(default)s)")
    add("--port", type=int, default=5433, help="0 for any free one (default: %(default)s)")
    add("--user", default="dbadmin", help="the administrator (default: %(default)s)")
    add("--password", default="Passw0rd", help="its password (default: %(default)s)")
    add("--database", default="vmart", help="the database's name (default: %(default)s)")
    add("--authentication", choices=AUTHENTICATIONS, default="hash",
        help="how a password is asked for (default: %(default)s)")  # fmt: skip
    add("--oauth-token", action="append", default=[], metavar="TOKEN=USER",
        help="a token that is let in, and as whom")  # fmt: skip
    add("--certificate", type=Path, help="a PEM file: TLS is offered")
    add("--key", type=Path, help="its private key, where it is a file of its own")
    add("--client-ca", type=Path, help="who has to have signed the client's certificate")
    add("--require-tls", action="store_true", help="nobody is let in without TLS")
    add("--max-sessions", type=int, default=50, help="then it is full (default: %(default)s)")
    add("--nodes", type=int, default=3, help="nodes of the cluster (default: %(default)s)")
    add("--load-balance", action="append", default=[], metavar="HOST:PORT",
        help="where a load balance request is sent")  # fmt: skip
    add("--lock-seconds", type=int, default=10, help="LockTimeout (default: %(default)s)")
    add("--expired-token", action="append", default=[], metavar="TOKEN",
        help="an S3 session token that is refused as expired")  # fmt: skip
    add("--log", type=Path, help="a file for what was seen, credentials included")
    said = parser.parse_args(words)
    return ServerConfig(
        backend=said.backend,
        host=said.host,
        port=said.port,
        user=said.user,
        password=said.password,
        database=said.database,
        authentication=said.authentication,
        oauth_tokens=dict(pair.split("=", 1) for pair in said.oauth_token),
        certificate=said.certificate,
        key=said.key,
        client_ca=said.client_ca,
        require_tls=said.require_tls,
        max_sessions=said.max_sessions,
        nodes=said.nodes,
        load_balance=tuple(_address(pair) for pair in said.load_balance),
        lock_seconds=said.lock_seconds,
        expired_tokens=frozenset(said.expired_token),
        log=said.log,
    )


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    raise SystemExit(main())
