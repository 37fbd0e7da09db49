"""What programs written against the API need: engines, a database of one's own, and S3."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from records_mover import Session
from support.s3 import seaweed_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.s3 import S3Server


@pytest.fixture
def session() -> Iterator[Session]:
    """A session that is closed afterwards."""
    with Session() as session:
        yield session


@pytest.fixture
def engine(pg_url: str) -> Iterator[sa.Engine]:
    """An engine as users make it; where no driver is said, SQLAlchemy 2.1 takes another one."""
    engine = sa.create_engine(pg_url.replace("postgresql:", "postgresql+psycopg2:", 1))
    yield engine
    engine.dispose()


@pytest.fixture
def rows(engine: sa.Engine) -> Any:
    """Return the rows of a query, in a connection of its own."""

    def asked(query: str) -> list[tuple[Any, ...]]:
        with engine.begin() as connection:
            result = connection.exec_driver_sql(query)
            return [tuple(row) for row in result] if result.returns_rows else []

    return asked


@pytest.fixture
def trips(tmp_path: Path) -> Path:
    """A small CSV file."""
    path = tmp_path / "trips.csv"
    path.write_text('id,name,fare\n1,Ann,2.50\n2,"Bo, Jr",3.25\n3,,\n')
    return path


@pytest.fixture(scope="session")
def seaweed() -> Iterator[S3Server]:
    """A server that speaks S3, one a test process."""
    with seaweed_server() as server:
        yield server


@pytest.fixture
def bucket(seaweed: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A new bucket in the server that the environment names."""
    for name, value in seaweed.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    name = f"test-{secrets.token_hex(6)}"
    seaweed.client().create_bucket(Bucket=name)
    return name
