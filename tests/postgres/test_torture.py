"""Every type with its extreme values, on each way out of PostgreSQL and back."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from records_mover.errors import MoverError
from support import torture

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench, Move


GROUPS = {
    "common": torture.COMMON,
    "built_in": torture.BUILT_IN,
    "beyond": torture.BEYOND,
    "own": torture.OWN,
    "objects": torture.OBJECTS,
}
EXACT = [name for name in GROUPS if name != "beyond"]


def made(bench: Bench, name: str, version: int | None = None) -> str:
    """Make a table of what this server has, or one of an older version."""
    types = torture.known(GROUPS[name], version or bench.version)
    bench.run(torture.TYPES, torture.table(name, types))
    return f"{bench.url}::{name}"


def shown(bench: Bench, name: str) -> dict[str, str]:
    return torture.shown(bench.psql, name)


@pytest.mark.parametrize("name", GROUPS)
def test_within_a_server(pg: Bench, move: Move, name: str) -> None:
    moved = move(made(pg, name), f"{pg.url}::copy", verify=True)
    assert moved.route == ("postgres-insert-select",)
    assert shown(pg, "copy") == shown(pg, name)


@pytest.mark.parametrize("name", GROUPS)
def test_to_another_server_and_back(one_pg: Bench, far_pg: Bench, move: Move, name: str) -> None:
    source = made(one_pg, name, min(one_pg.version, far_pg.version))
    far_pg.run(torture.TYPES)
    there = move(source, f"{far_pg.url}::{name}", verify=True)
    assert shown(far_pg, name) == shown(one_pg, name)
    back = move(f"{far_pg.url}::{name}", f"{one_pg.url}::back", verify=True)
    assert shown(one_pg, "back") == shown(one_pg, name)
    binary = name in ("common", "beyond")
    assert (there.route[0] == back.route[0] == "postgres-binary-out") or not binary


@pytest.mark.parametrize("name", GROUPS)
def test_through_a_records_directory(pg: Bench, move: Move, tmp_path: Path, name: str) -> None:
    move(made(pg, name), f"{tmp_path}/rows/")
    move(f"{tmp_path}/rows/", f"{pg.url}::copy")
    assert shown(pg, "copy") == shown(pg, name)


@pytest.mark.parametrize("name", EXACT)
def test_through_parquet(pg: Bench, move: Move, tmp_path: Path, name: str) -> None:
    move(made(pg, name), f"{tmp_path}/rows.parquet")
    move(f"{tmp_path}/rows.parquet", f"{pg.url}::copy")
    assert shown(pg, "copy") == shown(pg, name)


@pytest.mark.parametrize("kind", torture.BEYOND)
def test_values_that_parquet_has_no_room_for_are_refused_by_column(
    one_pg: Bench, move: Move, tmp_path: Path, kind: str
) -> None:
    one_pg.run(torture.table("t", {kind: torture.BEYOND[kind]}))
    with pytest.raises(MoverError, match="'c0'"):
        move(f"{one_pg.url}::t", f"{tmp_path}/rows.parquet")
    assert not (tmp_path / "rows.parquet").exists()


def test_types_that_are_not_there_become_text_or_what_is_below_them(
    one_pg: Bench, far_pg: Bench, move: Move, caplog: pytest.LogCaptureFixture
) -> None:
    source = made(one_pg, "own")
    with caplog.at_level(logging.WARNING):
        move(source, f"{far_pg.url}::own")
    assert "column 'c0' becomes text: there is no type 'mood' here" in caplog.text
    before, after = shown(one_pg, "own"), shown(far_pg, "own")
    kinds = ["integer", "text", "text[]", "numeric(9,2)", "numeric(9,2)", "text", "text[]", "text"]
    assert [text.split(" ", 2)[0] for text in after.values()] == kinds
    assert [text.split(" ", 2)[2] for text in after.values()] == [
        text.split(" ", 2)[2] for text in before.values()
    ]


@pytest.fixture
def newer(one_pg: Bench, far_pg: Bench) -> Bench:
    return max(one_pg, far_pg, key=lambda bench: bench.version)


@pytest.fixture
def older(one_pg: Bench, far_pg: Bench, newer: Bench) -> Bench:
    return far_pg if newer is one_pg else one_pg


@pytest.mark.parametrize(("kind", "since"), [("interval", 17), ("numeric", 14), ("numeric[]", 14)])
def test_an_infinite_value_is_refused_by_a_server_that_knows_none(
    newer: Bench, older: Bench, move: Move, kind: str, since: int
) -> None:
    endless = ["{infinity,1}"] if kind.endswith("[]") else ["infinity", "-infinity"]
    newer.run(torture.table("t", {kind: endless}))
    if older.version >= since:
        assert move(f"{newer.url}::t", f"{older.url}::t").route[0] == "postgres-binary-out"
        return
    with pytest.raises(MoverError, match="'c0'"):
        move(f"{newer.url}::t", f"{older.url}::t")


def test_a_type_that_an_older_server_lacks_becomes_one_with_room_for_its_values(
    newer: Bench, older: Bench, move: Move
) -> None:
    values = {
        "numeric(3,-2)": ["99900"],
        "numeric(2,5)": ["-0.00099"],
        "int4multirange": ["{[1,3)}"],
    }
    newer.run(torture.table("t", torture.known(values, newer.version)))
    move(f"{newer.url}::t", f"{older.url}::t")
    instead = {
        "numeric(3,-2)": "numeric(5,0)",
        "numeric(2,5)": "numeric(5,5)",
        "int4multirange": "text",
    }
    there = torture.known(values, older.version)
    kinds = [
        kind if kind in there else instead[kind] for kind in torture.known(values, newer.version)
    ]
    before, after = shown(newer, "t"), shown(older, "t")
    assert [text.split(" ")[0] for text in after.values()] == ["integer", *kinds]
    assert [text.split(" ")[2:] for text in after.values()] == [
        text.split(" ")[2:] for text in before.values()
    ]


def test_xml_goes_along_where_the_server_can_read_it(pg: Bench, move: Move, tmp_path: Path) -> None:
    if pg.rows("SELECT count(*) FROM pg_config WHERE setting LIKE '%--with-libxml%'") == [(0,)]:
        pg.run("CREATE TABLE t (id int, c0 xml, c1 xml[])")
    else:
        values = ["<a b='c'>x</a>", "text &amp; more", '<?xml version="1.0"?><a/>', ""]
        pg.run(torture.table("t", {"xml": values, "xml[]": ["{<a/>,NULL}"]}))
    for way in (f"{tmp_path}/rows/", f"{tmp_path}/rows.parquet"):
        move(f"{pg.url}::t", way)
        move(way, f"{pg.url}::copy", if_exists="drop")
        assert shown(pg, "copy") == shown(pg, "t")
    move(f"{pg.url}::t", f"{pg.url}::near")
    assert shown(pg, "near") == shown(pg, "t")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *(("rows.avro", name) for name in EXACT),
        *(("rows.parquet", name) for name in EXACT),
        ("rows.jsonl", "own"),
        ("rows.jsonl", "objects"),
    ],
)
def test_what_a_file_makes_of_each_type_fits_the_table_that_it_came_from(
    one_pg: Bench, move: Move, tmp_path: Path, path: str, name: str
) -> None:
    source = made(one_pg, name)
    move(source, f"{tmp_path}/{path}")
    one_pg.run(f"CREATE TABLE copy AS TABLE {name} WITH NO DATA")
    one_pg.run("ALTER TABLE copy ALTER id SET NOT NULL")
    move(f"{tmp_path}/{path}", f"{one_pg.url}::copy", allow_lossy="all")
    assert shown(one_pg, "copy") == shown(one_pg, name)


def test_an_extensions_types_go_every_way(
    one_pg: Bench, far_pg: Bench, move: Move, tmp_path: Path
) -> None:
    one_pg.run("CREATE EXTENSION hstore", torture.table("t", torture.CONTRIB))
    wanted = shown(one_pg, "t")
    for way in (f"{tmp_path}/rows/", f"{tmp_path}/rows.parquet"):
        move(f"{one_pg.url}::t", way)
        move(way, f"{one_pg.url}::copy", if_exists="drop")
        assert shown(one_pg, "copy") == wanted
    assert move(f"{one_pg.url}::t", f"{one_pg.url}::near").route == ("postgres-insert-select",)
    assert shown(one_pg, "near") == wanted
    move(f"{one_pg.url}::t", f"{far_pg.url}::t")
    there = shown(far_pg, "t")
    assert [text.split(" ", 1)[0] for text in there.values()] == ["integer", "text", "text[]"]
    move(f"{far_pg.url}::t", f"{one_pg.url}::back")
    one_pg.run(
        "ALTER TABLE back ALTER c0 TYPE hstore USING c0::hstore, "
        "ALTER c1 TYPE hstore[] USING c1::hstore[]"
    )
    assert shown(one_pg, "back") == wanted


def test_a_geometry_of_an_extension_that_is_not_there_travels_as_its_text(
    one_pg: Bench, far_pg: Bench, move: Move, tmp_path: Path
) -> None:
    # As PostGIS has it: a type of the database's own, whose text is hexadecimal EWKB.
    ewkb = "0101000020E6100000000000000000F03F0000000000000040"
    one_pg.run(
        "CREATE TYPE geometry",
        "CREATE FUNCTION geometry_in(cstring) RETURNS geometry "
        "LANGUAGE internal IMMUTABLE STRICT AS 'textin'",
        "CREATE FUNCTION geometry_out(geometry) RETURNS cstring "
        "LANGUAGE internal IMMUTABLE STRICT AS 'textout'",
        "CREATE TYPE geometry (INPUT = geometry_in, OUTPUT = geometry_out, LIKE = text)",
        f"CREATE TABLE t AS SELECT 1 AS id, '{ewkb}'::geometry AS g",
    )
    move(f"{one_pg.url}::t", f"{far_pg.url}::t")
    assert far_pg.rows("SELECT g, pg_typeof(g)::text FROM t") == [(ewkb, "text")]
    one_pg.run("CREATE TABLE back AS TABLE t WITH NO DATA")
    for way in (f"{far_pg.url}::t", f"{tmp_path}/rows/", f"{tmp_path}/rows.parquet"):
        if way != f"{far_pg.url}::t":
            move(f"{one_pg.url}::t", way)
        move(way, f"{one_pg.url}::back", if_exists="truncate")
        assert one_pg.rows("SELECT g::text, pg_typeof(g)::text FROM back") == [(ewkb, "geometry")]
