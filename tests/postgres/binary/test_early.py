"""Records that go as text before the parser is there are part of the same load."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import threading
from concurrent.futures import Future
from itertools import islice
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest

from mover_postgres.binary import ladder
from mover_postgres.binary.chunks import Chunk
from mover_postgres.binary.ladder import CsvLadder, Declined, plan_csv
from mover_postgres.watched.roundings import Watched
from mover_postgres.wire.feed import send_by
from records_mover import Session
from records_mover.errors import BadRowError
from records_mover.meter import Cancellation, Meter
from records_mover.parts import Part, TableName
from support.csv_ways import CsvWays, csv_options, target_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from postgres.conftest import Bench

    Early = Callable[[int, int], list[int]]

_TABLE = TableName(schema="pg_temp", name="target")
_NAMES = ["c0", "c1"]


@pytest.fixture
def early(monkeypatch: pytest.MonkeyPatch) -> Early:
    """Let so many chunks of so many bytes go as text; the list tells how many did, file by file."""

    def run(count: int, size: int) -> list[int]:
        went: list[int] = []

        def until(_ready: object, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
            some = list(islice(chunks, count))
            went.append(len(some))
            yield from some

        monkeypatch.setattr(ladder, "_until", until)
        monkeypatch.setattr("mover_postgres.binary.chunks._CHUNK", size)
        return went

    return run


def _part(data: bytes) -> Part:
    return Part(name="file.csv", open=lambda: io.BytesIO(data))


def _planned(cursor: Any, ddl: str = "c0 int, c1 text", **options: Any) -> CsvLadder:
    cursor.execute(f"CREATE TEMP TABLE target (n bigserial, {ddl})")
    return _plan(cursor, (), **options)


def _plan(cursor: Any, watched: tuple[Watched, ...] = (), **options: Any) -> CsvLadder:
    found = plan_csv(cursor, _TABLE, _NAMES, csv_options(**options), watched)
    assert isinstance(found, CsvLadder)
    return found


@pytest.mark.parametrize("count", [0, 1, 3, 1000])
def test_rows_of_all_parts_land_in_the_order_of_the_file(
    cursor: Any, early: Early, count: int
) -> None:
    went = early(count, 256)
    rows = [(str(at), f'q{at}\n"{at}"' if at % 3 else f"p{at}") for at in range(200)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("i", "t"), *rows])
    found, meter = _planned(cursor, header=True), Meter()
    assert found.early is not None
    assert found.run(cursor, _part(text.getvalue().encode()), meter, Cancellation()) == 200
    assert target_rows(cursor, 2) == rows
    assert (meter.rows, went) == (200, [min(count, went[0])])


FILES = [
    b"", b"h,h\n", b"a,1\n", b"a,1", b"a,1\n\nb,2\n", b"a,1\r\nb,2\r\n", b"a,1\nb,2\r\n",
    b"a,1\r\nb,2\n", b"a,1\n\\.\nb,2\n", b'a,1\n"\\.",2\nb,3\n', b"a,1\n\xef\xbb\xbfb,2\n",
    b"\xef\xbb\xbfa,1\nb,2\n", b'a,1\n"b,2\n', b'a,1\nb"x"y,2\nc,3\n', b"a,1\nb,\0\n",
    b"a,1\n\xff,2\nc,3\n", b"a,1\nb\nc,3\n", b"a,1\nb,2,3\n", b'a,1\n"b\n\nb",2\nc,3\n',
    b'"a\r\na",1\nb,2\n', b"a,1\rb,2\r", b"a,0x1\nb,2\n", b"a,1\nb,0x2\n", b"a,x\nb,2\n",
    b"\xff,h\na,1\nb,2\n", b'h,"h\nh"\na,1\nb,2\n',
]  # fmt: skip


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_each_shape_of_file_lands_as_the_server_reads_it_or_is_declined(
    both_ways: CsvWays, early: Early, header: bool, size: int
) -> None:
    landed = 0
    for count in (1, 2):
        went = early(count, size)
        for data in FILES:
            text, mixed = both_ways(data, "text", "integer", header=header, watched=())
            assert mixed in (None, text), data
            landed += mixed is not None
        assert max(went) > 0
    assert landed > 10


@pytest.mark.parametrize("at", [0, 500, 999])
@pytest.mark.parametrize("bad", [b"x,a\n", b"5,a\n", b"1\n", b"+7,a\n\\.\n"])
def test_a_bad_row_anywhere_leaves_rows_and_meter_as_they_were(
    cursor: Any, early: Early, at: int, bad: bytes
) -> None:
    early(5, 1000)
    found = _planned(cursor, "c0 int CHECK (c0 <> 5), c1 text")
    cursor.execute("INSERT INTO target (c0, c1) VALUES (-1, 'before')")
    lines = [b"%d,x\n" % (10 + number) for number in range(1000)]
    lines.insert(at, bad)
    meter = Meter()
    with pytest.raises(Declined):
        found.run(cursor, _part(b"".join(lines)), meter, Cancellation())
    assert (meter.rows, meter.bytes) == (0, 0)
    assert target_rows(cursor, 2) == [("-1", "before")]


@pytest.mark.parametrize(
    ("kind", "watched", "good", "bad"),
    [
        ("numeric(5,2)", {"decimals": 2}, "1.50", "1.505"),
        ("varchar(3)", {"length": 3}, "äöü", "a   "),
        ("varchar(3)", {"length": 3}, "", "äö  "),
        ("timestamp(0)", {"decimals": 0}, "2020-01-02 03:04:05.000", "2020-01-02 03:04:05.5"),
        ("timestamptz(1)", {"decimals": 1}, "2020-01-02 03:04:05.10Z", "2020-01-02 03:04:05.12Z"),
        ("time(3)", {"decimals": 3}, "03:04:05.123", "03:04:05.1234"),
        ("time", {"decimals": 6}, "03:04:05.123456", "03:04:05.1234567"),
        ("date", {"day": True}, "2020-01-02", "2020-01-02 03:04"),
    ],
)
@pytest.mark.parametrize("at", [0, 999])
def test_no_value_goes_that_the_server_would_change_in_text_or_in_binary(
    cursor: Any, early: Early, kind: str, watched: dict[str, Any], good: str, bad: str, at: int
) -> None:
    early(3, 1000)
    cursor.execute(f"CREATE TEMP TABLE target (n bigserial, c0 int, c1 {kind})")
    found = _plan(cursor, (Watched(place=1, name="c1", type=kind, **watched),))
    lines = [f"{number},{good}\n" for number in range(1000)]
    assert found.run(cursor, _part("".join(lines).encode()), Meter(), Cancellation()) == 1000
    lines[at] = f"{at},{bad}\n"
    with pytest.raises(Declined):
        found.run(cursor, _part("".join(lines).encode()), Meter(), Cancellation())


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TRIGGER t AFTER INSERT ON target FOR STATEMENT EXECUTE FUNCTION pg_temp.noted()",
        """CREATE TRIGGER t AFTER INSERT ON target REFERENCING NEW TABLE AS new_rows
        FOR STATEMENT EXECUTE FUNCTION pg_temp.noted()""",
        "CREATE TRIGGER t BEFORE INSERT ON target FOR ROW EXECUTE FUNCTION pg_temp.noted()",
        "ALTER TABLE target ADD UNIQUE (c0) DEFERRABLE",
        "ALTER TABLE target ADD UNIQUE (n), ADD FOREIGN KEY (c0) REFERENCES target (n)",
        "ALTER TABLE target ADD COLUMN at timestamptz DEFAULT statement_timestamp()",
        """CREATE DOMAIN pg_temp.moment AS timestamptz DEFAULT clock_timestamp();
        ALTER TABLE target ADD COLUMN at pg_temp.moment""",
    ],
)
def test_a_table_that_can_tell_statements_apart_sees_one(
    cursor: Any, early: Early, made: str
) -> None:
    early(3, 100)
    _planned(cursor)
    cursor.execute(
        "CREATE TEMP TABLE notes (word text); "
        "CREATE FUNCTION pg_temp.noted() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO pg_temp.notes VALUES (tg_level); RETURN new; END $$"
    )
    cursor.execute(made)
    found = _plan(cursor)
    assert found.early is None
    rows = b"".join(b"%d,x\n" % number for number in range(1, 101))
    if "target (n)" in made:
        cursor.execute("SELECT setval(pg_get_serial_sequence('pg_temp.target', 'n'), 1, false)")
    assert found.run(cursor, _part(rows), Meter(), Cancellation()) == 100
    cursor.execute("SELECT count(*) FROM notes WHERE word = 'STATEMENT'")
    assert cursor.fetchone() == (1 if "FOR STATEMENT" in made else 0,)


@pytest.mark.parametrize(
    "ddl",
    [
        "c0 int PRIMARY KEY, c1 text NOT NULL CHECK (c1 <> '')",
        "c0 int, c1 text, made timestamptz DEFAULT now(), day date DEFAULT CURRENT_DATE",
        "c0 int, c1 text, twice int GENERATED ALWAYS AS (c0 * 2) STORED",
        "c0 int DEFAULT random() * 9, c1 text DEFAULT statement_timestamp()::text",
    ],
)
def test_a_table_that_cannot_may_see_several(cursor: Any, ddl: str) -> None:
    assert _planned(cursor, ddl).early is not None


def test_a_trigger_of_a_partition_counts_too(cursor: Any) -> None:
    cursor.execute(
        "CREATE TEMP TABLE target (c0 int, c1 text) PARTITION BY RANGE (c0); "
        "CREATE TEMP TABLE part PARTITION OF target FOR VALUES FROM (0) TO (1000)"
    )
    assert _plan(cursor).early is not None
    cursor.execute(
        "CREATE FUNCTION pg_temp.same() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RETURN new; END $$; "
        "CREATE TRIGGER t BEFORE INSERT ON part FOR ROW EXECUTE FUNCTION pg_temp.same()"
    )
    assert _plan(cursor).early is None


def test_text_goes_while_the_parser_is_imported(cursor: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("mover_postgres.binary.chunks._CHUNK", 1000)
    found = _planned(cursor)
    asked, parser = threading.Event(), CsvLadder._parser

    def slow(self: CsvLadder) -> Any:
        assert asked.wait(60)
        return parser(self)

    class File(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 20_000:
                asked.set()
            return super().read(size)

    monkeypatch.setattr(CsvLadder, "_parser", slow)
    rows = b"".join(b"%d,x\n" % number for number in range(10_000))
    part = Part(name="file.csv", open=lambda: File(rows))
    assert found.run(cursor, part, Meter(), Cancellation()) == 10_000


def test_no_more_text_is_kept_than_there_is_room_for() -> None:
    chunks = (Chunk(b"1,x\n", crlf=False, header=False) for _ in range(1000))
    assert len(list(ladder._until(Future(), chunks))) == 32


def test_planning_a_load_imports_nothing_that_parses() -> None:
    script = (
        "import sys, mover_postgres.binary.ladder\n"
        "print([name for name in ('numpy', 'pyarrow') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_rows_are_counted_by_statement_and_an_error_stops_them_all(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (c0 int)")
    one, two = ("COPY target FROM STDIN", "COPY target FROM STDIN (FORMAT csv)")
    blocks = [(one, b"1\n"), (one, b"2\n"), (two, b"3\n"), (one, b"4\n")]
    assert send_by(cursor.connection, one, blocks) == {one: 3, two: 1}
    assert send_by(cursor.connection, one, []) == {one: 0}
    with pytest.raises(psycopg2.DataError, match="invalid input syntax"):
        send_by(cursor.connection, one, [*blocks, (two, b"x\n"), *blocks * 100])


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have small files parsed here, too."""
    monkeypatch.setattr("mover_postgres.loading.load.LARGE", 1)
    monkeypatch.setattr("mover_postgres.loading.load.PARSED", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)


@pytest.mark.parametrize("at", [3, 900])
@pytest.mark.parametrize("bad", ["x,a", "7,too long", "8,b   "])
@pytest.mark.usefixtures("parsed")
def test_an_error_tells_the_line_wherever_it_is(
    one_pg: Bench, early: Early, tmp_path: Path, at: int, bad: str
) -> None:
    went = early(5, 500)
    one_pg.run("CREATE TABLE t (a int, b varchar(3))")
    lines = [f"{number},b" for number in range(1000)]
    lines[at] = bad
    path = tmp_path / "in.csv"
    path.write_text("a,b\n" + "\n".join(lines) + "\n")
    with Session() as session, pytest.raises(BadRowError, match=f"line {at + 2} "):
        session.move(str(path), f"{one_pg.url}::t")
    assert went == [5]
    assert one_pg.rows("SELECT count(*) FROM t") == [(0,)]


@pytest.mark.parametrize("parallel", [None, 1, 3])
@pytest.mark.usefixtures("parsed")
def test_bad_rows_are_set_aside_wherever_they_are(
    one_pg: Bench, early: Early, tmp_path: Path, parallel: int | None
) -> None:
    went = early(5, 500)
    one_pg.run("CREATE TABLE t (a int, b varchar(3))")
    lines = [f"{number},b" for number in range(1000)]
    for at in (3, 500, 999):
        lines[at] = f"x{at},b"
    path, rejects = tmp_path / "in.csv", tmp_path / "rejects.csv"
    path.write_text("a,b\n" + "\n".join(lines) + "\n")
    with Session() as session:
        moved = session.move(
            str(path), f"{one_pg.url}::t", max_failure_rows=3, rejects=rejects, parallel=parallel
        )
    assert (moved.rows, moved.rejected, went) == (997, 3, [5])
    with rejects.open(newline="") as file:
        assert [row["line"] for row in csv.DictReader(file)] == ["5", "502", "1001"]
