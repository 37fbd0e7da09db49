"""Which of the rows that came the server means, when it refuses all of them together."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.errors import translate
from mover_postgres.publish.merge import NUMBERED
from mover_postgres.publish.stage import STAGE, execute
from mover_postgres.statements import columns_of, relation
from records_mover.errors import BadRowError
from records_mover.parts import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import PublishRequest

__all__ = ["blaming"]


@contextmanager
def blaming(
    driver: PsycopgConnection, request: PublishRequest, columns: Sequence[str]
) -> Iterator[None]:
    """Name the row when a constraint of the table refuses it; the stage knows them by number."""
    execute(driver, "SAVEPOINT mover_rows")
    try:
        yield
    except psycopg2.IntegrityError as error:
        execute(driver, "ROLLBACK TO mover_rows")
        found = _row(driver, error, request, columns)
        if found is None:
            raise
        number, text, others = found
        said = translate(error, "")
        reason = said.what.removeprefix(": ")
        rows = f"row {number:,}" if not others else f"rows {number:,} and {others[0]:,}"
        raise BadRowError(
            f"cannot change the rows of '{request.table}': {rows} of those that came: {reason}",
            said.advice,
            text=text,
            reason=reason,
        ) from error


_Found = tuple[int, str, list[int]]


def _row(
    driver: PsycopgConnection,
    error: psycopg2.Error,
    request: PublishRequest,
    columns: Sequence[str],
) -> _Found | None:
    name = error.diag.constraint_name
    if not name:
        return None
    where = (error.diag.schema_name, error.diag.table_name, name)
    if error.pgcode == "23505":
        keys = [row[0] for row in fetch(driver, _INDEX, (name, error.diag.schema_name))]
        if not keys or not set(keys) <= set(columns):
            return None
        return _twice(driver, keys) or _taken(driver, request, keys)
    if error.pgcode == "23503":
        return _orphan(driver, request, where)
    return None


_INDEX = """
SELECT a.attname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relname = %s AND n.nspname = %s AND i.indexprs IS NULL AND i.indpred IS NULL
    AND a.attnum <= i.indnkeyatts
ORDER BY a.attnum
"""


def _twice(driver: PsycopgConnection, keys: Sequence[str]) -> _Found | None:
    query = sql.SQL(
        "SELECT array_agg(mover_row ORDER BY mover_row), min(ROW({0})::text) FROM {1} "
        "WHERE {2} GROUP BY {0} HAVING count(*) > 1 ORDER BY min(mover_row) LIMIT 1"
    )
    filled = sql.SQL(" AND ").join(
        sql.SQL("{} IS NOT NULL").format(sql.Identifier(name)) for name in keys
    )
    found = fetch(driver, query.format(columns_of(keys), NUMBERED.format(relation(STAGE)), filled))
    return (found[0][0][0], found[0][1], found[0][0][1:]) if found else None


def _taken(
    driver: PsycopgConnection, request: PublishRequest, keys: Sequence[str]
) -> _Found | None:
    """Find a row whose key another row of the table has, as it may when rows are merged."""
    if request.mode != "upsert":
        return None
    same, other = (
        sql.SQL(" AND ").join(
            sql.SQL("t.{0} = s.{0}").format(sql.Identifier(name)) for name in names
        )
        for names in (keys, request.key)
    )
    query = sql.SQL(
        "SELECT mover_row, s::text FROM {} JOIN {} AS t ON {} WHERE NOT ({}) ORDER BY 1 LIMIT 1"
    ).format(NUMBERED.format(relation(STAGE)), relation(request.table), same, other)
    return _first(fetch(driver, query))


_FOREIGN = """
SELECT n.nspname::text, r.relname::text,
    ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS k (num, place)
        JOIN pg_attribute ON attrelid = conrelid AND attnum = num ORDER BY place),
    ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS k (num, place)
        JOIN pg_attribute ON attrelid = confrelid AND attnum = num ORDER BY place),
    confrelid = %(target)s::regclass
FROM pg_constraint f JOIN pg_class c ON c.oid = conrelid JOIN pg_namespace m
    ON m.oid = c.relnamespace
JOIN pg_class r ON r.oid = confrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE contype = 'f' AND conname = %(name)s AND c.relname = %(table)s AND m.nspname = %(schema)s
    AND (conrelid = %(target)s::regclass
        OR conrelid IN (SELECT relid FROM pg_partition_tree(%(target)s::regclass)))
"""


def _orphan(
    driver: PsycopgConnection, request: PublishRequest, where: tuple[Any, ...]
) -> _Found | None:
    """Find a row that refers to nothing."""
    told = dict(zip(("schema", "table", "name"), where, strict=True))
    told["target"] = relation(request.table).as_string(driver)
    found = fetch(driver, _FOREIGN, told)
    if not found or found[0][4]:
        return None
    schema, name, columns, key, _ = found[0]
    filled = sql.SQL(" AND ").join(
        sql.SQL("s.{} IS NOT NULL").format(sql.Identifier(each)) for each in columns
    )
    same = sql.SQL(" AND ").join(
        sql.SQL("p.{} = s.{}").format(sql.Identifier(there), sql.Identifier(here))
        for here, there in zip(columns, key, strict=True)
    )
    query = sql.SQL(
        "SELECT mover_row, s::text FROM {} WHERE {} AND NOT EXISTS (SELECT FROM {} AS p WHERE {}) "
        "ORDER BY 1 LIMIT 1"
    ).format(
        NUMBERED.format(relation(STAGE)),
        filled,
        relation(TableName(schema=schema, name=name)),
        same,
    )
    return _first(fetch(driver, query))


def _first(found: list[tuple[Any, ...]]) -> _Found | None:
    return (found[0][0], found[0][1], []) if found else None
