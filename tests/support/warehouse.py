"""What the tests of a warehouse stand on: objects, a schema, sessions, and trips there and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from records_mover import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from support.s3 import S3Server

__all__ = [
    "Folder",
    "Trip",
    "bare",
    "csv",
    "move_in",
    "postgres_cursor",
    "said_of",
    "scratch",
    "session",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder of a bucket for one test."""

    client: Any
    bucket: str
    folder: str

    def url(self, name: str = "") -> str:
        """The url of a name below the folder."""
        return f"s3://{self.bucket}/{self.folder}/{name}"

    def put(self, name: str, data: bytes | str) -> str:
        """Write an object and return its url."""
        body = data.encode() if isinstance(data, str) else data
        self.client.put_object(Bucket=self.bucket, Key=f"{self.folder}/{name}", Body=body)
        return self.url(name)

    def get(self, name: str) -> bytes:
        """Read an object."""
        found = self.client.get_object(Bucket=self.bucket, Key=f"{self.folder}/{name}")
        return bytes(found["Body"].read())

    def names(self, prefix: str = "") -> list[str]:
        """Name what is there."""
        begin = f"{self.folder}/{prefix}"
        found = self.client.list_objects_v2(Bucket=self.bucket, Prefix=begin)
        return [str(item["Key"])[len(self.folder) + 1 :] for item in found.get("Contents", [])]


def move_in(monkeypatch: pytest.MonkeyPatch, server: S3Server, tmp_path: Path) -> None:
    """Make an environment in which S3 is the test's, and what is remembered is too."""
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def csv(tmp_path: Path) -> Callable[[str], Path]:
    """What writes a file of rows and says where it is."""

    def write(text: str) -> Path:
        path = tmp_path / "rows.csv"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def scratch(objects: Folder) -> Iterator[str]:
    """Scratch space, in which nothing is left when a test ends."""
    yield objects.url("tmp/")
    assert objects.names("tmp/") == []


@pytest.fixture
def session(warehouse: Any, scratch: str) -> Iterator[Session]:
    """A session that has scratch space in S3."""
    del warehouse
    with Session(scratch_s3_url=scratch) as session:
        yield session


@pytest.fixture
def bare(warehouse: Any) -> Iterator[Session]:
    """A session without scratch space."""
    del warehouse
    with Session() as session:
        yield session


@pytest.fixture
def postgres_cursor(pg_url: str) -> Iterator[Any]:
    """A look into the PostgreSQL that a move goes from or to."""
    import psycopg2

    connection = psycopg2.connect(pg_url.replace("postgresql+psycopg2", "postgresql"))
    connection.autocommit = True
    yield connection.cursor()
    connection.close()


def said_of(kind: str, page: Path) -> tuple[str, str]:
    """Return what a page says of a type: what is made of it, and what comes of its values."""
    row = next(line for line in page.read_text().splitlines() if line.startswith(f"| `{kind}` |"))
    _, _, made, outcome, *_ = (cell.strip() for cell in row.split("|"))
    return made.strip("`"), outcome


class Trip:
    """A column of PostgreSQL on its way to a warehouse and back."""

    def __init__(self, session: Any, warehouse: Any, pg_url: str, cursor: Any) -> None:
        self.session, self.warehouse = session, warehouse
        self.pg_url, self.cursor = pg_url, cursor

    def there(self, kind: str, values: Sequence[str], lossy: Sequence[str] | None = None) -> None:
        """Move these values and a NULL into the table ``t``."""
        self.cursor.execute(f"drop table if exists s; create table s (id int, c {kind})")
        for number, value in enumerate([*values, None]):
            self.cursor.execute("insert into s values (%s, %s)", (number, value))
        named = {} if lossy is None else {"allow_lossy": lossy}
        self.session.move(f"{self.pg_url}::s", self.warehouse.url("t"), **named)

    def back(self, kind: str) -> list[Any]:
        """Move them back, and return those that differ."""
        self.cursor.execute(f"drop table if exists b; create table b (id int, c {kind})")
        self.session.move(self.warehouse.url("t"), f"{self.pg_url}::b", allow_lossy=["all"])
        self.cursor.execute(
            "select id, s.c::text, b.c::text from s full join b using (id)"
            " where s.c::text is distinct from b.c::text"
        )
        return list(self.cursor.fetchall())
