"""What breaks in the middle of a move is named as itself, in one line, and nothing has changed."""

from __future__ import annotations

import bz2
import gzip
import http.server
import random
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.errors import DatabaseError, FormatError, MoverError, NotFoundError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from postgres.conftest import Bench

NOISE = random.Random(5)
ROWS = b"a,b\n" + b"".join(b"%d,%d\n" % (n, NOISE.randrange(1 << 40)) for n in range(60_000))
MODES = ["append", "truncate", "replace"]
PACKED = [("in.csv.gz", gzip.compress), ("in.csv.bz2", bz2.compress)]
TOLERANT = [{}, {"max_failure_rows": 9}]
NAP = """CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_sleep(100); RETURN NEW; END $$"""
SLOWLY = (NAP, "CREATE TRIGGER nap BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION nap()")


@pytest.fixture
def near(one_pg: Bench) -> Bench:
    one_pg.run("CREATE TABLE t (a bigint, b bigint)", "INSERT INTO t VALUES (1, 1)")
    return one_pg


def raised(bench: Bench, kind: type[MoverError], source: Any, **options: Any) -> str:
    """Move into the table, which fails by an error of this kind; return its one line."""
    with Session() as session, pytest.raises(kind) as caught:
        session.move(source, f"{bench.url}::t", **options)
    assert bench.rows("TABLE t") == [(1, 1)]
    assert "\n" not in str(caught.value)
    return str(caught.value)


# What is read


@pytest.mark.parametrize("options", TOLERANT)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("name", "pack"), [("in.csv.gz", gzip.compress), ("in.csv.bz2", bz2.compress)]
)
def test_a_file_that_is_cut_off(
    near: Bench,
    tmp_path: Path,
    name: str,
    pack: Callable[[bytes], bytes],
    mode: str,
    options: dict[str, int],
) -> None:
    path = tmp_path / name
    packed = pack(ROWS)
    path.write_bytes(packed[: len(packed) * 2 // 3])
    said = raised(near, FormatError, str(path), if_exists=mode, **options)
    assert "stops before its end" in said
    assert "COPY" not in said


@pytest.mark.parametrize("mode", MODES)
def test_a_file_that_is_damaged(near: Bench, tmp_path: Path, mode: str) -> None:
    path = tmp_path / "in.csv.gz"
    packed = bytearray(gzip.compress(ROWS))
    packed[len(packed) * 2 // 3] ^= 0xFF
    path.write_bytes(packed)
    assert "damaged GZIP data" in raised(near, FormatError, str(path), if_exists=mode)


@pytest.mark.parametrize("options", TOLERANT)
def test_a_generator_that_raises(near: Bench, options: dict[str, int]) -> None:
    import pyarrow as pa

    schema = pa.schema([("a", pa.int64()), ("b", pa.int64())])

    def batches() -> Iterator[pa.RecordBatch]:
        column = pa.array(range(50_000), pa.int64())
        for _ in range(5):
            yield pa.record_batch([column, column], schema)
        raise LookupError("the seventh seal")

    reader = pa.RecordBatchReader.from_batches(schema, batches())
    with Session() as session, pytest.raises(LookupError, match="the seventh seal"):
        session.move(reader, f"{near.url}::t", **options)  # type: ignore[arg-type]
    assert near.rows("TABLE t") == [(1, 1)]


def test_a_later_file_that_is_not_there_any_more(near: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "dir"
    with Session() as session:
        session.move(f"{near.url}::t", f"{folder}/")
    (folder / "data.csv").unlink()
    assert "data.csv" in raised(near, NotFoundError, f"{folder}/")


def test_a_web_server_that_hangs_up(near: Bench) -> None:
    class Short(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(ROWS)))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(ROWS[: len(ROWS) // 2])

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Short) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}/in.csv"
            said = raised(near, StoreError, url, if_exists="truncate")
        finally:
            server.shutdown()
            thread.join()
    assert "in.csv" in said


# Who works


def killing(bench: Bench, query: str) -> Callable[[], None]:
    """Return what kills the backend that runs such a query, once there is one."""
    other = bench.other()

    def kill() -> None:
        deadline = time.monotonic() + 15
        killed = 0
        while not killed and time.monotonic() < deadline:
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
                    "current_database() AND application_name = 'records-mover' AND query ~ %s "
                    "AND wait_event = 'PgSleep'",
                    (query,),
                )
                killed = cursor.fetchone()[0]
            time.sleep(0.02)

    return kill


def cut(bench: Bench, killed: str, source: str, target: str, **options: Any) -> None:
    thread = threading.Thread(target=killing(bench, killed))
    thread.start()
    with Session() as session, pytest.raises(DatabaseError, match="cut the connection") as caught:
        session.move(source, target, **options)
    thread.join()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mode", ["append", "delete", "replace", "upsert"])
def test_the_backend_of_a_load_or_of_its_publishing(
    near: Bench, tmp_path: Path, mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    near.run(*SLOWLY)
    path = tmp_path / "in.csv"
    path.write_text("a,b\n2,3\n")
    options = {"if_exists": mode, "key": ("a",) if mode == "upsert" else ()}
    cut(near, "^(COPY|INSERT|WITH|MERGE)", str(path), f"{near.url}::t", **options)
    assert near.rows("TABLE t") == [(1, 1)]
    assert capfd.readouterr().err == ""


def test_the_backend_of_an_insert_select(near: Bench) -> None:
    near.run("CREATE TABLE s AS TABLE t", *SLOWLY)
    cut(near, "^INSERT", f"{near.url}::s", f"{near.url}::t")
    assert near.rows("TABLE t") == [(1, 1)]


@pytest.mark.parametrize("end", ["source", "target"])
def test_a_backend_at_either_end_of_a_pipe(near: Bench, far_pg: Bench, end: str) -> None:
    far_pg.run("CREATE TABLE t (a bigint, b bigint)")
    ends = f"{near.url}::", f"{far_pg.url}::t"
    if end == "source":
        query = "SELECT a, b FROM t, LATERAL (SELECT pg_sleep(100)) AS q OFFSET 0"
        cut(near, "^COPY", *ends, query=query)
    else:
        far_pg.run(*SLOWLY)
        cut(far_pg, "^COPY", *ends, query="TABLE t")
    assert far_pg.rows("TABLE t") == []
