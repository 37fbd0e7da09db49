"""A failure in the middle leaves the target as it was, nothing in S3, and the server's words."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest

from mover_redshift.manifest import parse_manifest
from records_mover import Session, move
from records_mover.errors import (
    BadRowError,
    ConnectError,
    LoadUnloadError,
    MoverError,
    NotFoundError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROLE = "arn:aws:iam::123456789012:role/loader"
ELSEWHERE = "redshift-elsewhere"


@pytest.fixture
def table(warehouse: Any) -> Iterator[Any]:
    warehouse.ask("create table t (id integer, name varchar(5))")
    warehouse.ask("insert into t values (0, 'old')")
    yield warehouse
    assert (0, "old") in warehouse.rows()


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.csv"
    path.write_bytes(b"id,name\n1,fine\n2,much too long\nthree,c\n4,d\n")
    return path


def test_a_bad_row_is_named_with_file_line_and_column(session: Any, table: Any, bad: Path) -> None:
    with pytest.raises(BadRowError, match="String length exceeds DDL length") as caught:
        session.move(bad, table.url("t"))
    assert caught.value.line == 2
    assert caught.value.column == "name"
    assert str(caught.value.source).startswith("s3://redshift-data/")
    assert "1204" in str(caught.value)
    assert table.rows() == [(0, "old")]


def test_bad_rows_are_left_out_and_told(
    session: Any, table: Any, bad: Path, tmp_path: Path
) -> None:
    rejects = tmp_path / "rejects.jsonl"
    result = session.move(bad, table.url("t"), max_failure_rows=2, rejects=rejects)
    assert (result.rows, result.rejected) == (2, 2)
    assert table.rows() == [(0, "old"), (1, "fine"), (4, "d")]
    told = rejects.read_text()
    assert "much too long" in told
    assert "three" in told
    assert "MAXERROR AS 3" in table.statements("copy")[-1]


def _late(monkeypatch: pytest.MonkeyPatch, *, after: int, rows: int) -> None:
    """Have the tables of errors tell of some rows only, and of all after so many looks."""
    from mover_redshift import rejected

    asked = rejected._asked
    looks = 0

    def late(database: Any, query: str) -> Any:
        nonlocal looks
        looks += 1
        found = list(asked(database, query))
        return found if looks > after else found[:rows]

    monkeypatch.setattr(rejected, "_asked", late)
    monkeypatch.setattr(rejected, "_STEP", 0.01)


def test_rows_that_the_server_tells_of_late_are_told_all_the_same(
    session: Any, table: Any, bad: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _late(monkeypatch, after=9, rows=1)
    rejects = tmp_path / "rejects.csv"
    result = session.move(bad, table.url("t"), max_failure_rows=2, rejects=rejects)
    assert (result.rows, result.rejected) == (2, 2)
    assert rejects.read_text().count("\n") == 3


def test_rows_that_the_server_never_tells_of_are_counted(
    session: Any, table: Any, bad: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _late(monkeypatch, after=10**9, rows=0)
    monkeypatch.setattr("mover_redshift.load._PATIENCE", 0.1)
    rejects = tmp_path / "rejects.csv"
    result = session.move(bad, table.url("t"), max_failure_rows=2, rejects=rejects)
    assert (result.rows, result.rejected) == (2, 2)
    assert rejects.read_text().count("left out by COPY, and no table of the server's tells") == 2


def test_more_bad_rows_than_are_tolerated_end_the_move(session: Any, table: Any, bad: Path) -> None:
    with pytest.raises(MoverError):
        session.move(bad, table.url("t"), max_failure_rows=1)
    assert table.rows() == [(0, "old")]


def test_maxerror_is_not_sent_unasked(session: Any, table: Any, tmp_path: Path) -> None:
    path = tmp_path / "fine.csv"
    path.write_bytes(b"id,name\n1,fine\n")
    session.move(path, table.url("t"))
    assert "MAXERROR" not in table.statements("copy")[-1]


def test_an_expired_token_is_said(
    session: Any, table: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fine.csv"
    path.write_bytes(b"id,name\n1,fine\n")
    _stale(monkeypatch)
    with pytest.raises(LoadUnloadError, match="xpired") as caught:
        session.move(path, table.url("t"))
    assert "renew the credentials" in str(caught.value)
    assert table.rows() == [(0, "old")]
    with pytest.raises(LoadUnloadError, match="xpired"):
        session.move(table.url("t"), tmp_path / "out.csv")


def _stale(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from mover_s3.store import S3Store
    from records_mover.secret import Secret

    known = S3Store.access

    def access(self: S3Store, url: str) -> Any:
        return replace(known(self, url), session_token=Secret("stale"))

    monkeypatch.setattr(S3Store, "access", access)


def test_credentials_are_never_shown(
    session: Any,
    table: Any,
    bad: Path,
    redshift_s3: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "mover_redshift")
    plan = str(session.explain(bad, table.url("t")))
    with pytest.raises(MoverError) as caught:
        session.move(bad, table.url("t"))
    sent = table.statements("copy")[-1]
    assert redshift_s3.secret_key in sent
    shown, error = plan + caplog.text, caught.value
    chain = [error, error.__cause__, None if error.__suppress_context__ else error.__context__]
    shown += "".join(map(repr, chain)) + "".join(map(str, chain))
    assert "SECRET_ACCESS_KEY ***" in shown
    assert redshift_s3.secret_key not in shown


def test_a_bucket_elsewhere_is_named_by_the_server(
    bare: Any, table: Any, redshift_s3_client: Any
) -> None:
    redshift_s3_client.put_object(Bucket=ELSEWHERE, Key="t.csv", Body=b"1,a\n")
    with pytest.raises(LoadUnloadError, match="region"):
        bare.move(
            f"s3://{ELSEWHERE}/t.csv",
            table.url("t"),
            variant="bluelabs",
            hints={"header-row": False, "compression": None},
        )
    assert table.rows() == [(0, "old")]


def test_an_object_that_goes_missing_ends_the_load(
    session: Any, table: Any, objects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mover_redshift.statements import CopyStatement

    url = objects.put("in/a.csv", b"1,a\n")
    known = CopyStatement.statement

    def gone(self: CopyStatement, access: Any) -> Any:
        objects.client.delete_object(Bucket=objects.bucket, Key=f"{objects.folder}/in/a.csv")
        return known(self, access)

    monkeypatch.setattr(CopyStatement, "statement", gone)
    with pytest.raises(LoadUnloadError, match=r"could not be found|not exist|missing|No such|404"):
        session.move(
            url,
            table.url("t"),
            variant="bluelabs",
            hints={"header-row": False, "compression": None},
        )
    assert table.rows() == [(0, "old")]


def test_a_lost_connection_leaves_the_table_as_it_was(
    session: Any, table: Any, tmp_path: Path, redshift: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mover_redshift.statements import CopyStatement

    path = tmp_path / "fine.csv"
    path.write_bytes(b"id,name\n1,fine\n")
    known = CopyStatement.statement

    def cut(self: CopyStatement, access: Any) -> Any:
        redshift.drop_connections()
        return known(self, access)

    monkeypatch.setattr(CopyStatement, "statement", cut)
    with pytest.raises(ConnectError, match="was lost"):
        session.move(path, table.url("t"))
    table.ask.reconnect()


def test_an_unload_whose_connection_is_lost_is_found_by_its_manifest(
    session: Any, table: Any, tmp_path: Path, redshift: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mover_redshift.database import RedshiftDatabase

    known = RedshiftDatabase.run

    def late(self: Any, connection: Any, statement: str, **options: Any) -> Any:
        if statement == "SELECT pg_last_unload_count()":
            redshift.drop_connections()
        return known(self, connection, statement, **options)

    monkeypatch.setattr(RedshiftDatabase, "run", late)
    result = session.move(table.url("t"), tmp_path / "out.csv")
    assert result.rows == 1
    assert (tmp_path / "out.csv").read_text() == "id,name\n0,old\n"
    table.ask.reconnect()


def test_an_unload_without_a_manifest_ends_at_a_deadline(
    session: Any, table: Any, tmp_path: Path, redshift: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mover_redshift.database import RedshiftDatabase

    known = RedshiftDatabase.run

    def cut(self: Any, connection: Any, statement: str, **options: Any) -> Any:
        if statement.startswith("UNLOAD"):
            redshift.drop_connections()
        return known(self, connection, statement, **options)

    monkeypatch.setattr(RedshiftDatabase, "run", cut)
    begun = time.monotonic()
    with pytest.raises(LoadUnloadError, match="no manifest came within 1 second"):
        session.move(table.url("t", unload_wait_seconds="1"), tmp_path / "out.csv")
    assert time.monotonic() - begun < 20
    assert not (tmp_path / "out.csv").exists()
    table.ask.reconnect()


def test_a_role_goes_before_keys(session: Any, table: Any, tmp_path: Path) -> None:
    path = tmp_path / "fine.csv"
    path.write_bytes(b"id,name\n1,fine\n")
    for role, said in ((ROLE, f"IAM_ROLE '{ROLE}'"), ("default", "IAM_ROLE default")):
        session.move(path, table.url("t", iam_role=role))
        assert said in table.statements("copy")[-1]
        assert "ACCESS_KEY" not in table.statements("copy")[-1]


def test_the_sample_manifest_of_the_manual_is_read() -> None:
    text = """{"entries": [
      {"url":"s3://b/v_0000_part_00", "meta": { "content_length": 32295, "record_count": 10 }},
      {"url":"s3://b/v_0001_part_00", "meta": { "content_length": 32771, "record_count": 20 }}],
      "schema": {"elements": [{"name": "venuename", "type": { "base": "character varying", 25 }}]},
      "meta": {"content_length": 65066, "record_count": 30}}"""
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(text)
    found = parse_manifest(text, "s3://b/v_manifest")
    assert found.files == (("s3://b/v_0000_part_00", 32295), ("s3://b/v_0001_part_00", 32771))
    assert found.records == 30


def test_a_file_whose_name_begins_another_is_not_loaded_with_it(
    bare: Any, table: Any, objects: Any
) -> None:
    url = objects.put("in/a.csv", b"1,a\n")
    objects.put("in/a.csv.old", b"9,z\n")
    hints = {"header-row": False, "compression": None}
    with pytest.raises(LoadUnloadError, match="manifest") as caught:
        bare.move(url, table.url("t"), variant="bluelabs", hints=hints)
    assert "SCRATCH_S3_URL" in str(caught.value)
    with Session(scratch_s3_url=objects.url("tmp/")) as session:
        session.move(url, table.url("t"), variant="bluelabs", hints=hints)
    assert table.rows() == [(0, "old"), (1, "a")]


def test_a_table_with_nearly_that_name_is_named(warehouse: Any, tmp_path: Path) -> None:
    warehouse.ask("create table trips (a int)")
    with pytest.raises(NotFoundError, match=r"\(did you mean 'trips'\?\); check its name"):
        move(warehouse.url("trisp"), tmp_path / "out.csv")
