"""Who is let in and how, what a client may ask for, and how a session ends."""

from __future__ import annotations

import gc
import threading
import time
import warnings
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import trustme
import vertica_python

from vertica_server import ServerConfig, VerticaServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.postgres import PostgresServer
    from vertica.conftest import Ask


def _connect(server: VerticaServer, **options: Any) -> Any:
    return vertica_python.connect(**{**server.login, "tlsmode": "disable", **options})


def _refused(server: VerticaServer, **options: Any) -> str:
    """Fail to connect; the driver leaves its socket to the garbage collector then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        said = _failure(server, **options)
        gc.collect()
    return said


def _failure(server: VerticaServer, **options: Any) -> str:
    try:
        _connect(server, **options)
    except vertica_python.errors.ConnectionError as error:
        return str(error)
    raise AssertionError("the server let it in")


@pytest.fixture(params=["trust", "password", "md5", "hash", "hash_md5", "sha512"])
def each_way(request: pytest.FixtureRequest, postgres: PostgresServer) -> Iterator[VerticaServer]:
    """A server for each way to ask for a password."""
    with VerticaServer(
        ServerConfig(backend=postgres.url(), authentication=request.param, max_sessions=2)
    ) as server:
        yield server


def test_a_password_is_checked_however_it_is_asked_for(each_way: VerticaServer) -> None:
    _connect(each_way).close()
    assert "Invalid username or password" in _refused(each_way, user="nobody")
    if each_way.config.authentication != "trust":
        assert "Invalid username or password" in _refused(each_way, password="wrong")
    assert 'Database "other" does not exist' in _refused(each_way, database="other")


@pytest.fixture
def own(postgres: PostgresServer) -> ServerConfig:
    """What a server of this test's own begins with."""
    return ServerConfig(backend=postgres.url(), max_sessions=2)


def test_a_token_is_taken_or_refused(own: ServerConfig) -> None:
    config = replace(own, authentication="oauth", oauth_tokens={"right": "dbadmin"})
    with VerticaServer(config) as server:
        _connect(server, oauth_access_token="right", password="").close()
        assert "OAuth" in _refused(server, oauth_access_token="wrong", password="")


def test_tls_is_negotiated_in_every_mode(own: ServerConfig, tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    config = replace(own, certificate=tmp_path / "server.pem", require_tls=True)
    with VerticaServer(config) as server:
        ca = {"tls_cafile": str(tmp_path / "ca.pem")}
        for mode, more in (("prefer", {}), ("require", {}), ("verify-ca", ca), ("verify-full", ca)):
            connection = _connect(server, tlsmode=mode, **more)
            cursor = connection.cursor()
            cursor.execute("SELECT ssl_state FROM current_session")
            assert cursor.fetchall() == [["Server"]]
            connection.close()
        assert "TLS is required" in _refused(server)
    with VerticaServer(own) as server:
        assert "SSL requested but" in _refused(server, tlsmode="require")


def test_a_full_server_says_so(own: ServerConfig) -> None:
    with VerticaServer(own) as server:
        held = [_connect(server) for _ in range(2)]
        assert "connection limit of 2" in _refused(server)
        held.pop().close()
        deadline = time.monotonic() + 5
        while len(server.sessions()) > 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        _connect(server).close()
        held.pop().close()


def test_a_load_balance_request_is_answered(own: ServerConfig) -> None:
    with VerticaServer(own) as second:
        address = (("127.0.0.1", second.port),)
        with VerticaServer(replace(own, load_balance=address)) as first:
            connection = _connect(first, connection_load_balance=True)
            assert len(first.sessions()) == 0
            assert len(second.sessions()) == 1
            connection.close()


def test_a_dropped_connection_undoes_what_was_open(own: ServerConfig) -> None:
    with VerticaServer(own) as server:
        connection = _connect(server)
        cursor = connection.cursor()
        cursor.execute("CREATE TABLE t (a INT)")
        cursor.execute("INSERT INTO t VALUES (1)")
        assert server.drop_connections() == 1
        with pytest.raises(vertica_python.errors.Error):
            cursor.execute("SELECT 1")
        with suppress(vertica_python.errors.ConnectionError):  # it says goodbye to nobody
            connection.close()
        again = _connect(server).cursor()
        again.execute("SELECT count(*) FROM t")
        assert again.fetchall() == [[0]]
        again.connection.close()


def test_a_running_statement_is_cancelled(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    ask.copy("COPY t FROM STDIN", b"".join(b"%d\n" % number for number in range(3000)))
    timer = threading.Timer(0.3, ask.connection.cancel)
    timer.start()
    with pytest.raises(vertica_python.errors.QueryCanceled, match="Execution canceled"):
        ask("SELECT count(*) FROM t a, t b, t c, t d")
    timer.join()
    assert ask("SELECT 1") == [[1]]


def test_a_session_knows_who_it_is(ask: Ask) -> None:
    said = (
        "SELECT current_user, session_user, current_schema(), current_database(), LAST_INSERT_ID()"
    )
    assert ask(said) == [["dbadmin", "dbadmin", ask.schema, "vmart", None]]
    names = [column.name for column in ask.cursor.description]
    assert names == [
        "current_user", "session_user", "current_schema", "current_database", "LAST_INSERT_ID",
    ]  # fmt: skip


def test_autocommit_is_as_the_client_says(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT)")
    other = ask.other(autocommit=True)
    other("INSERT INTO t VALUES (1)")
    assert ask("SELECT * FROM t") == [[1]]
    ask.connection.autocommit = True
    ask("INSERT INTO t VALUES (2)")
    assert other("SELECT count(*) FROM t") == [[2]]


def test_statements_are_prepared_on_the_server(ask: Ask) -> None:
    prepared = ask.other(use_prepared_statements=True)
    prepared("CREATE TABLE t (a INT, b VARCHAR(9), c FLOAT)")
    for row in ([1, "x'y", 1.5], [None, None, None]):
        assert prepared("INSERT INTO t VALUES (?, ?, ?)", row) == [[1]]
    assert prepared("SELECT b, c FROM t WHERE a = ?", [1]) == [["x'y", 1.5]]
    with pytest.raises(vertica_python.errors.QueryError, match="Invalid input syntax for integer"):
        prepared("SELECT b FROM t WHERE a = ?", ["x"])
    assert prepared("SELECT 1") == [[1]]


def test_many_rows_go_by_the_drivers_copy(ask: Ask) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(9))")
    rows = [[1, "a|b"], [2, "c\\d"], [3, ""], [4, None], [5, "e\nf"]]
    ask.cursor.executemany("INSERT INTO t (a, b) VALUES (%s, %s)", rows)
    assert ask("SELECT * FROM t ORDER BY a") == rows


def test_binary_transfer_gives_the_same_values(ask: Ask) -> None:
    ask(
        "CREATE TABLE t (a INT, b VARCHAR(9), c FLOAT, d NUMERIC(20,3), e DATE, f TIMESTAMP,"
        " g TIMESTAMPTZ, h TIME, i TIMETZ, j BOOLEAN, k VARBINARY(9), l UUID,"
        " m INTERVAL DAY TO SECOND, n INTERVAL YEAR TO MONTH, o CHAR(3))"
    )
    ask.copy(
        "COPY t FROM STDIN",
        b"-5|x|1.5|-12345.678|1999-12-31|1969-07-20 20:17:40.123456|2020-01-01 00:00:00+05"
        b"|12:34:56.5|01:02:03+02|t|\\\\001a|6bbf0744-74b4-46b9-bb05-53905d4538e7"
        b"|1 02:03:04|2-3|a\n" + b"|" * 14 + b"\n",
    )
    binary = ask.other(binary_transfer=True)
    text = ask("SELECT * FROM t ORDER BY a")
    found = binary("SELECT * FROM t ORDER BY a")
    assert [[str(value) for value in row] for row in found] == [
        [str(value) for value in row] for row in text
    ]


def test_local_files_are_asked_for_and_rejects_handed_back(ask: Ask, tmp_path: Path) -> None:
    ask("CREATE TABLE t (a INT, b VARCHAR(3))")
    (tmp_path / "1.csv").write_text("1,x\nbad,y\n")
    (tmp_path / "2.csv").write_text("2,y\n3,long\n")
    said = f"REJECTED DATA '{tmp_path}/rejected' EXCEPTIONS '{tmp_path}/why'"
    files = f"'{tmp_path}/1.csv', '{tmp_path}/2.csv'"
    assert ask(f"COPY t FROM LOCAL {files} DELIMITER ',' ENFORCELENGTH {said}") == [[2]]
    assert (tmp_path / "rejected").read_text() == "bad,y\n3,long\n"
    assert "Invalid integer format 'bad' for column 1 (a)" in (tmp_path / "why").read_text()
    with pytest.raises(OSError, match="does not exist"):
        ask(f"COPY t FROM LOCAL '{tmp_path}/none' DELIMITER ','")
    with (tmp_path / "1.csv").open() as file:
        assert ask("COPY t FROM LOCAL STDIN DELIMITER ','", copy_stdin=file) == [[1]]


def test_a_reader_that_fails_leaves_the_table_as_it_was(ask: Ask) -> None:
    class Broken:
        def __init__(self) -> None:
            self.left = 2

        def read(self, _size: int) -> bytes:
            self.left -= 1
            if self.left:
                return b"1\n"
            raise ValueError("no more")

    ask("CREATE TABLE t (a INT)")
    with pytest.raises(vertica_python.errors.DataError, match="no more"):
        ask.cursor.copy("COPY t FROM STDIN", Broken())
    assert ask("SELECT * FROM t") == []
