"""The dialect connects, reflects and compiles what SQLAlchemy and the core ask of it."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import CompileError, DBAPIError
from sqlalchemy.schema import CreateTable

from mover_vertica.dialect import VerticaDialect, register

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def engine(warehouse: Any) -> Iterator[sa.Engine]:
    register()
    engine = sa.create_engine(warehouse.base)
    yield engine
    engine.dispose()


def test_rows_go_in_and_come_out_of_a_table_that_sqlalchemy_made(
    engine: sa.Engine, warehouse: Any
) -> None:
    table = sa.Table(
        "made",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("Name %", sa.String(20), nullable=False),
        sa.Column("n", sa.Numeric(12, 2)),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.Column("yes", sa.Boolean),
        sa.Column("raw", sa.LargeBinary),
        sa.Column("u", sa.Uuid),
        sa.Column("f", sa.Double),
        schema=warehouse.ask.schema,
    )
    table.create(engine)
    row = {
        "Name %": "it's 100 %",
        "n": Decimal("1.50"),
        "at": dt.datetime(2020, 1, 2, 3, tzinfo=dt.UTC),
        "yes": True,
        "raw": b"\x00\xff'",
        "u": uuid.UUID(int=7),
        "f": 0.25,
    }
    with engine.begin() as connection:
        result = connection.execute(table.insert(), row)
        assert result.inserted_primary_key == (1,)
        connection.execute(table.insert(), [row, row])
        changed = connection.execute(table.update().where(table.c.id > 1).values(n=2))
        assert changed.rowcount == 2
    with engine.connect() as connection:
        found = connection.execute(sa.select(table).order_by(table.c.id).limit(1).offset(0)).one()
        assert found._mapping == {"id": 1, **row}
        none = sa.select(table.c.id).where(table.c.id.in_([]))
        assert connection.execute(none).all() == []
        like = sa.select(sa.func.count()).where(table.c["Name %"].like("%100%"))
        assert connection.scalar(like) == 3


def test_a_table_is_reflected_with_keys_comments_and_how_its_rows_lie(
    engine: sa.Engine, warehouse: Any
) -> None:
    ask = warehouse.ask
    ask("CREATE TABLE other (x INT PRIMARY KEY)")
    ask(
        "CREATE TABLE t (a INT NOT NULL, b VARCHAR(20) DEFAULT 'x', c NUMERIC(8,2), "
        "d LONG VARCHAR, "
        "CONSTRAINT k PRIMARY KEY (a), CONSTRAINT f FOREIGN KEY (a) REFERENCES other (x), "
        "CONSTRAINT u UNIQUE (b, c), CONSTRAINT positive CHECK (c > 0)) "
        "ORDER BY b, a SEGMENTED BY HASH(a) ALL NODES KSAFE 1 PARTITION BY a"
    )
    ask("COMMENT ON TABLE t IS 'it''s'")
    ask("CREATE VIEW v AS SELECT a FROM t")
    schema = ask.schema
    look = sa.inspect(engine)
    assert look.get_table_names(schema) == ["other", "t"]
    assert look.get_view_names(schema) == ["v"]
    assert "SELECT" in look.get_view_definition("v", schema).upper()
    assert look.get_pk_constraint("T", schema) == {"constrained_columns": ["a"], "name": "k"}
    assert look.get_foreign_keys("t", schema)[0]["referred_table"] == "other"
    assert look.get_unique_constraints("t", schema)[0]["column_names"] == ["b", "c"]
    assert look.get_check_constraints("t", schema)[0]["name"] == "positive"
    assert look.get_table_comment("t", schema) == {"text": "it's"}
    assert schema in look.get_schema_names()
    assert look.has_table("t", schema)
    assert not look.has_table("nothing", schema)
    with pytest.raises(sa.exc.NoSuchTableError):
        look.get_columns("nothing", schema)
    table = sa.Table("t", sa.MetaData(), schema=schema, autoload_with=engine)
    assert [str(column.type) for column in table.columns][:3] == [
        "INTEGER", "VARCHAR(20)", "NUMERIC(8, 2)",
    ]  # fmt: skip
    assert table.dialect_options["vertica"]["order_by"] == ("b", "a")
    assert table.dialect_options["vertica"]["partition_by"] == "a"
    made = str(CreateTable(table).compile(dialect=engine.dialect))
    assert "ORDER BY b, a SEGMENTED BY HASH(a) ALL NODES KSAFE 1 PARTITION BY a" in made
    assert "LONG VARCHAR(1048576)" in made


def test_names_without_a_schema_are_looked_up_where_the_server_does(
    engine: sa.Engine, warehouse: Any
) -> None:
    warehouse.ask("CREATE TABLE only_here (a INT)")
    with engine.connect() as connection:
        assert not sa.inspect(connection).has_table("only_here")
        connection.exec_driver_sql(f"SET search_path TO {warehouse.ask.schema}, public")
        assert sa.inspect(connection).has_table("only_here")
        assert "only_here" in sa.inspect(connection).get_table_names()


def test_what_vertica_has_not_is_refused_when_it_is_compiled() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", sa.Integer))
    with pytest.raises(CompileError, match="no indexes"):
        sa.schema.CreateIndex(sa.Index("i", table.c.a)).compile(dialect=VerticaDialect())


def test_an_error_in_the_middle_of_a_result_is_raised_where_it_is_read(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="does not exist"):
            connection.exec_driver_sql("SELECT nothing FROM v_catalog.tables")
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1


def test_levels_of_isolation_are_set_and_told(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert connection.get_isolation_level() == "READ COMMITTED"
        apart = connection.execution_options(isolation_level="AUTOCOMMIT")
        assert apart.get_isolation_level() == "AUTOCOMMIT"


def test_a_connection_that_is_lost_is_replaced(engine: sa.Engine, warehouse: Any) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        warehouse.ask.server.drop_connections()
        with pytest.raises(DBAPIError) as caught:
            connection.exec_driver_sql("SELECT 1")
        assert caught.value.connection_invalidated
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    warehouse.ask.reconnect()
