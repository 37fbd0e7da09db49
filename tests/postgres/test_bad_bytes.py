"""NULs, bytes that are no text, marks of byte order and of the end: the policy, and the place."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.errors import BadRowError, FormatError, MoverError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench

CSV: dict[str, Any] = {"format": "delimited", "variant": "csv"}
WIDE = ["utf-16-le", "utf-16-be", "utf-16", "utf-32-le"]
HINTS = {"utf-16-le": "UTF16LE", "utf-16-be": "UTF16BE", "utf-16": "UTF16", "utf-32-le": "UTF-32LE"}


@pytest.fixture
def table(pg: Bench) -> Bench:
    pg.run("CREATE TABLE t (a int, b text)")
    return pg


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "in.csv"


def wide(codec: str, rows: int = 3) -> bytes:
    """A file with half a surrogate pair on line 3, and a NUL on the last line."""
    others = "".join(f"{n},z\n" for n in range(3, rows))
    text = f"a,b\n1,é\n2,\N{PILE OF POO}x\n{others}9,\0y\n"
    whole = text.encode(codec)
    poo = "\N{PILE OF POO}".encode(codec if codec != "utf-16" else "utf-16-le")
    if codec == "utf-32-le":
        return whole.replace(poo, b"\x00\xd8\x00\x00", 1)
    return whole.replace(poo, poo[:2], 1)


@pytest.mark.parametrize("codec", WIDE)
@pytest.mark.parametrize(("policy", "mark"), [("strip", ""), ("replace", "\ufffd")])
@pytest.mark.parametrize("made", [True, False])
def test_wide_text_is_mended_and_counted(
    one_pg: Bench, path: Path, codec: str, policy: str, mark: str, made: bool
) -> None:
    if made:
        one_pg.run("CREATE TABLE t (a int, b text)")
    path.write_bytes(wide(codec))
    options = {**CSV, "hints": {"encoding": HINTS[codec]}, "bad_bytes": policy}
    with Session() as session:
        moved = session.move(str(path), f"{one_pg.url}::t", **options)
    assert one_pg.rows("SELECT a, b FROM t") == [(1, "é"), (2, f"{mark}x"), (9, f"{mark}y")]
    width = 4 if "32" in codec else 2
    assert (moved.rows, moved.bad_bytes) == (3, 2 * width)
    assert moved.first_bad_bytes == f"line 3 of '{path}'"


@pytest.mark.parametrize("codec", WIDE)
@pytest.mark.parametrize("made", [True, False])
def test_rows_of_wide_text_with_bad_bytes_are_left_out(
    one_pg: Bench, path: Path, codec: str, made: bool
) -> None:
    if made:
        one_pg.run("CREATE TABLE t (a int, b text)")
    path.write_bytes(wide(codec))
    told = path.with_name("rejects.csv")
    options = {**CSV, "hints": {"encoding": HINTS[codec]}}
    for target in (f"{one_pg.url}::t", f"{path.parent}/out.csv", f"{path.parent}/out.parquet"):
        with Session() as session:
            moved = session.move(str(path), target, **options, max_failure_rows=2, rejects=told)
        assert (moved.rows, moved.rejected) == (1, 2)
        with told.open(newline="") as file:
            found = [(row["line"], row["column"], row["reason"]) for row in csv.DictReader(file)]
        assert [(line, column) for line, column, _ in found] == [("3", "b"), ("4", "")]
        assert f"is no text in {HINTS[codec]}" in found[0][2]
        assert "NUL" in found[1][2]
    assert one_pg.rows("SELECT a, b FROM t") == [(1, "é")]
    assert (path.parent / "out.csv").read_text() == "a,b\n1,é\n"
    with Session() as session:
        for limit in (1, None):
            with pytest.raises((BadRowError, FormatError), match=r"line 3|in\.csv:3"):
                session.move(str(path), f"{one_pg.url}::t", **options, max_failure_rows=limit)
    assert one_pg.rows("SELECT a, b FROM t") == [(1, "é")]


def typed(kind: str, folder: Path) -> Any:
    """Rows with a NUL in the text of the second, as each kind of source holds them."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({"a": [1, 2, 3], "b": ["x", "y\0z\0", None]})
    if kind == "frame":
        return table.to_pandas()
    if kind == "parquet":
        parquet.write_table(table, folder / "in.parquet")
        return str(folder / "in.parquet")
    lines = b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y\\u0000z\\u0000"}\n{"a": 3}\n'
    (folder / "in.jsonl").write_bytes(lines)
    return str(folder / "in.jsonl")


@pytest.mark.parametrize("kind", ["frame", "parquet", "jsonl"])
def test_a_nul_in_typed_text_is_named_stripped_or_replaced(
    table: Bench, tmp_path: Path, kind: str
) -> None:
    where = f"{table.url}::t"
    with Session() as session:
        for target in (where, str(tmp_path / "out.csv")):
            with pytest.raises(BadRowError, match=r"column 'b'.*bad_bytes='strip'"):
                session.move(typed(kind, tmp_path), target)
        for policy, text in (("strip", "yz"), ("replace", "y\ufffdz\ufffd")):
            for target in (where, str(tmp_path / "out.csv")):
                mode: Any = {"if_exists": "truncate"} if target == where else {}
                moved = session.move(typed(kind, tmp_path), target, bad_bytes=policy, **mode)
                assert (moved.rows, moved.bad_bytes) == (3, 2)
                assert moved.first_bad_bytes == "row 2, column 'b'"
            assert table.rows("SELECT b FROM t ORDER BY a") == [("x",), (text,), (None,)]
            assert (tmp_path / "out.csv").read_text() == f"a,b\n1,x\n2,{text}\n3,\n"


def test_bytes_of_json_lines_that_are_no_text_are_stripped(table: Bench, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y\xff\xfez"}\n')
    with Session() as session:
        with pytest.raises(BadRowError, match=r"in\.jsonl:2: bytes that are no text in UTF-8"):
            session.move(str(path), f"{table.url}::t")
        moved = session.move(str(path), f"{table.url}::t", bad_bytes="strip")
    assert (moved.rows, moved.bad_bytes) == (2, 2)
    assert moved.first_bad_bytes == f"line 2 of '{path}'"
    assert table.rows("SELECT a, b FROM t ORDER BY a") == [(1, "x"), (2, "yz")]


@pytest.mark.parametrize(("codec", "hint"), [("cp1252", "CP1252"), ("shift_jis", "SHIFT_JIS")])
def test_rows_with_bytes_that_an_encoding_lacks_are_left_out(
    one_pg: Bench, path: Path, codec: str, hint: str
) -> None:
    lines = ["a,b\n1,x\n2,".encode(codec), b"\x81\n3,y\n4,\x81"]
    path.write_bytes(b"".join(lines))
    told = path.with_name("rejects.csv")
    options = {**CSV, "hints": {"encoding": hint}, "max_failure_rows": 2, "rejects": told}
    one_pg.run("CREATE TABLE t (a int, b text)")
    for target in (f"{one_pg.url}::t", f"{path.parent}/out.parquet"):
        with Session() as session:
            moved = session.move(str(path), target, **options)
        assert (moved.rows, moved.rejected) == (2, 2)
        with told.open(newline="", errors="surrogateescape") as file:
            found = [(row["line"], row["column"]) for row in csv.DictReader(file)]
        assert found == [("3", "b"), ("5", "b")]


def test_a_header_that_is_no_text_is_refused(one_pg: Bench, path: Path) -> None:
    path.write_bytes("a,b\n1,x\n".encode("utf-16-le").replace(b"b\0", b"\x3d\xd8"))
    with Session() as session, pytest.raises(FormatError, match=r"in\.csv.*first record.*UTF16LE"):
        session.move(
            str(path),
            f"{one_pg.url}::t",
            **CSV,
            hints={"encoding": "UTF16LE"},
            max_failure_rows=9,
        )
    assert one_pg.rows("SELECT to_regclass('t')") == [(None,)]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16"])
def test_wide_text_is_mended_across_blocks(one_pg: Bench, path: Path, codec: str) -> None:
    path.write_bytes(wide(codec, 150_000))
    options = {**CSV, "hints": {"encoding": HINTS[codec]}, "bad_bytes": "strip"}
    with Session() as session:
        moved = session.move(str(path), f"{one_pg.url}::t", **options)
    assert (moved.rows, moved.bad_bytes) == (150_000, 4)
    assert one_pg.rows("SELECT a, b FROM t WHERE b <> 'z' ORDER BY a") == [
        (1, "é"),
        (2, "x"),
        (9, "y"),
    ]


def test_by_default_wide_text_fails_with_its_line(table: Bench, path: Path) -> None:
    path.write_bytes(wide("utf-16-le"))
    options = {**CSV, "hints": {"encoding": "UTF16LE"}}
    with Session() as session, pytest.raises(FormatError, match=r"line 3: .* bad_bytes="):
        session.move(str(path), f"{table.url}::t", **options)
    assert table.rows("TABLE t") == []


@pytest.mark.parametrize(("policy", "mark"), [("strip", ""), ("replace", "\ufffd")])
def test_a_new_table_is_made_from_what_is_left(
    pg: Bench, path: Path, policy: str, mark: str
) -> None:
    path.write_bytes(b"a,b\n1,x\xffy\n2,x\x00z\n")
    with Session() as session:
        moved = session.move(str(path), f"{pg.url}::t", bad_bytes=policy, **CSV)
    assert pg.rows("TABLE t") == [(1, f"x{mark}y"), (2, f"x{mark}z")]
    assert (moved.bad_bytes, moved.first_bad_bytes) == (2, f"line 2 of '{path}'")


@pytest.mark.parametrize("policy", ["fail", "strip", "replace"])
def test_a_mark_of_byte_order_is_none_of_the_text(table: Bench, path: Path, policy: str) -> None:
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,x\n2,\xef\xbb\xbfy\n")
    with Session() as session:
        moved = session.move(str(path), f"{table.url}::t", bad_bytes=policy)
    assert moved.bad_bytes == 0
    assert table.rows("TABLE t") == [(1, "x"), (2, "\ufeffy")]


@pytest.mark.parametrize("options", [{}, {"max_failure_rows": 9}, {"bad_bytes": "strip"}])
@pytest.mark.parametrize("before", [1, 70_000])
def test_a_line_that_once_ended_the_data_is_data_or_named(
    pg: Bench, path: Path, options: dict[str, Any], before: int
) -> None:
    pg.run("CREATE TABLE t (b text)")
    path.write_text("b\n" + '"two\nlines of it"\n' * before + "\\.\ny\n")
    with Session() as session:
        if int(pg.rows("SHOW server_version_num")[0][0]) >= 180000:
            session.move(str(path), f"{pg.url}::t", **options)
            assert pg.rows("SELECT b FROM t ORDER BY b LIMIT 1") == [("\\.",)]
            return
        line = 2 * before + 2
        with pytest.raises(MoverError, match=rf"line {line} of .* the mark .* stops reading"):
            session.move(str(path), f"{pg.url}::t", **options)
    assert pg.rows("SELECT count(*) FROM t") == [(0,)]


def test_the_mark_in_text_mode_is_named_on_every_server(pg: Bench, path: Path) -> None:
    pg.run("CREATE TABLE t (a int, b text)")
    path.write_bytes(b"1,x\n2,y\n\\.\n3,z\n")
    options = {"format": "delimited", "variant": "bluelabs", "hints": {"compression": None}}
    with Session() as session, pytest.raises(BadRowError, match=r"line 3 of .*the mark") as caught:
        session.move(str(path), f"{pg.url}::t", **options)  # type: ignore[arg-type]
    assert caught.value.line == 3
    assert pg.rows("TABLE t") == []
