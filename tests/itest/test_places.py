"""A database of the environment is reached as its URL says, and left as it was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.ends import place

if TYPE_CHECKING:
    from support.postgres import PostgresServer


@pytest.mark.parametrize("way", ["url", "socket_url"])
def test_a_schema_of_its_own_is_made_and_dropped(postgres: PostgresServer, way: str) -> None:
    with place("postgres", getattr(postgres, way)()) as here:
        here.ask(f"CREATE TABLE {here.schema}.t (id integer)")
        assert here.count("t") == 0
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = "
    assert postgres.psql(f"{schemas}'{here.schema}'").strip() == "0"
