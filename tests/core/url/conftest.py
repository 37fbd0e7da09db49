"""Servers and users for the tests of stores."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest

from support.web import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve requests by a function; return the URL, which ends in a slash."""

    def start(answer: Callable[[BaseHTTPRequestHandler], None]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            do_HEAD = do_GET  # noqa: N815 - the server's own naming

        return f"{servers.enter_context(serving(Handler))}/"

    with ExitStack() as servers:
        yield start


@pytest.fixture
def unprivileged() -> Callable[[], AbstractContextManager[None]]:
    """Run a block without the rights of root, if that is who runs the tests."""

    @contextmanager
    def as_nobody() -> Iterator[None]:
        before = os.geteuid()
        if before == 0:
            os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(before)

    return as_nobody
