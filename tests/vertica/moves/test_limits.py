"""Exactly as many rows are left out as were allowed, wherever a server ends at REJECTMAX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import vertica_python

from records_mover import Session
from records_mover.errors import BadRowError
from vertica_server import ServerConfig, VerticaServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.postgres import PostgresServer


@pytest.fixture(params=[True, False], ids=["at the limit", "beyond the limit"])
def server(request: pytest.FixtureRequest, postgres: PostgresServer) -> Iterator[VerticaServer]:
    config = ServerConfig(backend=postgres.url(), reject_max_fails_at_limit=request.param)
    with VerticaServer(config) as server:
        yield server


def _rows(server: VerticaServer) -> list[list[object]]:
    with vertica_python.connect(**server.login, tlsmode="disable") as connection:
        return list(connection.cursor().execute("SELECT * FROM t ORDER BY 1").fetchall())


def test_the_limit_is_what_was_said(server: VerticaServer, tmp_path: Path) -> None:
    login = server.login
    who = f"{login['user']}:{login['password']}@{login['host']}:{login['port']}"
    table = f"vertica://{who}/{login['database']}?tlsmode=disable::t"
    with vertica_python.connect(**login, tlsmode="disable") as connection:
        connection.cursor().execute("CREATE TABLE t (id INT, name VARCHAR(3))")
    path, rejects = tmp_path / "rows.txt", tmp_path / "rejects.csv"
    path.write_bytes(b"1,a\nx,b\n2,toolong\n3,c\ny,d\n")
    hints = {"compression": None}
    with Session() as session:
        with pytest.raises(BadRowError, match="2"):
            session.move(path, table, variant="bluelabs", hints=hints, max_failure_rows=2)
        assert _rows(server) == []
        result = session.move(
            path, table, variant="bluelabs", hints=hints, max_failure_rows=3, rejects=rejects
        )
        assert (result.rows, result.rejected) == (2, 3)
    assert _rows(server) == [[1, "a"], [3, "c"]]
    told = rejects.read_text()
    assert all(words in told for words in ("x,b", "toolong", "y,d", "Invalid integer format"))
