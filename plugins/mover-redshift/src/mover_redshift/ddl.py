"""CREATE TABLE with what is Redshift's own: DISTSTYLE, DISTKEY, SORTKEY and ENCODE."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mover_redshift.catalog import Attributes
from mover_redshift.types import REP_TYPE, column_type
from mover_redshift.words import folded, identifier
from records_mover.db.columns.declared import origin_of, table_declared, table_origin_of
from records_mover.db.ddl import create_table, stored_names
from records_mover.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_redshift.session import RedshiftSession
    from mover_redshift.settings import Settings
    from records_mover.parts import TableName
    from records_mover.schema import Field, RecordsSchema, TableRepresentation

__all__ = ["create_statements", "represented", "table_clauses"]


def create_statements(
    database: RedshiftSession, name: TableName, schema: RecordsSchema
) -> tuple[str, ...]:
    """Return the DDL that makes a table of this schema."""
    names = stored_names(database, name, schema)
    columns = map(_column, names, schema.fields)
    attributes = _wanted(database.settings, names, schema)
    return (create_table(database, name, columns, table_clauses(attributes)),)


def _column(name: str, field: Field) -> str:
    words = [identifier(name), column_type(field).upper()]
    encoding = _encoding(field)
    if encoding:
        words.append(f"ENCODE {encoding.upper()}")
    if field.required:
        words.append("NOT NULL")
    return " ".join(words)


def _encoding(field: Field) -> str:
    """Return the encoding that a column had in a Redshift, while its type is what it was."""
    known = origin_of(field, REP_TYPE)
    if known is None or known.col_type != column_type(field):
        return ""
    _, found, encoding = (known.col_modifiers or "").partition("ENCODE ")
    return encoding.split(" ")[0] if found else ""


def table_clauses(attributes: Attributes) -> str:
    """Return what follows the columns."""
    return "".join(f" {clause}" for clause in _clauses(attributes))


def _clauses(attributes: Attributes) -> Iterator[str]:
    if attributes.diststyle:
        yield f"DISTSTYLE {attributes.diststyle.upper()}"
    if attributes.distkey:
        yield f"DISTKEY ({identifier(attributes.distkey)})"
    if attributes.sortkey:
        columns = ", ".join(identifier(name) for name in attributes.sortkey)
        yield f"{'INTERLEAVED ' if attributes.interleaved else ''}SORTKEY ({columns})"


def represented(attributes: Attributes) -> dict[str, TableRepresentation]:
    """Return how a table is distributed and sorted, for another table to be made like it."""
    details = {
        "diststyle": attributes.diststyle,
        "distkey": attributes.distkey,
        "sortkey": list(attributes.sortkey),
        "interleaved": attributes.interleaved,
    }
    return table_declared(REP_TYPE, details)


def _wanted(settings: Settings, names: tuple[str, ...], schema: RecordsSchema) -> Attributes:
    """Return the attributes of the settings, else those of the table that the schema is of."""
    asked = Attributes(
        diststyle=settings.diststyle,
        distkey=folded(settings.distkey),
        sortkey=tuple(folded(name) for name in settings.sortkey),
    )
    for name in (asked.distkey, *asked.sortkey):
        if name and name not in names:
            what = f"the table would have no column '{name}' to be distributed or sorted by"
            raise ConfigError(what, f"it has: {', '.join(names)}")
    found = _kept(names, schema)
    if not (asked.diststyle or asked.distkey):
        asked = replace(asked, diststyle=found.diststyle, distkey=found.distkey)
    if not asked.sortkey:
        asked = replace(asked, sortkey=found.sortkey, interleaved=found.interleaved)
    if asked.diststyle == "key" and not asked.distkey:
        raise ConfigError("DISTSTYLE KEY needs a column", "name it with distkey")
    return asked


def _kept(names: tuple[str, ...], schema: RecordsSchema) -> Attributes:
    said = table_origin_of(schema, REP_TYPE)
    distkey, sortkey = str(said.get("distkey", "")), tuple(map(str, said.get("sortkey", ())))
    keyed = not distkey or distkey in names
    sorts = all(name in names for name in sortkey)
    return Attributes(
        diststyle=str(said.get("diststyle", "")) if keyed else "",
        distkey=distkey if keyed else "",
        sortkey=sortkey if sorts else (),
        interleaved=bool(said.get("interleaved")) and sorts,
    )
