"""Files in S3 are read by the server itself, with credentials that are shown to nobody."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
import logging
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records_mover.errors import FormatError, LoadUnloadError, MoverError

if TYPE_CHECKING:
    from pathlib import Path

ROWS = b"1,a\n2,\\N\n3,two\\\nlines\n"
LANDED = [[1, "a"], [2, None], [3, "two\nlines"]]
TEXT = {"variant": "bluelabs", "hints": {"compression": None}}


@pytest.fixture
def table(warehouse: Any) -> Any:
    warehouse.ask("CREATE TABLE t (id INT, name VARCHAR(20))")
    return warehouse


def test_text_is_read_where_it_lies(bare: Any, table: Any, objects: Any) -> None:
    result = bare.move(objects.put("a.txt", ROWS), table.url("t"), **TEXT)
    assert result.route == ("vertica-copy-s3",)
    assert (result.rows, table.rows()) == (3, LANDED)
    (copy,) = table.statements("copy")
    assert "ON ANY NODE ABORT ON ERROR DELIMITER ',' ENFORCELENGTH ESCAPE AS" in copy
    assert copy.endswith("NO COMMIT")


def test_what_is_packed_and_several_files_are_one_statement(
    bare: Any, table: Any, objects: Any
) -> None:
    for number in range(3):
        objects.put(f"in/{number}.gz", gzip.compress(b"%d,a\n" % number))
    hints = {"compression": "GZIP"}
    result = bare.move(objects.url("in/"), table.url("t"), variant="bluelabs", hints=hints)
    assert result.route == ("vertica-copy-s3",)
    assert table.rows() == [[0, "a"], [1, "a"], [2, "a"]]
    (copy,) = table.statements("copy")
    assert copy.count("ON ANY NODE GZIP") == 3


def _parquet(**columns: pa.Array) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def test_parquet_is_read_by_position_into_the_columns_of_its_names(
    bare: Any, warehouse: Any, objects: Any
) -> None:
    url = objects.put(
        "a.parquet",
        _parquet(
            name=pa.array(["x", None]),
            id=pa.array([1, 2], pa.int64()),
            at=pa.array([dt.datetime(2020, 1, 2, 3, 4, 5, 6), None], pa.timestamp("us")),
            f=pa.array([0.1, None]),
            raw=pa.array([b"\x00\\", None], pa.binary()),
        ),
    )
    warehouse.ask(
        "CREATE TABLE t (id INT, f FLOAT, name VARCHAR(20), at TIMESTAMP, raw VARBINARY(10))"
    )
    assert bare.move(url, warehouse.url("t")).route == ("vertica-copy-s3",)
    at = dt.datetime(2020, 1, 2, 3, 4, 5, 6)
    assert warehouse.rows() == [[1, 0.1, "x", at, b"\x00\\"], [2, None, None, None, None]]


def test_parquet_of_other_types_is_read_here(bare: Any, table: Any, objects: Any) -> None:
    url = objects.put("a.parquet", _parquet(id=pa.array(["1"]), name=pa.array(["x"])))
    assert "COPY puts no string of Parquet into column 'id'" in str(
        bare.explain(url, table.url("t"))
    )
    assert bare.move(url, table.url("t")).route[-1] == "vertica-copy"
    assert table.rows() == [[1, "x"]]


def test_files_whose_columns_are_in_another_order_are_refused(
    bare: Any, table: Any, objects: Any
) -> None:
    one, two = pa.array(["a"]), pa.array(["b"])
    warehouse = table
    warehouse.ask("CREATE TABLE u (x VARCHAR(9), y VARCHAR(9))")
    objects.put("in/1.parquet", _parquet(x=one, y=two))
    objects.put("in/2.parquet", _parquet(y=two, x=one))
    with pytest.raises(MoverError):
        bare.move(objects.url("in/"), warehouse.url("u"))
    assert warehouse.rows("u") == []


def test_json_lines_are_read_by_name(bare: Any, table: Any, objects: Any, tmp_path: Path) -> None:
    lines = [{"name": "a\nb", "id": 1}, {"id": 2, "name": None}]
    data = "".join(json.dumps(line) + "\n" for line in lines).encode()
    url = objects.put("a.jsonl", data)
    assert "COPY is told too little" in str(bare.explain(url, table.url("t")))
    schema = tmp_path / "schema.json"
    fields = {"name": {"type": "string", "index": 1}, "id": {"type": "integer", "index": 2}}
    schema.write_text(json.dumps({"schema": "bltypes/v1", "fields": fields}))
    result = bare.move(url, table.url("t"), schema=schema)
    assert result.route == ("vertica-copy-s3",)
    assert table.rows() == [[1, "a\nb"], [2, None]]


def test_a_new_table_takes_parquet_from_s3(bare: Any, warehouse: Any, objects: Any) -> None:
    url = objects.put("a.parquet", _parquet(id=pa.array([1, 2]), name=pa.array(["x", ""])))
    assert bare.move(url, warehouse.url("new")).route == ("vertica-copy-s3",)
    assert warehouse.rows("new") == [[1, "x"], [2, ""]]
    assert warehouse.tables() == ["new"]


def test_bad_rows_of_files_are_told_with_their_file(
    bare: Any, table: Any, objects: Any, tmp_path: Path
) -> None:
    objects.put("in/1.txt", b"1,a\nx,b\n")
    objects.put("in/2.txt", b"3,c\n4," + b"d" * 21 + b"\n")
    rejects = tmp_path / "rejects.csv"
    result = bare.move(
        objects.url("in/"), table.url("t"), max_failure_rows=2, rejects=rejects, **TEXT
    )
    assert result.route == ("vertica-copy-s3",)
    assert (result.rows, result.rejected) == (2, 2)
    with rejects.open() as file:
        told = list(csv.DictReader(file))
    assert [(one["file"].rpartition("/")[2], one["line"]) for one in told] == [
        ("1.txt", "record 2"), ("2.txt", "record 2"),
    ]  # fmt: skip
    assert told[0]["text"] == "x,b"


def test_a_name_that_copy_takes_for_others_is_refused(bare: Any, table: Any, objects: Any) -> None:
    url = objects.put("a[1].txt", ROWS)
    with pytest.raises(FormatError, match="takes for any characters"):
        bare.move(url, table.url("t"), **TEXT)
    assert bare.move(url, table.url("t", s3="off"), **TEXT).route == ("read", "vertica-copy")


def test_a_wrong_key_is_told_in_the_servers_words(
    bare: Any, table: Any, objects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from mover_s3.store import S3Store
    from records_mover.secret import Secret

    known = S3Store.access

    def access(self: S3Store, url: str) -> Any:
        return replace(known(self, url), secret_key=Secret("not-the-right-one"))

    table.ask("INSERT INTO t VALUES (0, 'old')")
    table.ask("COMMIT")
    url = objects.put("a.txt", ROWS)
    monkeypatch.setattr(S3Store, "access", access)
    with pytest.raises(LoadUnloadError, match=r"(?i)signature|denied|forbidden|403") as caught:
        bare.move(url, table.url("t"), **TEXT)
    assert "not-the-right-one" not in str(caught.value)
    assert table.rows() == [[0, "old"]]


def test_an_expired_token_is_said(
    bare: Any, table: Any, objects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from mover_s3.store import S3Store
    from records_mover.secret import Secret

    known = S3Store.access

    def access(self: S3Store, url: str) -> Any:
        return replace(known(self, url), session_token=Secret("stale"))

    url = objects.put("a.txt", ROWS)
    monkeypatch.setattr(S3Store, "access", access)
    with pytest.raises(LoadUnloadError, match="xpired") as caught:
        bare.move(url, table.url("t"), **TEXT)
    assert "renew the credentials" in str(caught.value)


def test_credentials_are_never_shown_and_not_kept_by_the_session(
    bare: Any, table: Any, objects: Any, vertica_s3: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "mover_vertica")
    url = objects.put("a.txt", b"x,y\n")
    plan = str(bare.explain(url, table.url("t"), **TEXT))
    with pytest.raises(MoverError) as caught:
        bare.move(url, table.url("t"), **TEXT)
    (sent,) = table.statements("alter session set")
    assert vertica_s3.secret_key in sent
    assert "AWSAuth" in table.statements("alter session clear")[-1]
    shown, error = plan + caplog.text, caught.value
    chain = [error, error.__cause__, None if error.__suppress_context__ else error.__context__]
    shown += "".join(map(repr, chain)) + "".join(map(str, chain))
    assert "AWSAuth = ***" in shown
    assert vertica_s3.secret_key not in shown


def test_nodes_with_credentials_of_their_own_are_given_none(
    bare: Any, table: Any, objects: Any
) -> None:
    url = objects.put("a.txt", ROWS)
    with pytest.raises(LoadUnloadError, match="no AWS credentials were set"):
        bare.move(url, table.url("t", s3_access="server"), **TEXT)
    assert table.statements("alter session") == []
