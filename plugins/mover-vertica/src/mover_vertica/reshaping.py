"""A staging table that takes on the columns of the rows, by statements that commit one by one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mover_vertica import holding
from mover_vertica.catalog import asking, described
from mover_vertica.types import LONG_BYTES, MOST_DIGITS, VARCHAR_BYTES
from mover_vertica.words import identifier, shortened
from records_mover.db.publishing.misfits import Spelling
from records_mover.db.publishing.misfits import reshape as asked_for
from records_mover.db.publishing.reshaping import cannot_take_on, refuse_needed
from records_mover.db.sql.mentions import mentions
from records_mover.parts import Reshape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mover_vertica.catalog import Ask, Described, DescribedColumn
    from mover_vertica.holding import Projection
    from records_mover.db import SqlDatabase
    from records_mover.parts import TableInfo, TableName
    from records_mover.schema import RecordsSchema

__all__ = ["SPELLING", "alters", "is_altered", "made_like", "reshape"]

_SPELLED = re.compile(r"(?P<name>[a-z][a-z ]*?) ?(?:\((?P<args>\d+(?:,\d+)?)\))?")
_STANDARD = {
    "int": "bigint",
    "integer": "bigint",
    "float": "double precision",
    "varchar": "character varying",
    "long varchar": "character varying",
    "char": "character",
    "varbinary": "bytea",
    "long varbinary": "bytea",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
}
_OWN = {
    "smallint": "int",
    "integer": "int",
    "bigint": "int",
    "real": "float",
    "double precision": "float",
    "character varying": "varchar",
    "character": "char",
    "bytea": f"long varbinary({LONG_BYTES})",
    "time without time zone": "time",
    "time with time zone": "timetz",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
}
_ZONE = re.compile(r"(?P<name>time(?:stamp)?)\((?P<args>\d+)\)(?P<rest>.*)")


def _standard(own: str) -> str:
    found = _SPELLED.fullmatch(own)
    if found is None:
        return own
    name, args = _STANDARD.get(found["name"], found["name"]), found["args"]
    first, space, rest = name.partition(" ")
    if args is None or name == "bytea":
        return name
    return f"{first}({args}){space}{rest}" if first in ("time", "timestamp") else f"{name}({args})"


def _own(standard: str) -> str | None:
    timed = _ZONE.fullmatch(standard)
    if timed:
        return f"{_OWN[timed['name'] + timed['rest']]}({timed['args']})"
    name, _, args = standard.rstrip(")").partition("(")
    numbers = [int(each) for each in args.split(",") if each]
    if name == "numeric":
        return standard if numbers and numbers[0] <= MOST_DIGITS else None
    found = _OWN.get(name, name)
    if found != "varchar":
        return f"{found}({args})" if args else found
    if not numbers or numbers[0] > LONG_BYTES:
        return None
    return f"{'' if numbers[0] <= VARCHAR_BYTES else 'long '}varchar({numbers[0]})"


SPELLING = Spelling(standard=_standard, own=_own)


def reshape(
    database: SqlDatabase,
    info: TableInfo,
    columns: tuple[str, ...],
    schema: RecordsSchema | None,
) -> Reshape:
    """Say what changes; raise where a column that would go is needed by something else."""
    change = asked_for(database, info, columns, schema, SPELLING)
    if not change:
        return change
    with database.connection() as connection, database.doing(f"cannot look at '{info.name}'"):
        ask = asking(database, connection)
        table = described(ask, info.name)
        laid = holding.projections(ask, table)
        why = holding.bound(ask, table)
        if why and (change.added or change.dropped):
            changed = Reshape(added=change.added, dropped=change.dropped)
            advice = "move as its owner" if why == holding.FOREIGN else "alter it by hand first"
            raise cannot_take_on(info.name, changed, why, advice)
        refuse_needed(info.name, holding.needing(ask, table, change.dropped, laid))
        return Reshape() if why else _that_can_be(ask, table, change, laid)


def _that_can_be(
    ask: Ask, table: Described, change: Reshape, laid: Sequence[Projection]
) -> Reshape:
    """Leave out what no statement changes: such a column stays, and refuses what does not fit."""
    names = [*(name for name, _ in change.retyped), *change.loosened]
    bearing: dict[str, list[str]] = {name: [] for name in names}
    for name, what in holding.lying(ask, table, names, laid):
        bearing[name].append(what)
    segmenting = {name for name in names for p in laid if p.designed and mentions(p.segments, name)}
    held = {name for name, what in bearing.items() if any("constraint " in one for one in what)}
    columns = {column.name: column for column in table.columns}

    def can_be(name: str, kind: str) -> bool:
        column = columns[name]
        if column.using is not None or name in held | segmenting:
            return False
        return is_altered(column.type, kind) or not bearing[name]

    return replace(
        change,
        retyped=tuple(each for each in change.retyped if can_be(*each)),
        loosened=tuple(name for name in change.loosened if name not in held),
    )


def is_altered(old: str, new: str) -> bool:
    """Whether ALTER COLUMN changes the one type into the other (page Changing column data type)."""
    here, there = _SPELLED.fullmatch(old), _SPELLED.fullmatch(new)
    if here is None or there is None:
        return False
    if {here["name"], there["name"]} <= {"char", "varchar"}:
        return True
    if not here["name"] == there["name"] == "numeric":
        return False
    (had, scale), (has, other) = (
        map(int, f"{found['args']},0".split(",")[:2]) for found in (here, there)
    )
    return scale == other and had // 19 == has // 19


def made_like(
    database: SqlDatabase,
    stage: TableName,
    table: Described,
    laid: Sequence[Projection],
    change: Reshape,
) -> Iterator[str]:
    """Yield the DDL of a table like another, with the columns of afterwards.

    Where nobody has said how the rows lie, the server lays those of other columns anew.
    """
    said = not change or any(projection.designed for projection in laid)
    made = f"CREATE TABLE {database.table_sql(stage)} LIKE {database.table_sql(table.name)}"
    inherited = " INCLUDE SCHEMA PRIVILEGES" if table.inherits else ""
    yield f"{made}{' INCLUDING PROJECTIONS' if said else ''}{inherited}"
    yield from alters(database, stage, table, change)


def alters(
    database: SqlDatabase, stage: TableName, table: Described, change: Reshape
) -> Iterator[str]:
    """Yield what changes the columns of a table without rows."""
    head = f"ALTER TABLE {database.table_sql(stage)}"
    columns = {column.name: column for column in table.columns}
    anew = {name for name, kind in change.retyped if not is_altered(columns[name].type, kind)}
    for name, kind in change.retyped:
        required = columns[name].required and name not in change.loosened
        if name in anew:
            yield from _anew(head, columns[name], kind, required=required)
        else:
            yield f"{head} ALTER COLUMN {identifier(name)} SET DATA TYPE {kind.upper()}"
    for name in change.loosened:
        if name not in anew:
            yield f"{head} ALTER COLUMN {identifier(name)} DROP NOT NULL"
    for column in change.added:
        yield f"{head} ADD COLUMN {identifier(column.name)} {column.type.upper()}"
        if not column.nullable:
            yield f"{head} ALTER COLUMN {identifier(column.name)} SET NOT NULL"
    for name in change.dropped:
        yield f"{head} DROP COLUMN {identifier(name)}"


def _anew(head: str, column: DescribedColumn, kind: str, *, required: bool) -> Iterator[str]:
    """Yield what makes a column of another type, which then comes last."""
    old, new = identifier(column.name), identifier(shortened(f"mover_{column.name}"))
    default = "" if column.default is None else f" DEFAULT {column.default}"
    yield f"{head} ADD COLUMN {new} {kind.upper()}{default}"
    yield f"{head} DROP COLUMN {old}"
    yield f"{head} RENAME COLUMN {new} TO {old}"
    if required:
        yield f"{head} ALTER COLUMN {old} SET NOT NULL"
