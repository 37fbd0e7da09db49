"""A URL taken apart without SQLAlchemy means what it means to SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import make_url

from records_mover.db.connections.address import Address


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://host/db",
        "postgresql+psycopg2://me:p%40ss%2Fw%3Ao%25rd%20%3F%23%27@127.0.0.1:5433/postgres",
        "postgresql://me@host",
        "postgresql://",
        "postgresql:///db",
        "postgresql://me:@host/db",
        "postgresql://[::1]:5432/db?sslmode=require&options=-c%20x%3D1",
        "postgresql://u%20x:a+b@h/d%20b?connect_timeout=3&empty=",
    ],
)
def test_every_part_is_what_sqlalchemy_finds(url: str) -> None:
    ours, theirs = Address.parse(url), make_url(url)
    assert ours is not None
    assert ours.get_backend_name() == theirs.get_backend_name()
    for name in ("drivername", "username", "password", "host", "database"):
        assert (getattr(ours, name) or None) == (getattr(theirs, name) or None), name
    assert ours.port == (theirs.port or None)
    assert dict(ours.query) == dict(theirs.query)


@pytest.mark.parametrize(
    "url",
    [
        "no url",
        "postgresql://host:port/db",
        "postgresql://host:/db",
        "postgresql://h/d?host=a:1&host=b:2",
    ],
)
def test_what_is_odd_is_left_to_sqlalchemy(url: str) -> None:
    assert Address.parse(url) is None


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(Address.parse("postgresql://me:secret@host/db?password=secret"))
