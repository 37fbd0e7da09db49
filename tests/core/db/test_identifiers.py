from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from sqlalchemy.engine import make_url

from records_mover.db.database import SqlDatabase
from records_mover.db.sql import spelling
from records_mover.db.sqlite import SqliteDatabase
from records_mover.errors import SchemaError
from records_mover.parts import Selection, TableName
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Callable

ODD = [
    'select"; drop table x; --',
    'a"b',
    "it's",
    "with space",
    " edges ",
    "CamelCase",
    "ünïcödé ☃",
    "100%",
    "%s",
    "%(name)s",
    "a%%b",
    ":colon",
    "x:y",
    "?",
    "order",
    "a.b",
    "[brackets]",
    "back`tick",
    "back\\slash",
    "new\nline",
    "value_0",
    "123",
    "-- comment",
    "/* */",
]


@pytest.mark.parametrize("mode", ["append", "delete", "truncate", "drop", "replace", "upsert"])
def test_odd_columns_are_right_in_every_mode(
    database: SqliteDatabase, load: Callable[..., Any], read: Callable[..., Any], mode: str
) -> None:
    old = pa.table({name: [place] for place, name in enumerate(ODD)})
    new = pa.table({name: [place + 100] for place, name in enumerate(ODD)})
    key = {"key": (ODD[0],)} if mode == "upsert" else {}
    load(database, "plain", old)
    load(database, "plain", new, mode, **key)
    kept = pa.concat_tables([old, new]) if mode in {"append", "upsert"} else new
    assert read(database, "plain") == kept.cast(read(database, "plain").schema)


@pytest.mark.parametrize("name", ODD)
def test_odd_tables_are_right_in_every_mode(
    database: SqliteDatabase, load: Callable[..., Any], read: Callable[..., Any], name: str
) -> None:
    rows = pa.table({"id": [1], "text": ["x"]})
    for mode in ("append", "drop", "delete", "truncate", "replace", "upsert"):
        load(database, name, rows, mode, key=("id",))
        assert read(database, name).to_pylist() == rows.to_pylist()
    info = database.inspect(TableName(name=name))
    assert info is not None
    assert [column.name for column in info.columns] == ["id", "text"]


def test_odd_columns_can_be_chosen(
    database: SqliteDatabase, load: Callable[..., Any], read: Callable[..., Any]
) -> None:
    load(database, "t", pa.table({name: [place] for place, name in enumerate(ODD)}))
    for place, name in enumerate(ODD):
        assert read(database, "t", columns=(name,)).to_pylist() == [{name: place}]


def test_odd_columns_come_out_of_a_query(
    database: SqliteDatabase, load: Callable[..., Any], read: Callable[..., Any]
) -> None:
    load(database, "t", pa.table({name: [place] for place, name in enumerate(ODD)}))
    query = "select * from t where '%' <> ':x' -- ? :y %s"
    assert read(database, query=query).column_names == ODD
    assert read(database, query=query, columns=(ODD[0],)).column_names == [ODD[0]]


def test_odd_names_are_kept_in_the_schema(
    database: SqliteDatabase, load: Callable[..., Any]
) -> None:
    load(database, "t", pa.table({name: [place] for place, name in enumerate(ODD)}))
    schema = database.schema_of(Selection(table=TableName(name="t")))
    assert schema.names == tuple(ODD)


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg2://", "mysql+mysqldb://", "oracle+oracledb://"]
)
def test_percent_signs_are_not_doubled_for_drivers_that_double_them(url: str) -> None:
    dialect = make_url(url).get_dialect()()
    engine = SimpleNamespace(dialect=dialect)
    quoted = spelling.quote("a%b%%c", dialect)
    assert quoted[1:-1] == "a%b%%c"
    schema = RecordsSchema([Field("a%b", "integer")])
    statements = SqlDatabase(engine).create_statements(TableName(name="t%"), schema)  # type: ignore[arg-type]
    assert "t%" in statements[0]
    assert "%%" not in statements[0]


@pytest.mark.parametrize(
    ("names", "says"),
    [([""], "column 1 has no name"), (["a\0b"], "NUL"), ([], "no columns")],
)
def test_what_cannot_be_a_name_is_refused(
    database: SqliteDatabase, names: list[str], says: str
) -> None:
    schema = RecordsSchema([Field(name, "integer") for name in names])
    with pytest.raises(SchemaError, match=says):
        database.create_statements(TableName(name="t"), schema)


def test_names_that_the_limit_makes_equal_are_refused(database: SqliteDatabase) -> None:
    class Short(SqliteDatabase):
        def column_name(self, name: str) -> str:
            return name[:4]

    short = Short(database.engine)
    schema = RecordsSchema([Field("long_a", "integer"), Field("long_b", "integer")])
    with pytest.raises(SchemaError, match="'long_a' and 'long_b' would both be called 'long'"):
        short.create_statements(TableName(name="t"), schema)
