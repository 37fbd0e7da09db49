"""Whole moves through a bad network: each request in turn fails, and no row is lost or doubled."""

from __future__ import annotations

import gzip
import random
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from records_mover.errors import MoverError
from support import storelite
from support.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.fakeplugins import FakeSite
    from support.faults import Exchange, FaultProxy
    from support.postgres import PostgresServer

pytestmark = pytest.mark.parametrize("server", ["seaweed"], indirect=True)

CSV = b"id,name\n" + b"".join(b"%d,name %d\n" % (n, n) for n in range(2_000))
COUNT = 2_000
FINAL = {"forbidden", "expired"}
"""Faults that trying again does not mend."""
EVERY = sorted(set(FAULTS) - {"no lists", "other region", "another region"})
SAMPLE = ["reset", "slow down", "broken body", "length too small", "damaged upload", "expired"]
"""What each request in turn meets each time; a campaign takes all there is."""

FEW = ["reset", "damaged upload"]
"""What the moves with most requests meet each time."""


def _faults(often: list[str]) -> pytest.MarkDecorator:
    marks = {fault: () if fault in often else (pytest.mark.campaign,) for fault in EVERY}
    return pytest.mark.parametrize(
        "fault", [pytest.param(fault, marks=marks[fault]) for fault in EVERY]
    )


faults, few_faults = _faults(SAMPLE), _faults(FEW)


class Way:
    """A move, what is there afterwards, and what was there before the first."""

    def __init__(self, act: Callable[[Session], object], found: Callable[[], object]) -> None:
        self.act, self.found = act, found
        self.untouched = found()


class Unlucky:
    """Picks the n-th request of this process; those of a database's own server are let pass."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._lock = threading.Lock()

    def __call__(self, _number: int, exchange: Exchange) -> bool:
        if "records-mover" not in exchange.header("user-agent"):
            return False
        with self._lock:
            self._left -= 1
            return self._left == 0

    @property
    def met(self) -> bool:
        """Whether there were so many requests."""
        return self._left <= 0


def _each_request(way: Way, proxy: FaultProxy, fault: str, right: object) -> None:
    """Let a request meet the fault, then a later one, until there is none to meet it.

    What is run each time takes every third request; a campaign takes all of them.
    """
    before = way.found()
    step = 3 if fault in SAMPLE else 1
    number = random.Random(fault).randint(1, step)
    while True:
        unlucky = Unlucky(number)
        failure = None
        stalled = "stalled" in fault
        settings = {"s3": {"timeout": 1 if stalled else 5, "deadline": 60}}
        with Session(settings=settings) as session:
            proxy.harm(fault, unlucky)
            try:
                way.act(session)
            except MoverError as error:
                failure = error
        proxy.heal()
        found = way.found()
        if failure is None:
            assert found == right, f"{fault!r} at request {number} of {proxy.seen}"
        else:
            assert unlucky.met, failure
            assert fault in FINAL, f"{fault!r} at request {number}: {failure}"
            assert "\n" not in str(failure)
            assert found in (before, right, way.untouched), f"request {number}: {failure}"
        before = found
        if not unlucky.met:
            return
        number += step


@pytest.fixture
def rows(postgres: PostgresServer, pg_url: str) -> Callable[[str], str]:
    database = pg_url.rsplit("/", 1)[-1]

    def ask(table: str) -> str:
        sql = f"SELECT count(*), count(DISTINCT id), min(name) FROM {table}"
        return postgres.psql(sql, database).strip()

    return ask


@pytest.fixture
def source(client: Any, bucket: str) -> str:
    for number in range(3):
        lines = CSV.splitlines(keepends=True)[1:]
        body = b"id,name\n" + b"".join(lines[number::3])
        client.put_object(Bucket=bucket, Key=f"in/{number}.csv", Body=body)
    return f"s3://{bucket}/in/"


@faults
def test_objects_into_a_table(
    source: str, proxy: FaultProxy, fault: str, pg_url: str, rows: Callable[[str], str]
) -> None:
    with Session() as session:
        session.move(source, f"{pg_url}::t")
    right = rows("t")
    assert right.startswith(f"{COUNT}|{COUNT}|")

    def act(session: Session) -> None:
        session.move(source, f"{pg_url}::t", if_exists="truncate")

    _each_request(Way(act, lambda: rows("t")), proxy, fault, right)


@dataclass(slots=True)
class Folders:
    """New folders of a bucket, of which the last one holds what a move has written."""

    client: Any
    bucket: str
    made: int = 0

    def new(self) -> str:
        """Name one more."""
        self.made += 1
        return f"s3://{self.bucket}/out/{self.made}/"

    def rows(self) -> object:
        """Say what the last folder holds; None for nothing at all."""
        prefix = f"out/{self.made}/"
        listed = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        keys = sorted(item["Key"] for item in listed.get("Contents", ()))
        bodies = [self.body(key) or b"" for key in keys if "/data" in key]
        return (
            ([key.removeprefix(prefix) for key in keys], _lines(b"".join(bodies))) if keys else None
        )

    def body(self, key: str) -> bytes | None:
        """Return what an object holds."""
        there = self.client.list_objects_v2(Bucket=self.bucket, Prefix=key)["KeyCount"]
        if not there:
            return None
        body: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body


@pytest.fixture
def folders(client: Any, bucket: str) -> Folders:
    return Folders(client, bucket)


def _lines(body: bytes) -> list[bytes]:
    """Return the rows in an order of their own, and no header."""
    return sorted(line for line in body.splitlines() if line != b"id,name")


ALL = _lines(CSV)
ABOUT = ["_format_delimited", "_manifest", "_schema.json"]


@faults
def test_a_table_into_a_records_directory(
    source: str, proxy: FaultProxy, fault: str, pg_url: str, folders: Folders
) -> None:
    with Session() as session:
        session.move(source, f"{pg_url}::t")

    def act(session: Session) -> None:
        session.move(f"{pg_url}::t", folders.new())

    _each_request(Way(act, folders.rows), proxy, fault, ([*ABOUT, "data.csv"], ALL))


@few_faults
def test_a_records_directory_into_a_table(
    source: str,
    proxy: FaultProxy,
    fault: str,
    pg_url: str,
    folders: Folders,
    rows: Callable[[str], str],
) -> None:
    folder = folders.new()
    with Session() as session:
        session.move(source, folder)
        session.move(folder, f"{pg_url}::t")
    right = rows("t")

    def act(session: Session) -> None:
        session.move(folder, f"{pg_url}::t", if_exists="truncate")

    _each_request(Way(act, lambda: rows("t")), proxy, fault, right)


@few_faults
def test_objects_that_are_copied_where_they_are(
    source: str, proxy: FaultProxy, fault: str, folders: Folders
) -> None:
    def act(session: Session) -> None:
        assert session.move(source, folders.new()).route == ("copy",)

    names = [f"data{number:03}.csv" for number in (1, 2, 3)]
    _each_request(Way(act, folders.rows), proxy, fault, ([*ABOUT, *names], ALL))


@few_faults
def test_an_object_that_is_packed_into_another(
    source: str, proxy: FaultProxy, fault: str, folders: Folders
) -> None:
    def act(session: Session) -> None:
        session.move(f"{source}0.csv", f"s3://{folders.bucket}/packed.csv.gz")

    def found() -> object:
        body = folders.body("packed.csv.gz")
        return None if body is None else gzip.decompress(body)

    _each_request(Way(act, found), proxy, fault, folders.body("in/0.csv"))


@few_faults
def test_objects_into_a_file(source: str, proxy: FaultProxy, fault: str, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"

    def act(session: Session) -> None:
        out.unlink(missing_ok=True)
        session.move(source, out)

    def found() -> object:
        return _lines(out.read_bytes()) if out.exists() else None

    _each_request(Way(act, found), proxy, fault, ALL)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["out.csv"]


@few_faults
def test_a_table_into_one_object(
    source: str, proxy: FaultProxy, fault: str, pg_url: str, folders: Folders
) -> None:
    with Session() as session:
        session.move(source, f"{pg_url}::t")

    def act(session: Session) -> None:
        session.move(f"{pg_url}::t", f"s3://{folders.bucket}/one.csv")

    def found() -> object:
        body = folders.body("one.csv")
        return None if body is None else _lines(body)

    _each_request(Way(act, found), proxy, fault, ALL)


@pytest.fixture
def lite(tmp_path: Path, fake_site: FakeSite) -> Iterator[Path]:
    fake_site.install(storelite.PLUGIN)
    with fake_site.on_path():
        yield tmp_path / "one.db"


def _lite_rows(path: Path) -> object:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT count(*), count(DISTINCT id), min(name) FROM t"
        ).fetchone()


@faults
def test_a_staged_move(
    lite: Path, proxy: FaultProxy, fault: str, tmp_path: Path, client: Any, bucket: str
) -> None:
    url, scratch = f"storelite:///{lite}::t", f"s3://{bucket}/tmp/"
    (tmp_path / "a.csv").write_bytes(CSV)
    with Session() as session:
        session.move(tmp_path / "a.csv", url, scratch=scratch)
    right = _lite_rows(lite)

    def act(session: Session) -> None:
        session.move(tmp_path / "a.csv", url, scratch=scratch, if_exists="truncate")

    _each_request(Way(act, lambda: _lite_rows(lite)), proxy, fault, right)
    with Session() as session:  # which removes what could not be removed
        session.move(tmp_path / "a.csv", url, scratch=scratch, if_exists="truncate")
    assert client.list_objects_v2(Bucket=bucket, Prefix="tmp/")["KeyCount"] == 0
