"""A staged move that is stopped or killed leaves the table as it was, and scratch space empty."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session
from support import storelite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.fakeplugins import FakeSite

TESTS = Path(__file__).parents[1]
ROWS = b"".join(b"%d,a name that is rather long\n" % n for n in range(150_000))
SEAWEED = pytest.mark.parametrize("server", ["seaweed"], indirect=True)


@pytest.fixture
def staged(client: Any, bucket: str) -> Callable[[], list[str]]:
    def keys() -> list[str]:
        found = client.list_objects_v2(Bucket=bucket, Prefix="tmp/").get("Contents", ())
        return [item["Key"] for item in found]

    return keys


@pytest.fixture
def table(server: Any, bucket: str, fake_site: FakeSite, tmp_path: Path) -> str:
    """A table with a row, in a database that loads only from S3."""
    del server
    fake_site.install(storelite.PLUGIN)
    url = f"storelite:///{tmp_path / 'one.db'}::t"
    assert _move_one_row(fake_site, bucket, tmp_path, url) == 1
    return url


def _move_one_row(site: FakeSite, bucket: str, folder: Path, url: str) -> int | None:
    (folder / "a.csv").write_bytes(b"id,name\n1,x\n")
    with site.on_path(), Session(scratch_s3_url=f"s3://{bucket}/tmp/") as session:
        return session.move(folder / "a.csv", url).rows


def _rows(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "one.db")) as connection:
        (found,) = connection.execute("SELECT count(*) FROM t").fetchone()
    return int(found)


@contextmanager
def _half_way(
    url: str, bucket: str, site: FakeSite, staged: Callable[[], list[str]]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a move whose source has more to come, until some of it is staged."""
    path = os.pathsep.join([site.env["PYTHONPATH"], str(TESTS)])
    command = [str(Path(sys.executable).with_name("mvrec")), "move", "-", url]
    with subprocess.Popen(
        [*command, "--hint", "header-row=true", "--scratch", f"s3://{bucket}/tmp/", "--debug"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
    ) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(b"id,name\n" + ROWS)
            process.stdin.flush()
            deadline = time.monotonic() + 40
            while not staged():
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


@SEAWEED
def test_ctrl_c_empties_scratch_space(
    server: Any,
    table: str,
    bucket: str,
    fake_site: FakeSite,
    staged: Callable[[], list[str]],
    tmp_path: Path,
) -> None:
    with _half_way(table, bucket, fake_site, staged) as process:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=40)
    assert process.returncode == 1
    assert b"cancelled; the target is as it was" in said
    assert server.secret_key.encode() not in said
    assert staged() == []
    assert _rows(tmp_path) == 1


@SEAWEED
def test_what_a_killed_move_staged_is_removed_by_the_next(
    table: str,
    bucket: str,
    fake_site: FakeSite,
    staged: Callable[[], list[str]],
    tmp_path: Path,
) -> None:
    with _half_way(table, bucket, fake_site, staged) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(40)
    assert staged()
    assert _rows(tmp_path) == 1
    assert _move_one_row(fake_site, bucket, tmp_path, table) == 1
    assert staged() == []
    assert _rows(tmp_path) == 2
