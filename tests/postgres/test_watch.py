"""Text that goes to COPY as it is: what the server would round or cut is refused."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from mover_postgres.options import CopyOptions
from mover_postgres.watched.roundings import Watched
from mover_postgres.watched.watch import watched
from records_mover import Session
from records_mover.errors import BadRowError

if TYPE_CHECKING:
    from pathlib import Path

    from postgres.conftest import Bench

CSV = CopyOptions(mode="csv", delimiter=",", null="", encoding="UTF8", quote='"', escape='"')
BACKSLASHED = CopyOptions(
    mode="csv", delimiter=",", null="", encoding="UTF8", quote='"', escape="\\"
)
TEXT = CopyOptions(mode="text", delimiter="\t", null="\\N", encoding="UTF8")
COLUMNS = (
    Watched(place=1, name="n", type="numeric(10,2)", decimals=2),
    Watched(place=2, name="v", type="character varying(3)", length=3),
    Watched(place=3, name="s", type="timestamp without time zone", decimals=6),
    Watched(place=4, name="d", type="date", day=True),
)


def found(data: bytes, options: CopyOptions, size: int) -> tuple[object, ...] | None:
    blocks = (data[at : at + size] for at in range(0, len(data), size))
    watch = watched(blocks, COLUMNS, options, codec="utf-8", source="f", line=lambda line: line)
    try:
        assert b"".join(watch) == data
    except BadRowError as error:
        return error.line, error.column, error.value
    return None


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize(
    ("data", "options", "expected"),
    [
        (b"1.2345,1.50,abc,2020-01-01 00:00:00.123456\n2,1.5000,ab ,x\n", CSV, None),
        (b'1,2,a\n1,"1.505",a\n', CSV, (2, "n", "1.505")),
        (b'a.1234,1.5,"a,b\n1.2345","c"\n1,1e-3,x\n', CSV, (3, "n", "1e-3")),
        (b"1,1.2345e2,x\n1,1.23456e2,x\n", CSV, (2, "n", "1.23456e2")),
        (b"1,10e-1,x\n1,NaN,x\n1,,\n", CSV, None),
        (b"1,1,abc ,\n", CSV, (1, "v", "abc ")),
        (b'1,1,"abc "\n', CSV, (1, "v", "abc ")),
        (b"1,1,abcd ,\n", CSV, None),
        (b"1,1,a,2020-01-01 00:00:00.1234567", CSV, (1, "s", "2020-01-01 00:00:00.1234567")),
        (b"1,1,a,2020-01-01 00:00:00.1234560+02\n", CSV, None),
        (b"1,-.005,a\r\n", CSV, (1, "n", "-.005")),
        (b"1,2,a\r2,2.345,b\r", CSV, (2, "n", "2.345")),
        (b'"a\\",1.999",1.5,b\n1,1.999,b\n', BACKSLASHED, (2, "n", "1.999")),
        (b"1,1,a,2020-01-01 10:00:00,2020-01-01\n1,1,a,,infinity\n", CSV, None),
        (b"1,1,a,2020-01-01 10:00:00,2020-01-01 00:00:00.0\n", CSV, None),
        (b"1,1,a,,x\n1,1,a,,2020-01-01T00:07\n", CSV, (2, "d", "2020-01-01T00:07")),
        (b"1,1,a,,2020-01-01 1:00 PM\n", CSV, (1, "d", "2020-01-01 1:00 PM")),
        (b'"10:30",1,a,,"2020-01-01 00:00+02"\n', CSV, (1, "d", "2020-01-01 00:00+02")),
        (b"a\\\tb\t1.555\tx\n", TEXT, (1, "n", "1.555")),
        (b"a\\\\\t1.555\tx\n", TEXT, (1, "n", "1.555")),
        (b"a\\\t1.555\t1.5\tx\n", TEXT, None),
    ],
)
def test_a_value_is_found_wherever_blocks_are_cut(
    data: bytes, options: CopyOptions, expected: tuple[object, ...] | None, size: int
) -> None:
    assert found(data, options, size) == expected


def test_a_short_text_is_told_to_be_plain_without_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mover_postgres.watched.suspects", None)
    data = b'a.1234,1.50,"ab ",x\n"1,2.345 ",2.5,b ,y\n"a ""1.234"" , ",1,x\n'
    assert found(data, CSV, 1000) is None
    assert found(b"1.2345\t1.5\tb \tx\n", TEXT, 1000) is None
    for doubtful in (data + b"1,1.234,x\n", data + b"1,1,abc \n", data.replace(b"2.5,", b"25e-1,")):
        with pytest.raises(ImportError):
            found(doubtful, CSV, 1000)


def test_the_server_gets_its_first_blocks_before_numpy_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "mover_postgres.watched.suspects", None)
    blocks = (b"1,1.5,x\n" for _ in range(9))
    watch = watched(blocks, COLUMNS, CSV, codec="utf-8", source="f", line=lambda line: line)
    assert [next(watch) for _ in range(4)] == [b"1,1.5,x\n"] * 4
    with pytest.raises(ImportError):
        next(watch)


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("numeric(10,2)", "1.005", "more than 2 decimals would be rounded"),
        ("numeric(10,2)", "5e-3", "more than 2 decimals would be rounded"),
        ("timestamp(3)", "2020-01-01 00:00:00.0005", "more than 3 decimals would be rounded"),
        ("timestamptz", "2020-01-01 00:00:00.0000005+01", "more than 6 decimals"),
        ("varchar(3)", "abc  ", "blanks past 3 characters would be cut"),
        ("date", "2020-01-01 10:00:00", "a time of day would be left out"),
    ],
)
@pytest.mark.parametrize("verify", [False, True])
def test_what_would_be_changed_is_refused_unless_that_is_allowed(
    one_pg: Bench, tmp_path: Path, kind: str, value: str, why: str, verify: bool
) -> None:
    one_pg.run(f"CREATE TABLE t (id int, c {kind})")
    source = tmp_path / "t.csv"
    source.write_text(f"id,c\n1,\n2,{value}\n")
    with Session() as session:
        assert session.explain(source, f"{one_pg.url}::t").route.names == (
            "read",
            "postgres-copy-in",
        )
        with pytest.raises(BadRowError, match=why) as told:
            session.move(source, f"{one_pg.url}::t", verify=verify)
        assert (told.value.line, told.value.column) == (3, "c")
        assert one_pg.rows("SELECT count(*) FROM t") == [(0,)]
        moved = session.move(source, f"{one_pg.url}::t", allow_lossy="c")
    assert moved.rows == 2


def test_explain_says_what_is_refused_and_what_is_rounded(one_pg: Bench, tmp_path: Path) -> None:
    one_pg.run("CREATE TABLE t (n numeric(10,2), r real, d date, i int)")
    source = tmp_path / "t.csv"
    source.write_text("n,r,d,i\n1,1,2020-01-01,1\n")
    with Session() as session:
        plan = session.explain(source, f"{one_pg.url}::t")
    said = [column.why.partition(": ")[2] for column in plan.columns]
    assert said == [
        "text with more than 2 decimals is refused",
        "text is rounded to a float of 32 bits",
        "a time of day in the text is refused",
        "",
    ]


def test_a_new_table_is_watched_unless_every_row_has_shown_its_digits(
    one_pg: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mover_postgres.loading import load
    from records_mover.schema import DecimalConstraints, Field, RecordsSchema

    one_place = DecimalConstraints(fixed_precision=5, fixed_scale=1)
    path = tmp_path / "t.csv"
    path.write_text("n\n1.5\n" + "2.25\n" * 1000)
    seen: list[int] = []
    run = load.Run

    def noted(*given: Any, **more: Any) -> load.Run:
        seen.append(len(more["watched"]))
        return run(*given, **more)

    monkeypatch.setattr(load, "Run", noted)
    with Session() as session:
        session.move(str(path), f"{one_pg.url}::t")
        assert one_pg.rows("SELECT max(n)::text, count(*) FROM t") == [("2.25", 1001)]
        said = tmp_path / "schema.json"
        said.write_text(RecordsSchema([Field("n", "decimal", one_place)]).to_json())
        with pytest.raises(BadRowError, match="would be rounded"):
            session.move(str(path), f"{one_pg.url}::u", schema=str(said))
    assert seen == [0, 1]
