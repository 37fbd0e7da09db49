"""Partitions of external tables: a folder for each value of the keys, shown by ALTER TABLE.

UNLOAD writes the folders, and its log tells how it has spelled their names. A partition has one
folder, so that rows for one that is there are unloaded beside those that it has.
"""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

import datetime as dt
import json
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from mover_redshift.words import folded, identifier, literal
from records_mover.errors import LoadUnloadError, SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from mover_redshift.session import RedshiftSession
    from records_mover.parts import TableName

__all__ = ["Key", "Partition", "check_keys", "known_partitions", "shown", "touched", "written"]

NULL = "__HIVE_DEFAULT_PARTITION__"
"""What stands for NULL in the name of a folder."""

# https://docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html, PARTITION BY
_TYPES = frozenset(
    {"smallint", "integer", "bigint", "decimal", "real", "boolean", "char", "varchar", "date"}
    | {"timestamp"}
)
_MOST_AT_ONCE = 100
"""Partitions that one ALTER TABLE adds at most."""
_WAIT = 60.0
_STEP = 0.25

_OLDER = "SELECT trim(path), line_count FROM stl_unload_log WHERE query = {query}"
_NEWER = "SELECT trim(file_name), row_count FROM sys_unload_detail WHERE query_id = {query}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A column that a table is partitioned by, and its type without a size."""

    name: str
    type: str

    def canonical(self, text: str) -> str:
        """Return one spelling for all that mean the same value."""
        if text == NULL:
            return text
        if self.type == "boolean":
            return str(text[:1].lower() in ("t", "1", "y")).lower()
        if self.type in ("smallint", "integer", "bigint", "decimal", "real"):
            return f"{Decimal(text).normalize():f}"
        if self.type == "timestamp":
            moment = dt.datetime.fromisoformat(text)
            return moment.replace(tzinfo=moment.tzinfo or dt.UTC).astimezone(dt.UTC).isoformat()
        return text.rstrip() if self.type == "char" else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The values of the keys, as they stand in the catalog, and the folder of their rows."""

    values: tuple[str, ...]
    location: str

    def same_as(self, keys: Sequence[Key]) -> tuple[str, ...]:
        """Return what two partitions of the same values have in common."""
        return tuple(key.canonical(text) for key, text in zip(keys, self.values, strict=True))

    def spec(self, keys: Sequence[Key]) -> str:
        """Return the partition as ALTER TABLE names it."""
        pairs = zip(keys, self.values, strict=True)
        return ", ".join(f"{identifier(key.name)}={literal(text)}" for key, text in pairs)


def check_keys(keys: Sequence[Key], columns: Sequence[str]) -> None:
    """Raise unless a table may be partitioned so."""
    for key in keys:
        if key.name not in columns:
            what = f"the table would have no column '{key.name}' to be partitioned by"
            raise SchemaError(what, f"it has: {', '.join(columns)}")
        if key.type not in _TYPES:
            what = f"UNLOAD partitions by no {key.type}, which column '{key.name}' is"
            raise SchemaError(what, f"it partitions by {', '.join(sorted(_TYPES))}")
    if keys and len(keys) >= len(columns):
        raise SchemaError(
            "every column would be one that the table is partitioned by",
            "leave one out of spectrum_partition: a file needs a column",
        )


def known_partitions(
    database: RedshiftSession, table: TableName, keys: Sequence[Key]
) -> dict[tuple[str, ...], Partition]:
    """Return the partitions that a table has."""
    asked = (
        'SELECT "values", location FROM svv_external_partitions '
        f"WHERE schemaname = {literal(folded(table.schema or ''))} "
        f"AND tablename = {literal(folded(table.name))}"
    )
    with database.connection() as connection, database.doing("cannot look at the partitions"):
        rows = database.asked(connection, asked)
    found = [
        Partition(
            values=tuple(map(str, json.loads(str(row[0])))), location=str(row[1]).rstrip("/") + "/"
        )
        for row in rows
    ]
    return {each.same_as(keys): each for each in found}


def touched(
    database: RedshiftSession, connection: Connection, stage: str, keys: Sequence[Key]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the values of the keys that came, and the condition that picks their rows."""
    listed = ", ".join(identifier(key.name) for key in keys)
    for row in database.asked(connection, f"SELECT DISTINCT {listed} FROM {stage}"):
        pairs = list(zip(keys, row, strict=True))
        texts = tuple(key.canonical(_text(key, value)) for key, value in pairs)
        yield texts, " AND ".join(_condition(key, value) for key, value in pairs)


def _text(key: Key, value: Any) -> str:
    if value is None:
        return NULL
    if value in ("", NULL):
        what = f"column '{key.name}' holds {value!r}, by which no partition can be named"
        raise LoadUnloadError(what, "make NULL or another text of it")
    return str(value)


def _condition(key: Key, value: Any) -> str:
    name = identifier(key.name)
    return f"{name} IS NULL" if value is None else f"{name} = {literal(str(value))}"


def written(database: RedshiftSession, query: int, base: str, rows: int) -> list[Partition]:
    """Return the folders that an UNLOAD has written below ``base``, as its log tells.

    The log may be seconds behind: it is whole when it tells of every row. It is asked by another
    connection, since serverless has but one of its two views.
    """
    deadline = time.monotonic() + _WAIT
    while True:
        for view in (_OLDER, _NEWER):
            found = _logged(database, view.format(query=int(query)))
            if sum(count for _, count in found) == rows:
                return _folders((path for path, _ in found), base)
        if time.monotonic() > deadline:
            what = f"the server's log does not tell which partitions were unloaded into {base}"
            raise LoadUnloadError(what, "try again")
        time.sleep(_STEP)


def _logged(database: RedshiftSession, query: str) -> list[tuple[str, int]]:
    from sqlalchemy.exc import ProgrammingError

    with database.connection() as connection:
        try:
            return [(str(row[0]), int(row[1])) for row in database.asked(connection, query)]
        except ProgrammingError:  # this server has the other view
            return []


def _folders(paths: Iterable[str], base: str) -> list[Partition]:
    found = sorted({path.rpartition("/")[0].removeprefix(base) for path in paths})
    return [
        Partition(
            values=tuple(unquote(part.partition("=")[2]) for part in folder.split("/")),
            location=f"{base}{folder}/",
        )
        for folder in found
    ]


def shown(
    table: str,
    keys: Sequence[Key],
    new: Iterable[Partition],
    there: Mapping[tuple[str, ...], Partition],
    *,
    alone: bool,
) -> Iterator[str]:
    """Yield the statements that show new folders; ``alone`` says that no other is to be seen."""
    made = {each.same_as(keys): each for each in new}
    for same, each in made.items():
        if same in there:
            spec = there[same].spec(keys)
            yield f"ALTER TABLE {table} PARTITION ({spec}) SET LOCATION {literal(each.location)}"
    added = [each for same, each in made.items() if same not in there]
    for start in range(0, len(added), _MOST_AT_ONCE):
        clauses = " ".join(
            f"PARTITION ({each.spec(keys)}) LOCATION {literal(each.location)}"
            for each in added[start : start + _MOST_AT_ONCE]
        )
        yield f"ALTER TABLE {table} ADD IF NOT EXISTS {clauses}"
    for same, each in there.items():
        if alone and same not in made:
            yield f"ALTER TABLE {table} DROP PARTITION ({each.spec(keys)})"
