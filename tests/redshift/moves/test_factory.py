"""The factory ``targets.spectrum`` of 1.x, on external tables as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from records_mover.errors import ConfigError, UsageError
from records_mover.records import ExistingTableHandling

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def schema(warehouse: Any) -> Iterator[str]:
    """An external schema."""
    name = f"f_{warehouse.ask.schema}"
    warehouse.ask(
        f"create external schema {name} from data catalog database 'lake'"
        " iam_role default create external database if not exists"
    )
    yield name
    warehouse.ask(f"drop schema {name} cascade")


def test_an_external_table_is_made_and_its_rows_replaced(
    session: Any, warehouse: Any, objects: Any, schema: str
) -> None:
    database = warehouse.url("t", iam_role="default").partition("::")[0]
    base = objects.url("lake/")
    target = session.targets.spectrum(schema, "t", database, spectrum_base_url=base)
    for number in (1, 2):
        assert session.move(pa.table({"id": [number]}), target).move_count == 1
        assert warehouse.ask(f"select id from {schema}.t") == [(number,)]
    assert objects.names("lake/")
    added = session.targets.spectrum(
        schema, "t", database, base, existing_table_handling=ExistingTableHandling.APPEND
    )
    session.move(pa.table({"id": [3]}), added)
    assert len(warehouse.ask(f"select id from {schema}.t")) == 2


def test_the_folder_of_an_external_table_cannot_be_named(session: Any) -> None:
    with pytest.raises(ConfigError, match="spectrum_base_url"):
        session.targets.spectrum("s", "t", "redshift://h/d", spectrum_rdir_url="s3://b/d/")


def test_no_ordinary_table_is_made_in_place_of_an_external_one(
    session: Any, warehouse: Any, pg_url: str
) -> None:
    rows = pa.table({"id": [1]})
    here = session.targets.spectrum(warehouse.ask.schema, "t", warehouse.url().rpartition("::")[0])
    with pytest.raises(UsageError, match="would not be in an external schema"):
        session.move(rows, here)
    elsewhere = session.targets.spectrum("public", "t", pg_url)
    with pytest.raises(UsageError, match="postgresql has no external tables"):
        session.move(rows, elsewhere)
    with pytest.raises(UsageError, match="postgresql has no external tables"):
        session.explain(rows, elsewhere)
    assert warehouse.ask("select count(*) from pg_tables where tablename = 't'") == [(0,)]
