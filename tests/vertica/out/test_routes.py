"""Rows come out of Vertica on every route: by EXPORT and S3EXPORT into S3, else by SELECT."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records_mover import targets
from records_mover.errors import MoverError

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [
    "", "a,b", 'q"q""', "\\", "\\\\N", "\\N", "two\nlines", "\r\n", "\1\2\3", "|", "'", "é中😀",
    " x ", "NULL", None,
]  # fmt: skip
TABLE = (
    "CREATE TABLE t (id INT, name VARCHAR(40), price NUMERIC(8,2), day DATE, at TIMESTAMP,"
    " ok BOOLEAN)"
)


def literal(text: str | None) -> str:
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


@pytest.fixture
def filled(warehouse: Any) -> Any:
    """A table of texts that break careless movers."""
    warehouse.ask(TABLE)
    for number, text in enumerate(TEXTS):
        price, ok = ("NULL", "NULL") if text is None else (f"{number}.5", str(number % 2 == 0))
        warehouse.ask(
            f"INSERT INTO t VALUES ({number}, {literal(text)}, {price}, '2020-02-29',"
            f" '2020-01-02 03:04:05.00000{number % 10}', {ok})"
        )
    warehouse.ask("COMMIT")
    return warehouse


def parquet(objects: Any, folder: str) -> pa.Table:
    names = [name for name in objects.names(folder) if name.endswith(".parquet")]
    return pa.concat_tables(pq.read_table(io.BytesIO(objects.get(name))) for name in names)


def by_id(table: pa.Table) -> list[dict[str, Any]]:
    return sorted(table.to_pylist(), key=lambda row: int(row["id"]))


def test_without_scratch_a_table_is_read_by_select(bare: Any, filled: Any, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    result = bare.move(filled.url("t"), out)
    assert result.route[0] == "vertica-select"
    assert result.rows == len(TEXTS)
    table = pq.read_table(out)
    rows = by_id(table)
    assert [row["name"] for row in rows] == TEXTS
    assert table.schema.field("price").type == pa.decimal128(8, 2)
    assert rows[1]["price"] == Decimal("1.50")
    assert str(rows[3]["at"]) == "2020-01-02 03:04:05.000003"


def test_a_plan_says_why_nothing_faster_is_done(bare: Any, filled: Any, tmp_path: Path) -> None:
    said = str(bare.explain(filled.url("t"), tmp_path / "out.csv"))
    assert "vertica-select" in said
    assert "EXPORT writes files at s3:// or s3a://, and there is no scratch space for any" in said
    off = str(bare.explain(filled.url("t", s3="off"), tmp_path / "out.csv"))
    assert "s3=off says that Vertica is not to use S3 itself" in off


def test_with_scratch_a_table_is_exported_as_parquet(
    session: Any, filled: Any, tmp_path: Path
) -> None:
    out = tmp_path / "out.parquet"
    result = session.move(filled.url("t"), out)
    assert result.route[0] == "vertica-export"
    assert result.rows == len(TEXTS)
    assert [row["name"] for row in by_id(pq.read_table(out))] == TEXTS


def test_a_folder_of_s3_is_filled_by_the_server_alone(bare: Any, filled: Any, objects: Any) -> None:
    result = bare.move(filled.url("t"), objects.url("dir/"), target_format="parquet")
    assert result.route == ("vertica-export",)
    assert result.rows == len(TEXTS)
    assert {"dir/_manifest", "dir/_schema.json", "dir/_format_parquet"} < set(objects.names("dir/"))
    [entry] = json.loads(objects.get("dir/_manifest"))["entries"]
    name = entry["url"].split(objects.folder + "/")[1]
    assert entry["meta"]["content_length"] == len(objects.get(name))
    fields = json.loads(objects.get("dir/_schema.json"))["fields"]
    assert list(fields) == ["id", "name", "price", "day", "at", "ok"]
    assert [row["name"] for row in by_id(parquet(objects, "dir/"))] == TEXTS
    with pytest.raises(MoverError, match="is not empty"):
        bare.move(filled.url("t"), objects.url("dir/"), target_format="parquet")


BLUELABS = {"compression": None}
CSV = {
    "dateformat": "YYYY-MM-DD", "datetimeformat": "YYYY-MM-DD HH24:MI:SS",
    "datetimeformattz": "YYYY-MM-DD HH24:MI:SSOF", "compression": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("variant", "hints"),
    [("bluelabs", BLUELABS), ("bluelabs", {"compression": "GZIP"}), ("csv", CSV),
     ("csv", {**CSV, "field-delimiter": "\1", "quotechar": "'", "compression": "ZSTD"}),
     ("bluelabs", {**BLUELABS, "field-delimiter": "\1", "record-terminator": "\2"}),
     ("csv", {**CSV, "doublequote": False, "escape": "\\", "quoting": "nonnumeric"})],
)  # fmt: skip
def test_text_of_any_kind_survives_delimited_files(
    bare: Any, filled: Any, objects: Any, tmp_path: Path, variant: str, hints: dict[str, Any]
) -> None:
    folder, out = objects.url("dir/"), tmp_path / "out.parquet"
    result = bare.move(filled.url("t"), folder, target_variant=variant, target_hints=hints)
    assert result.route == ("vertica-export",)
    assert result.rows == len(TEXTS)
    assert bare.move(folder, out).rows == len(TEXTS)
    assert [row["name"] for row in by_id(pq.read_table(out))] == TEXTS


@pytest.mark.parametrize(
    ("variant", "hints"),
    [("bluelabs", {"compression": "BZIP"}), ("csv", CSV),
     ("bluelabs", {**BLUELABS, "field-delimiter": "\1", "record-terminator": "\2"})],
)  # fmt: skip
def test_s3export_writes_where_it_is_wanted(
    bare: Any, filled: Any, objects: Any, tmp_path: Path, variant: str, hints: dict[str, Any]
) -> None:
    folder, out = objects.url("dir/"), tmp_path / "out.parquet"
    said = {"target_variant": variant, "target_hints": {**hints, "header-row": False}}
    result = bare.move(filled.url("t", s3export="on"), folder, **said)
    assert (result.route, result.rows) == (("vertica-s3export",), len(TEXTS))
    assert bare.move(folder, out).rows == len(TEXTS)
    assert [row["name"] for row in by_id(pq.read_table(out))] == TEXTS


def test_a_row_goes_to_postgres_and_redshift_reads_what_vertica_wrote(
    session: Any, bare: Any, filled: Any, pg_url: str
) -> None:
    import psycopg2

    for mover, first in ((session, "vertica-export"), (bare, "vertica-select")):
        result = mover.move(filled.url("t"), f"{pg_url}::{first.replace('-', '_')}")
        assert result.route[0] == first
        connection = psycopg2.connect(pg_url.replace("postgresql+psycopg2", "postgresql"))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT name FROM {first.replace('-', '_')} ORDER BY id")
            assert [row[0] for row in cursor.fetchall()] == TEXTS
        connection.close()


def test_a_table_becomes_a_dataframe(bare: Any, filled: Any) -> None:
    frame = targets.dataframe()
    assert bare.move(filled.url("t"), frame).rows == len(TEXTS)
    assert sorted(frame.frame["id"]) == list(range(len(TEXTS)))


def test_columns_and_queries_are_sources(
    bare: Any, session: Any, filled: Any, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    for mover in (bare, session):
        mover.move(filled.url("t"), out, columns=["ok", "id"])
        assert next(csv.reader(out.read_text().splitlines())) == ["ok", "id"]
        query = (
            f"SELECT id, 'it''s '||name AS said FROM {filled.ask.schema}.t WHERE id = 1 ORDER BY 1;"
        )
        result = mover.move(filled.url(), out, query=query)
        assert result.rows == 1
        assert list(csv.reader(out.read_text().splitlines())) == [["id", "said"], ["1", "it's a,b"]]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_empty_table_is_moved(
    session: Any, bare: Any, warehouse: Any, tmp_path: Path, objects: Any, form: str
) -> None:
    warehouse.ask("CREATE TABLE none (id INT, f FLOAT, name VARCHAR(20))")
    warehouse.ask("COMMIT")
    for mover in (session, bare):
        out = tmp_path / f"out.{form}"
        assert mover.move(warehouse.url("none"), out).rows == 0
        assert out.stat().st_size > 0
    warehouse.ask("CREATE TABLE few (id INT, name VARCHAR(20))")
    warehouse.ask("COMMIT")
    hints = CSV if form == "csv" else {}
    assert bare.move(
        warehouse.url("few"),
        objects.url("dir/"),
        target_format="delimited" if form == "csv" else form,
        target_variant="csv" if form == "csv" else None,
        target_hints=hints,
    ).route == ("vertica-export",)
    again = tmp_path / "again.parquet"
    bare.move(objects.url("dir/"), again)
    assert pq.read_table(again).num_rows == 0
    assert pq.read_schema(again).names == ["id", "name"]


def test_a_server_of_old_writes_text_by_s3export(
    bare: Any, vertica: Any, objects: Any, tmp_path: Path
) -> None:
    import vertica_python

    from vertica_server import ServerConfig, VerticaServer

    config = ServerConfig(backend=vertica.config.backend, version="v10.1.1-0")
    with VerticaServer(config) as server:
        with vertica_python.connect(**server.login, tlsmode="disable") as connection:
            for statement in (TABLE, "INSERT INTO t (id, name) VALUES (1, 'a,b')", "COMMIT"):
                connection.cursor().execute(statement)
        login = server.login
        who = f"{login['user']}:{login['password']}@{login['host']}:{login['port']}"
        url = f"vertica://{who}/{login['database']}?tlsmode=disable::public.t"
        folder, hints = objects.url("dir/"), {"compression": None, "header-row": False}
        plan = str(bare.explain(url, folder, target_variant="bluelabs", target_hints=hints))
        assert "EXPORT TO DELIMITED came with Vertica 11" in plan
        result = bare.move(url, folder, target_variant="bluelabs", target_hints=hints)
        assert (result.route, result.rows) == (("vertica-s3export",), 1)
        result = bare.move(url, objects.url("more/"), target_format="parquet")
        assert (result.route, result.rows) == (("vertica-export",), 1)
    bare.move(folder, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").column("name").to_pylist() == ["a,b"]
