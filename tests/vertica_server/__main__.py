"""The server by hand: ``python -m vertica_server --help``."""

from __future__ import annotations

import argparse
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from standins.byhand import add_options, options_of, run
from vertica_server.config import AUTHENTICATIONS, ServerConfig
from vertica_server.server import VerticaServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["main", "read_arguments"]


def main(words: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM."""
    run(_server(read_arguments(words)), _told)
    return 0


@contextmanager
def _server(config: ServerConfig) -> Iterator[VerticaServer]:
    """Run a server before the PostgreSQL that was named, or before one to throw away."""
    with ExitStack() as stack:
        if not config.backend:
            from support.postgres import embedded_postgres_server

            config = replace(config, backend=stack.enter_context(embedded_postgres_server()).url())
        yield stack.enter_context(VerticaServer(config))


def _told(server: VerticaServer) -> str:
    config = server.config
    return f"{config.host}:{server.port}: database {config.database}, user {config.user}"


def read_arguments(words: Sequence[str] | None = None) -> ServerConfig:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="vertica_server", description="A strict stand-in for a Vertica database, for tests."
    )
    add = parser.add_argument
    add("--backend", default="", metavar="URL",
        help="a superuser of a PostgreSQL 18 or later (default: one to throw away)")  # fmt: skip
    add_options(parser, port=5433, user="dbadmin", whose="administrator", database="vmart")
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
    said = parser.parse_args(words)
    return ServerConfig(
        **options_of(said),
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
    )


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    raise SystemExit(main())
