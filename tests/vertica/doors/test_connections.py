"""A URL opens a connection in every way that the driver knows, and leaks nothing when it cannot."""

from __future__ import annotations

import gc
import logging
import socket
import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
import trustme

from mover_vertica.connect import Connection, cancelling, open_connection
from records_mover.db import open_engine
from records_mover.errors import ConnectError
from records_mover.plugins import Plugins
from vertica_server import ServerConfig, VerticaServer

if TYPE_CHECKING:
    from pathlib import Path

    from support.postgres import PostgresServer


@pytest.fixture
def config(postgres: PostgresServer) -> ServerConfig:
    return ServerConfig(backend=postgres.url(), max_sessions=4)


def _asked(url: str, query: str = "SELECT CURRENT_USER()") -> Any:
    engine = open_engine(url, kinds=Plugins().databases)
    try:
        with engine.connect() as connection:
            return connection.exec_driver_sql(query).scalar()
    finally:
        engine.dispose()


def _url(server: VerticaServer, password: str | None = None, host: str = "", **more: str) -> str:
    login = server.login
    query = "&".join(f"{name}={value}" for name, value in more.items())
    said = login["password"] if password is None else password
    return (
        f"vertica://{login['user']}:{said}@{host or login['host']}:{login['port']}/"
        f"{login['database']}?{query}"
    )


def test_a_password_lets_in_and_a_wrong_one_is_told_without_a_leak(config: ServerConfig) -> None:
    with VerticaServer(config) as server:
        assert _asked(_url(server, tlsmode="disable")) == "dbadmin"
        with pytest.raises(ConnectError, match="Invalid username or password") as caught:
            _asked(_url(server, password="hush-hush", tlsmode="disable"))
        gc.collect()  # a socket that is left behind would be a warning, and so an error
        assert "hush-hush" not in str(caught.value)
        assert "check the user name and the password" in str(caught.value)


def test_a_token_lets_in(config: ServerConfig) -> None:
    tokens = {"right-token": "dbadmin"}
    with VerticaServer(replace(config, authentication="oauth", oauth_tokens=tokens)) as server:
        right = _url(server, "", tlsmode="disable", oauth_access_token="right-token")
        assert _asked(right) == "dbadmin"
        with pytest.raises(ConnectError, match="OAuth") as caught:
            _asked(_url(server, "", tlsmode="disable", oauth_access_token="wrong-token"))
        assert "wrong-token" not in str(caught.value)


def test_every_mode_of_tls_does_what_it_says(config: ServerConfig, tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1")
    key, certificate, ca = (tmp_path / name for name in ("key", "certificate", "ca"))
    issued.private_key_pem.write_to_path(key)
    issued.cert_chain_pems[0].write_to_path(certificate)
    authority.cert_pem.write_to_path(ca)
    state = "SELECT ssl_state FROM v_monitor.current_session"
    with VerticaServer(replace(config, certificate=certificate, key=key)) as server:
        assert _asked(_url(server, tlsmode="disable"), state) == "None"
        for mode in ("prefer", "require"):
            assert _asked(_url(server, tlsmode=mode), state) != "None"
        for mode in ("verify-ca", "verify-full"):
            named = _url(server, host="localhost", tlsmode=mode, tls_cafile=str(ca))
            assert _asked(named, state) != "None"
        other = tmp_path / "other"
        trustme.CA().cert_pem.write_to_path(other)
        with pytest.raises(ConnectError, match=r"(?i)certificate"):
            _asked(_url(server, tlsmode="verify-ca", tls_cafile=str(other)))
        gc.collect()


def test_a_channel_that_is_not_encrypted_is_logged_and_required_ones_refused(
    config: ServerConfig, caplog: pytest.LogCaptureFixture
) -> None:
    with VerticaServer(config) as server:
        assert _asked(_url(server)) == "dbadmin"
        assert "TLS is not configured on the server" in caplog.text
        with pytest.raises(ConnectError, match="SSL"):
            _asked(_url(server, tlsmode="require"))


def test_load_is_balanced_and_nodes_stand_in_for_each_other(
    config: ServerConfig, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = taken.getsockname()[1]
        with VerticaServer(config) as other:
            there = ("127.0.0.1", other.port)
            with VerticaServer(replace(config, load_balance=(there,))) as server:
                url = _url(server, tlsmode="disable", connection_load_balance="true")
                assert _asked(url) == "dbadmin"
                assert [line for line in other.log.seen if line["event"] == "statement"]
            alive = f"127.0.0.1:{other.port}"
            url = _url(other, tlsmode="disable", backup_server_node=alive)
            assert _asked(url.replace(f":{other.port}/", f":{dead}/")) == "dbadmin"
            assert _asked(_url(other, tlsmode="disable", connection_load_balance="true"))
            assert "Load balancing requested but not supported" in caplog.text
    with pytest.raises(ConnectError, match="cannot be reached") as caught:
        _asked(f"vertica://me@127.0.0.1:{dead}/db?connection_timeout=1")
    assert "check that the server runs" in str(caught.value)


def test_a_server_that_says_nothing_is_not_waited_for_but_a_slow_statement_is(
    config: ServerConfig,
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        with pytest.raises(ConnectError, match=r"(?i)timed out"):
            _asked(f"vertica://me@127.0.0.1:{port}/db?connection_timeout=0.2&tlsmode=disable")
        gc.collect()
    with VerticaServer(config) as server:
        connection = open_connection({**server.login, "tlsmode": "disable"})
        assert connection.socket.gettimeout() is None
        assert connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        unheard = connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert unheard == 60_000
        connection.close()


def test_a_server_that_cannot_be_asked_to_stop_is_cut_off() -> None:
    def unreachable() -> None:
        raise OSError("no route to host")

    near, far = socket.socketpair()
    with near, far:
        stop = cancelling(cast(Connection, SimpleNamespace(cancel=unreachable, socket=near)))
        timer = threading.Timer(0.2, stop)
        timer.start()
        assert near.recv(1) == b""
        timer.join()
    stop()  # there is nothing to cut any more


def test_a_connection_that_is_closed_while_it_is_cancelled_leaves_no_socket(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = open_connection({**ask.server.login, "tlsmode": "disable"})
    known, opened = connection.establish_socket_connection, list[socket.socket]()

    def closed_meanwhile(addresses: object) -> socket.socket:
        opened.append(known(addresses))
        connection.close()
        return opened[0]

    monkeypatch.setattr(connection, "establish_socket_connection", closed_meanwhile)
    connection.cancel()
    connection.cancel()  # there is nothing to end any more
    assert [one.fileno() for one in opened] == [-1]


def test_notices_are_logged_and_not_warned_of(ask: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mover_vertica")
    connection = open_connection({**ask.server.login, "tlsmode": "disable"})
    connection.cursor().execute("DROP TABLE IF EXISTS there_is_none")
    connection.cursor().fetchall()
    connection.close()
    assert "the server says: Nothing was dropped" in caplog.text


def test_a_session_is_named_and_told_how_long_a_statement_may_take(
    bare: Any, warehouse: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    bare.move(path, warehouse.url("t", session_label="mine", runtimecap="30 minutes"))
    assert "SET SESSION RUNTIMECAP '30 minutes'" in warehouse.statements("set session")
