"""External tables as targets: rows are loaded, and unloaded by the server as Parquet.

They land in a temporary table. From there UNLOAD writes them below the table's base, and a table
that was there is pointed at the new folder by ALTER TABLE SET LOCATION, which is one step to every
reader. Statements about external tables cannot be part of a transaction.
"""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mover_redshift.access import Authorization
from mover_redshift.options import Options
from mover_redshift.statements import UnloadStatement
from mover_redshift.types import column_type
from mover_redshift.words import folded, identifier, literal
from records_mover.db import staging
from records_mover.db.ddl import stored_names
from records_mover.errors import ConfigError, DatabaseError, SchemaError
from records_mover.parts import Landing, TableName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from mover_redshift.database import RedshiftDatabase
    from records_mover.parts import PublishRequest

__all__ = ["explanation", "is_external", "publishing"]

# What a column lands in, and what the external table calls it. Parquet has no zones here.
_KINDS = {
    "timestamptz": ("timestamptz", "timestamp"),
    "timetz": ("varchar(32)", "varchar(32)"),
    "time": ("varchar(32)", "varchar(32)"),
    "super": ("varchar(65535)", "varchar(65535)"),
}
_PARQUET = Options(mode="parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """Where the rows of an external table are, and what its columns are called."""

    location: str
    columns: tuple[tuple[str, str], ...]
    there: bool


def is_external(database: RedshiftDatabase, request: PublishRequest) -> bool:
    """Whether a table is external, or its schema is, where it is not there yet."""
    if request.info is not None:
        return request.info.kind == "other"
    if request.table.schema is None:
        return False
    query = (
        "SELECT count(*) FROM svv_external_schemas "
        f"WHERE schemaname = {literal(folded(request.table.schema))}"
    )
    with database.connection() as connection, database.doing("cannot look for the schema"):
        return bool(database.run(connection, query).scalar())


def explanation(request: PublishRequest) -> str:
    """Say in a clause what publishing will do."""
    if request.mode == "append":
        return f"unload into more files of the external table '{request.table}'"
    return f"unload into a new folder, and point the external table '{request.table}' at it"


@contextmanager
def publishing(database: RedshiftDatabase, request: PublishRequest) -> Iterator[Landing]:
    """Give a temporary table to load into, and publish its rows as files at the end."""
    role = _role(database)
    lake = _lake(database, request)
    stage = TableName(name=f"{staging.STAGE}{staging.new_token()}_lake")
    fresh = not lake.there or request.mode == "drop"
    added = not fresh and request.mode == "append"
    base = lake.location if added else f"{_base(database, request)}{staging.new_token()}/"
    with database.transaction() as connection:
        _land(database, connection, stage, lake)
        landing = Landing(connection=connection, table=stage, target=request.table)
        yield landing
        if request.check is not None:
            request.check(connection, stage)
        with database.doing(f"cannot unload the rows of '{request.table}'"):
            rows = _unload(database, connection, stage, base, role, added=added)
            database.drop(connection, stage)
    landing.notes.append(f"{rows} rows were unloaded into {base}")
    with database.doing(f"the files are in {base}, but '{request.table}' cannot show them"):
        for statement in _shown(request, lake, base, rows, fresh=fresh, added=added):
            _at_once(database, statement)


def _role(database: RedshiftDatabase) -> Authorization:
    if not database.settings.iam_role:
        raise ConfigError(
            "an external table is written by UNLOAD, which needs a role here",
            "name it with iam_role or REDSHIFT_IAM_ROLE",
        )
    return Authorization(role=database.settings.iam_role)


def _base(database: RedshiftDatabase, request: PublishRequest) -> str:
    url = database.settings.spectrum_base_url
    if not url.startswith("s3://") or not url.endswith("/"):
        raise ConfigError(
            f"nothing says below which folder of S3 the files of '{request.table}' are to be",
            "name it with spectrum_base_url or REDSHIFT_SPECTRUM_BASE_URL: s3://bucket/folder/",
        )
    return f"{url}data/{request.table.schema}/{request.table.name}/"


def _lake(database: RedshiftDatabase, request: PublishRequest) -> Lake:
    if request.mode == "upsert":
        what = f"'{request.table}' is an external table, whose rows cannot be updated"
        raise DatabaseError(what, "use append, delete, truncate, replace or drop")
    if request.info is None or request.mode == "drop":
        return _new(database, request)
    asked = (
        "SELECT columnname, external_type, part_key, location FROM svv_external_columns c "
        "JOIN svv_external_tables t ON t.schemaname = c.schemaname AND t.tablename = c.tablename "
        f"WHERE c.schemaname = {literal(folded(request.table.schema or ''))} "
        f"AND c.tablename = {literal(folded(request.table.name))} ORDER BY columnnum"
    )
    with database.connection() as connection, database.doing("cannot look at the table"):
        rows = database.asked(connection, asked)
    if any(row[2] for row in rows):
        what = f"the external table '{request.table}' is partitioned"
        raise DatabaseError(what, "unload into its folders, and add partitions by ALTER TABLE")
    columns = tuple((str(row[0]), _landing(str(row[1]))) for row in rows)
    location = str(rows[0][3])
    return Lake(location=location.rstrip("/") + "/", columns=columns, there=True)


def _landing(kind: str) -> str:
    """Return the type to land in for a column that an external table has."""
    return {"int": "integer", "double": "double precision", "string": "varchar(65535)"}.get(
        kind, kind
    )


def _new(database: RedshiftDatabase, request: PublishRequest) -> Lake:
    if request.schema is None:
        what = f"nothing says which columns table '{request.table}' is to have"
        raise SchemaError(what, "give a schema")
    names = stored_names(database, request.schema.names)
    kinds = [column_type(field) for field in request.schema.fields]
    for name, kind in zip(names, kinds, strict=True):
        if kind.startswith("varbyte"):
            what = f"UNLOAD writes no VARBYTE as Parquet, which column '{name}' is"
            raise SchemaError(what, "leave the column out, or make text of it in a query")
    columns = tuple(zip(names, kinds, strict=True))
    return Lake(location="", columns=columns, there=request.info is not None)


def _land(database: RedshiftDatabase, connection: Connection, stage: TableName, lake: Lake) -> None:
    columns = ", ".join(
        f"{identifier(name)} {_KINDS.get(kind, (kind,))[0].upper()}" for name, kind in lake.columns
    )
    with database.doing("cannot make a table to land in"):
        database.run(connection, f"CREATE TEMP TABLE {database.table_sql(stage)} ({columns})")


def _unload(
    database: RedshiftDatabase,
    connection: Connection,
    stage: TableName,
    base: str,
    role: Authorization,
    *,
    added: bool,
) -> int:
    """Write the files; without a manifest, which Spectrum would take for one of them."""
    unload = UnloadStatement(
        query=f"SELECT * FROM {database.table_sql(stage)}",
        target=f"{base}{staging.new_token()}_" if added else base,
        options=_PARQUET,
        settings=database.settings,
        manifest=False,
    )
    database.run(connection, unload.statement(role).reveal())
    return int(database.run(connection, "SELECT pg_last_unload_count()").scalar() or 0)


def _shown(
    request: PublishRequest, lake: Lake, base: str, rows: int, *, fresh: bool, added: bool
) -> Iterator[str]:
    """Yield the statements that let the table show the files, each of which commits."""
    schema, name = identifier(request.table.schema or ""), identifier(request.table.name)
    table = f"{schema}.{name}"
    if fresh and lake.there:
        yield f"DROP TABLE {table}"
    if fresh:
        columns = ", ".join(_declared(lake.columns))
        yield (
            f"CREATE EXTERNAL TABLE {table} ({columns}) STORED AS PARQUET "
            f"LOCATION {literal(base)} TABLE PROPERTIES ('numRows'='{rows}')"
        )
    elif not added:
        yield f"ALTER TABLE {table} SET LOCATION {literal(base)}"
        yield f"ALTER TABLE {table} SET TABLE PROPERTIES ('numRows'='{rows}')"


def _declared(columns: Sequence[tuple[str, str]]) -> Iterator[str]:
    for name, kind in columns:
        yield f"{identifier(name)} {_KINDS.get(kind, ('', kind))[1].upper()}"


def _at_once(database: RedshiftDatabase, statement: str) -> None:
    with database.connection() as connection:
        # By the driver: SQLAlchemy would ask the server for settings that Redshift has not.
        driver: Any = connection.connection.driver_connection
        driver.autocommit = True
        try:
            database.run(connection, statement)
        finally:
            driver.autocommit = False
