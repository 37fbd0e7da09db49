"""A database that reads and writes only objects of S3 is reached by scratch space."""

from __future__ import annotations

import gzip
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from records_mover import Session
from records_mover.errors import MoverError, NoRouteError
from records_mover.parts import Form
from records_mover.records.steps import staging
from support import storelite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from records_mover.records import MoveResult
    from support.fakeplugins import FakeSite

    Move = Callable[..., MoveResult]

ROWS = b'id,name,price\n1,"a, b",1.50\n2,"two\nlines",\n3,,2.25\n4,x|y,0.00\n5,\\,7.10\n'
VALUES = [
    (1, "a, b", 1.5),
    (2, "two\nlines", None),
    (3, None, 2.25),
    (4, "x|y", 0.0),
    (5, "\\", 7.1),
]
SEAWEED = pytest.mark.parametrize("server", ["seaweed"], indirect=True)


@pytest.fixture
def session(server: Any, bucket: str, fake_site: FakeSite) -> Iterator[Session]:
    del server
    storelite.SEEN.clear()
    fake_site.install(storelite.PLUGIN)
    with fake_site.on_path(), Session(scratch_s3_url=f"s3://{bucket}/tmp/") as session:
        yield session


@pytest.fixture
def move(session: Session) -> Move:
    return session.move


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "trips.csv"
    path.write_bytes(ROWS)
    return path


class Lite:
    """Two databases of the kind."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "one.db"
        self.url = f"storelite:///{self.path}"
        self.other_path = folder / "other.db"
        self.other = f"storelite:///{self.other_path}"

    def rows(self, table: str = "t", path: Path | None = None) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(path or self.path)) as connection:
            found = connection.execute(f"SELECT id, name, price FROM {table} ORDER BY id")
            return [(int(row[0]), row[1], row[2] and float(row[2])) for row in found]


@pytest.fixture
def lite(tmp_path: Path) -> Lite:
    return Lite(tmp_path)


@pytest.fixture
def left(client: Any, bucket: str) -> Iterator[Callable[[], list[str]]]:
    """The keys in scratch space; there are none when a test ends."""

    def keys() -> list[str]:
        found = client.list_objects_v2(Bucket=bucket, Prefix="tmp/").get("Contents", ())
        return [item["Key"] for item in found]

    yield keys
    assert keys() == []


def put(client: Any, bucket: str, key: str, body: bytes) -> str:
    client.put_object(Bucket=bucket, Key=key, Body=body)
    return f"s3://{bucket}/{key}"


def places() -> list[str]:
    return [form.place for form in storelite.SEEN]


@pytest.mark.usefixtures("left")
def test_a_file_is_staged_and_copied(move: Move, lite: Lite, file: Path, bucket: str) -> None:
    result = move(file, f"{lite.url}::t")
    assert result.route == ("read", "stage", "storelite-copy")
    assert result.rows == 5
    assert lite.rows() == VALUES
    (place,) = places()
    assert place.startswith(f"s3://{bucket}/tmp/mover-scratch-2")


@pytest.mark.usefixtures("left")
def test_a_packed_file_is_staged_as_it_is(move: Move, lite: Lite, tmp_path: Path) -> None:
    path = tmp_path / "trips.csv.gz"
    path.write_bytes(gzip.compress(ROWS))
    assert move(path, f"{lite.url}::t").route == ("read", "stage", "storelite-copy")
    assert lite.rows() == VALUES


@pytest.mark.usefixtures("left")
def test_a_large_packed_file_is_unpacked_and_cut(
    move: Move, lite: Lite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    known = staging.Stage.manifest

    def manifest(self: staging.Stage, files: Any) -> Any:
        made.append(len(files.parts))
        return known(self, files)

    monkeypatch.setattr(staging.Stage, "manifest", manifest)
    path = tmp_path / "trips.csv.gz"
    rows = b"".join(b"%d,%s,1.5\n" % (n, os.urandom(32).hex().encode()) for n in range(40_000))
    path.write_bytes(gzip.compress(b"id,name,price\n" + rows))
    assert path.stat().st_size > storelite.Copy.staging.size
    result = move(path, f"{lite.url}::t")
    assert result.route == ("read", "decompress", "stage", "storelite-copy")
    assert len(lite.rows()) == 40_000
    assert made[0] > 2


@pytest.mark.usefixtures("left")
def test_a_file_that_cannot_be_read_as_it_is_gets_recoded(
    move: Move, lite: Lite, tmp_path: Path
) -> None:
    path = tmp_path / "trips.csv"
    path.write_bytes(ROWS.replace(b"a, b", b"\xe4, b"))
    assert move(path, f"{lite.url}::t").route == ("read", "decode", "stage", "storelite-copy")
    assert lite.rows()[0] == (1, "ä, b", 1.5)


@pytest.mark.usefixtures("left")
def test_a_table_is_unloaded_into_scratch_space_and_read(
    move: Move, lite: Lite, file: Path, tmp_path: Path
) -> None:
    move(file, f"{lite.url}::t")
    out = tmp_path / "out.csv"
    result = move(f"{lite.url}::t", out)
    assert result.route[:2] == ("storelite-unload", "read")
    again = move(out, f"{lite.other}::t")
    assert again.rows == 5
    assert lite.rows(path=lite.other_path) == VALUES


@pytest.mark.usefixtures("left")
def test_rows_between_two_of_them_never_pass_here(move: Move, lite: Lite, file: Path) -> None:
    move(file, f"{lite.url}::t")
    result = move(f"{lite.url}::t", f"{lite.other}::u")
    assert result.route == ("storelite-unload", "storelite-copy")
    assert lite.rows("u", lite.other_path) == VALUES


@pytest.mark.usefixtures("left")
def test_postgres_goes_there_and_comes_back(
    move: Move, lite: Lite, file: Path, pg_url: str
) -> None:
    move(file, f"{pg_url}::t")
    there = move(f"{pg_url}::t", f"{lite.url}::t")
    assert there.route == ("postgres-copy-out", "stage", "storelite-copy")
    assert lite.rows() == VALUES
    back = move(f"{lite.url}::t", f"{pg_url}::back")
    assert back.route[:2] == ("storelite-unload", "read")
    move(f"{pg_url}::back", f"{lite.other}::t")
    assert lite.rows(path=lite.other_path) == VALUES


@pytest.mark.usefixtures("left")
def test_a_dataframe_is_staged(move: Move, lite: Lite) -> None:
    frame = pa.table(
        {
            "id": [value[0] for value in VALUES],
            "name": [value[1] for value in VALUES],
            "price": [value[2] for value in VALUES],
        }
    )
    assert move(frame, f"{lite.url}::t").route == ("stage", "storelite-copy")
    assert lite.rows() == VALUES


@pytest.mark.usefixtures("left")
def test_an_object_that_fits_is_copied_where_it_is(
    move: Move, lite: Lite, client: Any, bucket: str
) -> None:
    source = put(client, bucket, "in/trips.csv", ROWS)
    assert move(source, f"{lite.url}::t").route == ("storelite-copy",)
    assert lite.rows() == VALUES
    assert places() == [source]


@pytest.mark.usefixtures("left")
def test_a_records_directory_that_fits_is_copied_where_it_is(
    move: Move, lite: Lite, file: Path, bucket: str
) -> None:
    folder = f"s3://{bucket}/dir/"
    move(file, f"{lite.url}::t")
    unloaded = move(f"{lite.url}::t", folder, target_format="parquet")
    assert unloaded.route == ("storelite-unload",)
    assert set(unloaded.output_urls) == {f"{n:04}_part_00.parquet" for n in range(3)}
    assert move(folder, f"{lite.other}::t").route == ("storelite-copy",)
    assert lite.rows(path=lite.other_path) == VALUES


@pytest.mark.usefixtures("left")
def test_an_object_that_does_not_fit_is_staged_anew(
    move: Move, lite: Lite, client: Any, bucket: str
) -> None:
    body = b"\n".join(b'{"id": %d, "name": "x", "price": 1.5}' % n for n in range(3))
    source = put(client, bucket, "in/trips.jsonl", body)
    result = move(source, f"{lite.url}::t")
    assert result.route == ("read", "decode", "stage", "storelite-copy")
    assert lite.rows() == [(n, "x", 1.5) for n in range(3)]


def test_without_scratch_space_the_refusal_says_what_to_set(
    fake_site: FakeSite, server: Any, lite: Lite, file: Path
) -> None:
    del server
    fake_site.install(storelite.PLUGIN)
    with fake_site.on_path(), Session() as session:
        with pytest.raises(NoRouteError, match="SCRATCH_S3_URL") as caught:
            session.move(file, f"{lite.url}::t")
        why = "storelite-copy: COPY reads files at s3://, and there is no scratch space for any"
        assert why in caught.value.refusals
        with pytest.raises(NoRouteError, match="SCRATCH_S3_URL") as caught:
            session.move(file, f"{lite.url}::t", scratch=str(file.parent / "tmp"))
        assert "scratch space is at file://" in caught.value.refusals[0]


def test_an_object_that_fits_needs_no_scratch_space(
    fake_site: FakeSite, client: Any, bucket: str, lite: Lite
) -> None:
    fake_site.install(storelite.PLUGIN)
    source = put(client, bucket, "in/trips.csv", ROWS)
    with fake_site.on_path(), Session() as session:
        assert session.move(source, f"{lite.url}::t").rows == 5


@pytest.mark.usefixtures("left")
def test_the_plan_names_the_stage(session: Session, lite: Lite, file: Path, bucket: str) -> None:
    plan = session.explain(file, f"{lite.url}::t")
    (line,) = [line for line in str(plan).splitlines() if "stage:" in line]
    assert f"s3://{bucket}/tmp/mover-scratch-*/ (csv, delimiter ','" in line
    assert "where storelite-copy can read it" in line
    assert "through this machine" in line


def test_a_load_that_fails_leaves_table_and_scratch_space_as_they_were(
    move: Move, lite: Lite, file: Path, left: Callable[[], list[str]], tmp_path: Path
) -> None:
    move(file, f"{lite.url}::t")
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"id,name,price\n1,x,dear\n")
    with closing(sqlite3.connect(lite.path)) as connection:
        connection.execute("CREATE UNIQUE INDEX once ON t (id)")
    with pytest.raises(MoverError):
        move(bad, f"{lite.url}::t")
    assert lite.rows() == VALUES
    assert left() == []
    assert Form(kind="batches") not in storelite.SEEN
