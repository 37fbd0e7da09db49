from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql, oracle, postgresql, sqlite

from records_mover.db.columns import types
from records_mover.db.database import SqlDatabase
from records_mover.db.sql import spelling
from records_mover.db.sql.spelled import Spelled
from records_mover.db.sqlite import SqliteDatabase
from records_mover.schema import (
    DecimalConstraints,
    Field,
    IntegerConstraints,
    IntegerStatistics,
    RecordsSchema,
    StringConstraints,
    StringStatistics,
)

# Both classes come without annotations.
INTERVAL: Any = postgresql.INTERVAL
ORACLE_INTERVAL: Any = oracle.INTERVAL

DIALECTS: dict[str, Any] = {
    each.__name__.rpartition(".")[2]: each for each in (mssql, mysql, oracle, postgresql)
}


def spelt(field: Field, dialect: str = "postgresql", base: type[SqlDatabase] = SqlDatabase) -> str:
    module = sqlite if dialect == "sqlite" else DIALECTS[dialect]
    database = base(SimpleNamespace(dialect=module.dialect()))  # type: ignore[arg-type]
    return spelling.spell_type(database.type_for(field), database.engine.dialect)


def whole(low: int | None, high: int | None) -> Field:
    return Field("n", "integer", IntegerConstraints(min=low, max=high))


@pytest.mark.parametrize(
    ("low", "high", "spelling"),
    [
        (0, 1, "SMALLINT"),
        (-(2**15), 2**15 - 1, "SMALLINT"),
        (0, 2**15, "INTEGER"),
        (-(2**31), 0, "INTEGER"),
        (-(2**31) - 1, 0, "BIGINT"),
        (-(2**63), 2**63 - 1, "BIGINT"),
        (0, 2**63, "NUMERIC(19, 0)"),
        (0, 2**64 - 1, "NUMERIC(20, 0)"),
        (-(10**19), 0, "NUMERIC(20, 0)"),
        (-(10**19) + 1, 0, "NUMERIC(19, 0)"),
        (None, None, "BIGINT"),
        (0, None, "BIGINT"),
    ],
)
def test_an_integer_is_sized_by_its_declared_range(
    low: int | None, high: int | None, spelling: str
) -> None:
    assert spelt(whole(low, high)) == spelling


def test_an_integer_is_sized_by_what_was_seen_only_when_all_rows_were() -> None:
    seen = IntegerStatistics(rows_sampled=5, total_rows=5, min=0, max=9)
    assert spelt(Field("n", "integer", None, seen)) == "SMALLINT"
    sample = IntegerStatistics(rows_sampled=4, total_rows=5, min=0, max=9)
    assert spelt(Field("n", "integer", None, sample)) == "BIGINT"
    declared = IntegerConstraints(min=0, max=2**40)
    assert spelt(Field("n", "integer", declared, seen)) == "BIGINT"


@pytest.mark.parametrize(
    ("facts", "spelling"),
    [
        ({"fixed_precision": 10, "fixed_scale": 2}, "NUMERIC(10, 2)"),
        ({"fixed_precision": 5, "fixed_scale": 0}, "NUMERIC(5, 0)"),
        ({"fixed_precision": 5}, "NUMERIC(5, 0)"),
        ({}, "NUMERIC"),
        ({"fp_total_bits": 64, "fp_significand_bits": 53}, "DOUBLE PRECISION"),
        ({"fp_total_bits": 32, "fp_significand_bits": 23}, "REAL"),
        ({"fp_total_bits": 16, "fp_significand_bits": 11}, "REAL"),
    ],
)
def test_a_decimal_keeps_precision_and_scale(facts: dict[str, int], spelling: str) -> None:
    assert spelt(Field("n", "decimal", DecimalConstraints(**facts))) == spelling  # type: ignore[arg-type]


def test_a_decimal_of_which_nothing_is_known_is_numeric() -> None:
    assert spelt(Field("n", "decimal")) == "NUMERIC"


def test_text_has_a_limit_only_when_one_is_declared() -> None:
    assert spelt(Field("s", "string")) == "TEXT"
    seen = StringStatistics(rows_sampled=1, total_rows=1, max_length_chars=3)
    assert spelt(Field("s", "string", StringConstraints(), seen)) == "TEXT"
    assert spelt(Field("s", "string", StringConstraints(max_length_chars=7))) == "VARCHAR(7)"
    assert spelt(Field("s", "string", StringConstraints(max_length_chars=0))) == "VARCHAR(1)"
    assert spelt(Field("s", "string", StringConstraints(max_length_bytes=9))) == "VARCHAR(9)"


def test_a_database_that_counts_bytes_gets_room_for_every_character() -> None:
    class Bytes(SqlDatabase):
        varchar_in_bytes = True
        varchar_limit = 100

    chars = Field("s", "string", StringConstraints(max_length_chars=7))
    assert spelt(chars, base=Bytes) == "VARCHAR(28)"
    both = Field("s", "string", StringConstraints(max_length_chars=7, max_length_bytes=10))
    assert spelt(both, base=Bytes) == "VARCHAR(10)"
    wide = Field("s", "string", StringConstraints(max_length_chars=70))
    assert spelt(wide, base=Bytes) == "TEXT"


@pytest.mark.parametrize(
    ("field_type", "dialect", "spelling"),
    [
        ("boolean", "postgresql", "BOOLEAN"),
        ("date", "postgresql", "DATE"),
        ("time", "postgresql", "TIME WITHOUT TIME ZONE"),
        ("timetz", "postgresql", "TIME WITH TIME ZONE"),
        ("datetime", "postgresql", "TIMESTAMP WITHOUT TIME ZONE"),
        ("datetimetz", "postgresql", "TIMESTAMP WITH TIME ZONE"),
        ("bytes", "postgresql", "BYTEA"),
        ("uuid", "postgresql", "UUID"),
        ("json", "postgresql", "JSON"),
        ("interval", "postgresql", "INTERVAL"),
        ("array", "postgresql", "TEXT[]"),
        ("datetime", "mysql", "DATETIME(6)"),
        ("time", "mysql", "TIME(6)"),
        ("json", "mysql", "JSON"),
        ("datetimetz", "mssql", "DATETIMEOFFSET"),
        ("interval", "oracle", "INTERVAL DAY TO SECOND"),
    ],
)
def test_each_type_is_spelt_where_the_dialect_has_it(
    field_type: Any, dialect: str, spelling: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert spelt(Field("c", field_type), dialect) == spelling
    assert not caplog.text


@pytest.mark.parametrize(
    ("field_type", "dialect"),
    [
        ("timetz", "mysql"),
        ("datetimetz", "mysql"),
        ("uuid", "mysql"),
        ("interval", "mysql"),
        ("array", "mysql"),
        ("array", "oracle"),
        ("timetz", "sqlite"),
        ("datetimetz", "sqlite"),
        ("uuid", "sqlite"),
        ("json", "sqlite"),
        ("interval", "sqlite"),
        ("array", "sqlite"),
        ("decimal", "sqlite"),
    ],
)
def test_what_the_dialect_lacks_is_text_with_a_warning(
    field_type: Any, dialect: str, caplog: pytest.LogCaptureFixture
) -> None:
    base = SqliteDatabase if dialect == "sqlite" else SqlDatabase
    assert spelt(Field("the column", field_type), dialect, base) in {"TEXT", "CLOB"}
    assert "column 'the column' becomes text" in caplog.text
    assert f"'{field_type}'" in caplog.text


@pytest.mark.parametrize(
    ("kind", "field_type", "facts"),
    [
        (sa.SMALLINT(), "integer", {"min": -(2**15), "max": 2**15 - 1}),
        (sa.SmallInteger(), "integer", {"min": -(2**15), "max": 2**15 - 1}),
        (sa.INTEGER(), "integer", {"min": -(2**31), "max": 2**31 - 1}),
        (sa.BIGINT(), "integer", {"min": -(2**63), "max": 2**63 - 1}),
        (mysql.BIGINT(unsigned=True), "integer", {"min": 0, "max": 2**64 - 1}),
        (mysql.TINYINT(), "integer", {"min": -128, "max": 127}),
        (mysql.MEDIUMINT(unsigned=True), "integer", {"min": 0, "max": 2**24 - 1}),
        (sa.NUMERIC(10, 0), "decimal", {"fixed_precision": 10, "fixed_scale": 0}),
        (sa.NUMERIC(10), "decimal", {"fixed_precision": 10, "fixed_scale": 0}),
        (sa.DECIMAL(10, 4), "decimal", {"fixed_precision": 10, "fixed_scale": 4}),
        (sa.NUMERIC(), "decimal", {"fixed_precision": None, "fp_total_bits": None}),
        (sa.REAL(), "decimal", {"fp_total_bits": 32, "fp_significand_bits": 23}),
        (sa.FLOAT(24), "decimal", {"fp_total_bits": 32}),
        (sa.FLOAT(), "decimal", {"fp_total_bits": 64, "fp_significand_bits": 53}),
        (postgresql.DOUBLE_PRECISION(), "decimal", {"fp_total_bits": 64}),
        (sa.VARCHAR(9), "string", {"max_length_chars": 9}),
        (sa.CHAR(2), "string", {"max_length_chars": 2}),
        (sa.TEXT(), "string", {"max_length_chars": None}),
        (postgresql.ENUM("a", "bb", name="e"), "string", {"required": True}),
        (sa.BOOLEAN(), "boolean", {}),
        (sa.DATE(), "date", {}),
        (sa.TIME(), "time", {}),
        (sa.TIME(timezone=True), "timetz", {}),
        (sa.TIMESTAMP(), "datetime", {}),
        (sa.TIMESTAMP(timezone=True), "datetimetz", {}),
        (sa.BLOB(), "bytes", {}),
        (postgresql.BYTEA(), "bytes", {}),
        (sa.UUID(), "uuid", {}),
        (postgresql.JSONB(), "json", {}),
        (INTERVAL(), "interval", {}),
        (ORACLE_INTERVAL(), "interval", {}),
        (postgresql.INET(), "string", {}),
        (sa.types.NullType(), "string", {}),
    ],
)
def test_column_types_become_fields(
    kind: sa.types.TypeEngine[Any], field_type: str, facts: dict[str, Any]
) -> None:
    field = types.field_from_type("c", kind, required=True)
    assert field.field_type == field_type
    assert field.required
    for fact, value in facts.items():
        assert getattr(field.constraints, fact) == value


def test_arrays_become_arrays_of_their_items() -> None:
    field = types.field_from_type("c", postgresql.ARRAY(sa.SMALLINT()))
    assert field.field_type == "array"
    assert field.items is not None
    assert field.items.field_type == "integer"


def test_lengths_are_bytes_where_the_database_counts_them() -> None:
    field = types.field_from_type("c", sa.VARCHAR(9), in_bytes=True)
    assert field.constraints == StringConstraints(max_length_bytes=9)


@pytest.mark.parametrize(
    "kind",
    [
        sa.SMALLINT(),
        sa.INTEGER(),
        sa.BIGINT(),
        sa.NUMERIC(12, 3),
        sa.NUMERIC(5, 0),
        sa.NUMERIC(),
        sa.REAL(),
        sa.DOUBLE_PRECISION(),
        sa.VARCHAR(12),
        sa.TEXT(),
        sa.BOOLEAN(),
        sa.DATE(),
        sa.TIME(),
        sa.TIME(timezone=True),
        sa.TIMESTAMP(),
        sa.TIMESTAMP(timezone=True),
        postgresql.BYTEA(),
        sa.UUID(),
        sa.JSON(),
        INTERVAL(),
        postgresql.ARRAY(sa.TEXT()),
    ],
)
def test_a_type_that_becomes_a_field_becomes_the_same_type_again(
    kind: sa.types.TypeEngine[Any],
) -> None:
    dialect = DIALECTS["postgresql"].dialect()
    field = types.field_from_type("c", kind)
    assert spelt(field) == spelling.spell_type(kind, dialect)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_spelled_type_is_written_as_it_stands(dialect: str) -> None:
    kind = Spelled("long varchar(12)")
    assert str(kind) == "long varchar(12)"
    assert spelling.spell_type(kind, DIALECTS[dialect].dialect()) == "long varchar(12)"


def test_a_spelled_type_survives_the_copy_of_its_column() -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("a", Spelled("super")))
    copied = table.to_metadata(sa.MetaData())
    assert str(copied.c.a.type) == "super"


def test_a_new_tables_types_are_known_before_it_is_made(caplog: pytest.LogCaptureFixture) -> None:
    database = SqlDatabase(SimpleNamespace(dialect=DIALECTS["mysql"].dialect()))  # type: ignore[arg-type]
    fields = [whole(0, 1), Field("d", "date"), Field("j", "timetz")]
    assert database.declared(RecordsSchema(fields)) == ("SMALLINT", "DATE", "TEXT")
    assert not caplog.records
