"""Rows reach Vertica from everywhere, by the shortest way that keeps them, and explain says it."""

from __future__ import annotations

import datetime as dt
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records_mover import sources

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = ["", "a,b", "\\", "\\N", "two\nlines", "\r\n", "\t", "\x01\x02", '"', "é𝄞", None]


@pytest.fixture
def postgres_table(pg_url: str) -> Iterator[str]:
    """A table of PostgreSQL's with texts that break careless movers."""
    connection = psycopg2.connect(pg_url.replace("postgresql+psycopg2", "postgresql"))
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(
        "drop table if exists out_there; create table out_there"
        " (id int primary key, name text, at timestamptz, ok boolean)"
    )
    for number, text in enumerate(TEXTS):
        row = (number, text, dt.datetime(2020, 1, 2, 3, 4, 5, number, dt.UTC), number % 2 == 0)
        cursor.execute("insert into out_there values (%s, %s, %s, %s)", row)
    yield f"{pg_url}::out_there"
    cursor.execute("drop table out_there")
    connection.close()


def test_postgresql_writes_the_text_that_copy_reads(
    bare: Any, warehouse: Any, postgres_table: str
) -> None:
    plan = str(bare.explain(postgres_table, warehouse.url("t")))
    assert "vertica-copy-s3: COPY reads files at s3:// or s3a://, and there is no scratch" in plan
    result = bare.move(postgres_table, warehouse.url("t"))
    assert result.route == ("postgres-copy-out", "vertica-copy")
    assert [row[1] for row in warehouse.rows()] == TEXTS
    assert warehouse.rows()[3][2] == dt.datetime(2020, 1, 2, 3, 4, 5, 3, dt.UTC)
    assert [row[3] for row in warehouse.rows()][:2] == [True, False]


def test_with_bytes_among_the_columns_rows_are_parsed_on_the_way(
    bare: Any, warehouse: Any, postgres_table: str
) -> None:
    query = r"select id, '\x00ff5c'::bytea as raw from out_there where id < 2 order by id"
    source = postgres_table.partition("::")[0] + "::"
    result = bare.move(source, warehouse.url("t"), query=query)
    assert result.route[-1] == "vertica-copy"
    assert warehouse.rows() == [[0, b"\x00\xff\\"], [1, b"\x00\xff\\"]]


def test_a_frame_is_written_as_text_in_bulk(bare: Any, warehouse: Any) -> None:
    import pandas as pd

    frame = pd.DataFrame({"id": [1, 2, 3], "name": ["a", None, "c|\n"], "x": [0.5, None, 1.5]})
    result = bare.move(sources.dataframe(frame), warehouse.url("t"))
    assert result.route[-1] == "vertica-copy"
    assert warehouse.rows() == [[1, "a", 0.5], [2, None, None], [3, "c|\n", 1.5]]


def test_lists_go_into_arrays_as_json(bare: Any, warehouse: Any, tmp_path: Path) -> None:
    path = tmp_path / "lists.parquet"
    pq.write_table(pa.table({"id": [1, 2], "n": [[1, 2], None], "s": [["a,b", "c"], []]}), path)
    bare.move(path, warehouse.url("made"))
    assert warehouse.rows("made") == [[1, "[1,2]", '["a,b","c"]'], [2, None, "[]"]]
    warehouse.ask("CREATE TABLE t (id INT, n ARRAY[INT])")
    pq.write_table(pa.table({"id": [1, 2], "n": [[1, 2], None]}), path)
    bare.move(path, warehouse.url("t"))
    assert warehouse.rows() == [[1, [1, 2]], [2, None]]


def test_avro_in_s3_is_read_where_it_lies_if_it_is_plain(
    bare: Any, warehouse: Any, objects: Any
) -> None:
    import fastavro

    plain: dict[str, Any] = {
        "type": "record",
        "name": "r",
        "fields": [{"name": "name", "type": ["null", "string"]}, {"name": "id", "type": "long"}],
    }
    sink = io.BytesIO()
    fastavro.writer(sink, plain, [{"id": 1, "name": "a\nb"}, {"id": 2, "name": None}])
    url = objects.put("a.avro", sink.getvalue())
    assert bare.move(url, warehouse.url("t")).route == ("vertica-copy-s3",)
    assert warehouse.rows("t", "id, name") == [[1, "a\nb"], [2, None]]
    day = {"name": "d", "type": {"type": "int", "logicalType": "date"}}
    sink = io.BytesIO()
    fastavro.writer(sink, {**plain, "fields": [day]}, [{"d": dt.date(2020, 2, 29)}])
    url = objects.put("b.avro", sink.getvalue())
    assert bare.move(url, warehouse.url("u")).route[-1] == "vertica-copy"
    assert warehouse.rows("u") == [[dt.date(2020, 2, 29)]]


def test_the_command_moves_and_says_how(warehouse: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name\n1,x\n")
    command = [str(Path(sys.executable).with_name("mvrec")), "move", str(path), warehouse.url("t")]
    ran = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    said = json.loads(ran.stdout)
    assert (said["rows"], said["route"]) == (1, ["read", "decode", "vertica-copy"])
    assert warehouse.rows() == [[1, "x"]]


def test_one_table_goes_to_another_by_way_of_here(bare: Any, warehouse: Any) -> None:
    warehouse.ask(
        "CREATE TABLE s (id INT, n NUMERIC(50,10), iv INTERVAL DAY TO SECOND, u UUID, c CHAR(3),"
        " b BINARY(2), tz TIMETZ) ORDER BY n, id UNSEGMENTED ALL NODES"
    )
    warehouse.ask(
        "INSERT INTO s VALUES (1, 1.5, '1 02:03:04', '00000000-0000-0000-0000-00000000000A', 'x',"
        " X'00FF', '12:00:00+05:30')"
    )
    warehouse.ask("COMMIT")
    bare.move(warehouse.url("s"), warehouse.url("t"))
    listed = "data_type FROM v_catalog.columns WHERE table_schema = %s AND table_name ="
    kinds = [
        warehouse.ask(f"SELECT {listed} '{name}' ORDER BY ordinal_position", [warehouse.ask.schema])
        for name in ("s", "t")
    ]
    assert kinds[0] == kinds[1]
    assert warehouse.rows("s") == warehouse.rows("t")
    assert 'ORDER BY "n", "id" UNSEGMENTED' in warehouse.statements("create table")[-1]
