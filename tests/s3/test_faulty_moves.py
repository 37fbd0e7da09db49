"""Whole moves through a bad network: each request in turn fails, and no row is lost or doubled."""

from __future__ import annotations

import random
import sqlite3
import threading
from contextlib import closing
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

faults = pytest.mark.parametrize(
    "fault",
    [pytest.param(fault, marks=() if fault in SAMPLE else pytest.mark.campaign) for fault in EVERY],
)


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


@faults
def test_a_table_into_a_records_directory(
    source: str, proxy: FaultProxy, fault: str, pg_url: str, client: Any, bucket: str
) -> None:
    with Session() as session:
        session.move(source, f"{pg_url}::t")
    made: list[str] = []

    def act(session: Session) -> None:
        made.append(f"out/{len(made)}/")
        session.move(f"{pg_url}::t", f"s3://{bucket}/{made[-1]}")

    def found() -> object:
        """Say what the last directory holds."""
        prefix = made[-1] if made else "out/"
        listed = client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())
        names = {item["Key"].rsplit("/", 1)[-1]: item["Key"] for item in listed}
        if not names:
            return None
        body = client.get_object(Bucket=bucket, Key=names["data.csv"])["Body"].read()
        return (sorted(names), sorted(body.splitlines()))

    right = (
        ["_format_delimited", "_manifest", "_schema.json", "data.csv"],
        sorted(CSV.splitlines()),
    )
    _each_request(Way(act, found), proxy, fault, right)


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
