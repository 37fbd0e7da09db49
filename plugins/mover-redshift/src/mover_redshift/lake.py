"""External tables: where their files are, and what their columns are called and land in."""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mover_redshift.external import EXTERNAL, landing_type
from mover_redshift.partitions import Key, check_keys
from mover_redshift.types import column_type, field_of, long_name
from mover_redshift.words import folded, identifier, literal
from records_mover.db.ddl import stored_names
from records_mover.errors import DatabaseError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mover_redshift.session import RedshiftSession
    from records_mover.parts import PublishRequest, TableName
    from records_mover.schema import Field, RecordsSchema

__all__ = ["Lake", "LakeColumn", "find_lake", "is_external", "made_fields"]

# What a column lands in, and what the external table calls it. Parquet has no zones here: moments
# land with theirs, so that they are unloaded in UTC.
_KINDS = {
    "timestamptz": ("timestamptz", "timestamp"),
    "timestamp": ("timestamptz", "timestamp"),
    "timetz": ("varchar(32)", "varchar(32)"),
    "time": ("varchar(32)", "varchar(32)"),
    "super": ("varchar(65535)", "varchar(65535)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeColumn:
    """A column by its name, the type of the table that its values land in, and its own."""

    name: str
    lands: str
    declared: str

    @classmethod
    def of(cls, name: str, kind: str) -> LakeColumn:
        """Return the column for a type of Redshift's own tables."""
        lands, declared = _KINDS.get(kind, (kind, kind))
        return cls(name=name, lands=lands, declared=declared)

    @property
    def sql(self) -> str:
        """The column as it is declared."""
        return f"{identifier(self.name)} {self.declared.upper()}"

    @property
    def named(self) -> str:
        """The column as an UNLOAD that partitions by it selects it: it takes no zones."""
        name = identifier(self.name)
        return name if self.lands == self.declared else f"CAST({name} AS {self.declared}) AS {name}"

    @property
    def key(self) -> Key:
        """The column as one to be partitioned by."""
        return Key(name=self.name, type=self.declared.partition("(")[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Lake:
    """Where the rows of an external table are; ``rows`` is what it says of their number."""

    location: str
    columns: tuple[LakeColumn, ...]
    keys: tuple[Key, ...]
    there: bool
    rows: int | None = None

    def inside(self) -> Iterator[LakeColumn]:
        """Yield the columns that are in the files."""
        outside = {key.name for key in self.keys}
        return (column for column in self.columns if column.name not in outside)

    def outside(self) -> Iterator[LakeColumn]:
        """Yield the columns that are in the names of the folders, in their order."""
        columns = {column.name: column for column in self.columns}
        return (columns[key.name] for key in self.keys)


def is_external(database: RedshiftSession, request: PublishRequest) -> bool:
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


def find_lake(database: RedshiftSession, request: PublishRequest) -> Lake:
    """Return the table that is there, or the one that the rows need."""
    if request.mode == "upsert":
        what = f"'{request.table}' is an external table, whose rows cannot be updated"
        raise DatabaseError(what, "use append, delete, truncate, replace or drop")
    if request.info is None or request.mode == "drop":
        if request.schema is None:
            what = f"nothing says which columns table '{request.table}' is to have"
            raise SchemaError(what, "give a schema")
        columns = _new_columns(database, request.table, request.schema)
        there = request.info is not None
        return Lake(location="", columns=columns, keys=_new_keys(database, columns), there=there)
    return _there(database, request.table)


def _there(database: RedshiftSession, table: TableName) -> Lake:
    asked = (
        "SELECT columnname, external_type, part_key, location, parameters "
        "FROM svv_external_columns c "
        "JOIN svv_external_tables t ON t.schemaname = c.schemaname AND t.tablename = c.tablename "
        f"WHERE c.schemaname = {literal(folded(table.schema or ''))} "
        f"AND c.tablename = {literal(folded(table.name))} ORDER BY columnnum"
    )
    with database.connection() as connection, database.doing("cannot look at the table"):
        rows = database.asked(connection, asked)
    columns = tuple(LakeColumn.of(str(row[0]), landing_type(str(row[1]))) for row in rows)
    keyed = sorted((int(row[2]), at) for at, row in enumerate(rows) if row[2])
    keys = tuple(columns[at].key for _, at in keyed)
    check_keys(keys, [column.name for column in columns])
    location = str(rows[0][3]).rstrip("/") + "/"
    return Lake(
        location=location, columns=columns, keys=keys, there=True, rows=_counted(rows[0][4])
    )


def _counted(parameters: object) -> int | None:
    """Return what the table's properties say of the number of its rows."""
    try:
        said = json.loads(str(parameters or "{}")).get("numRows")
    except (ValueError, AttributeError):
        return None
    return int(said) if str(said).isdecimal() else None


def _new_columns(
    database: RedshiftSession, table: TableName, schema: RecordsSchema
) -> tuple[LakeColumn, ...]:
    names = stored_names(database, table, schema)
    kinds = [column_type(field) for field in schema.fields]
    for name, kind in zip(names, kinds, strict=True):
        if kind.startswith("varbyte"):
            what = f"UNLOAD writes no VARBYTE as Parquet, which column '{name}' is"
            raise SchemaError(what, "leave the column out, or make text of it in a query")
    return tuple(map(LakeColumn.of, names, kinds))


def _new_keys(database: RedshiftSession, columns: Sequence[LakeColumn]) -> tuple[Key, ...]:
    known = {column.name: column.key for column in columns}
    asked = [folded(name) for name in database.settings.spectrum_partition]
    keys = tuple(known.get(name) or Key(name=name, type="") for name in asked)
    check_keys(keys, list(known))
    return keys


def made_fields(
    database: RedshiftSession, table: TableName, schema: RecordsSchema
) -> tuple[Field, ...]:
    """Return the columns that a new external table would have."""
    return tuple(
        field_of(column.name, long_name(column.declared), modifiers=EXTERNAL)
        for column in _new_columns(database, table, schema)
    )
