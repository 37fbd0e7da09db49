"""Foreign keys of other tables: whose rows refer to the rows that are to be replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.publish.stage import STAGE
from mover_postgres.statements import relation
from records_mover.errors import DatabaseError
from records_mover.frozen import frozen
from records_mover.parts import TableName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

__all__ = ["Referrer", "referrers", "refuse_dangling"]

_NO_ACTION = "a"


@frozen
class Referrer:
    """A foreign key that points here; ``readable`` says that we may look at its rows."""

    table: TableName
    columns: tuple[str, ...]
    key: tuple[str, ...]
    action: str
    deferred: bool
    readable: bool

    @property
    def waits(self) -> bool:
        """Whether a row may go in the same statement in which another one of its key comes."""
        return self.action == _NO_ACTION

    def filled(self, alias: str) -> sql.Composable:
        """Return the condition under which a row of it refers to anything."""
        return sql.SQL(" AND ").join(
            sql.SQL("{}.{} IS NOT NULL").format(sql.SQL(alias), sql.Identifier(name))
            for name in self.columns
        )

    def is_used(self, driver: PsycopgConnection) -> bool:
        """Whether any row refers to one here, as far as we may know."""
        if not self.readable:
            return True
        query = sql.SQL("SELECT EXISTS (SELECT FROM {} AS c WHERE {})")
        asked = query.format(relation(self.table), self.filled("c"))
        return bool(fetch(driver, asked)[0][0])


# Of a partitioned table's foreign key the parts have copies.
_REFERRERS = """
SELECT n.nspname::text, c.relname::text,
    ARRAY(SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS k (num, place)
        JOIN pg_attribute ON attrelid = conrelid AND attnum = num ORDER BY place),
    ARRAY(SELECT attname::text FROM unnest(confkey) WITH ORDINALITY AS k (num, place)
        JOIN pg_attribute ON attrelid = confrelid AND attnum = num ORDER BY place),
    confdeltype::text, condeferred, has_table_privilege(conrelid, 'SELECT')
FROM pg_constraint f JOIN pg_class c ON c.oid = conrelid JOIN pg_namespace n ON n.oid = relnamespace
WHERE contype = 'f' AND confrelid = %s::regclass AND conrelid <> confrelid
    AND to_jsonb(f) ->> 'conenforced' IS DISTINCT FROM 'false' AND NOT EXISTS (
        SELECT FROM pg_constraint p
        WHERE p.oid = f.conparentid AND p.confrelid = f.confrelid)
ORDER BY 1, 2, f.conname
"""


def referrers(driver: PsycopgConnection, table: TableName) -> list[Referrer]:
    """Return the foreign keys of other tables that point at this one."""
    return [
        Referrer(
            table=TableName(schema=schema, name=name),
            columns=tuple(columns),
            key=tuple(key),
            action=action,
            deferred=deferred,
            readable=readable,
        )
        for schema, name, columns, key, action, deferred, readable in fetch(
            driver, _REFERRERS, (relation(table).as_string(driver),)
        )
    ]


def refuse_dangling(
    driver: PsycopgConnection, table: TableName, columns: Sequence[str], found: Sequence[Referrer]
) -> None:
    """Raise when a row elsewhere refers to a row that the new ones do not have."""
    for referrer in found:
        unknown = [name for name in referrer.key if name not in columns]
        if unknown:
            raise DatabaseError(
                f"rows of '{referrer.table}' refer to '{table}' by '{unknown[0]}', "
                "which the new rows do not bring",
                "give that column, or use the mode 'upsert' or 'append'",
            )
        if referrer.readable:
            _refuse_missing(driver, table, referrer)


def _refuse_missing(driver: PsycopgConnection, table: TableName, referrer: Referrer) -> None:
    same = sql.SQL(" AND ").join(
        sql.SQL("s.{} = c.{}").format(sql.Identifier(here), sql.Identifier(there))
        for here, there in zip(referrer.key, referrer.columns, strict=True)
    )
    values = sql.SQL(", ").join(
        sql.SQL("c.{}::text").format(sql.Identifier(name)) for name in referrer.columns
    )
    query = sql.SQL(
        "SELECT ARRAY[{}] FROM {} AS c WHERE {} AND NOT EXISTS (SELECT FROM {} AS s WHERE {}) "
        "LIMIT 1"
    ).format(values, relation(referrer.table), referrer.filled("c"), relation(STAGE), same)
    missing = fetch(driver, query)
    if missing:
        pairs = zip(referrer.key, missing[0][0], strict=True)
        key = ", ".join(f"{name}={value}" for name, value in pairs)
        raise DatabaseError(
            f"a row of '{referrer.table}' refers to {key} in '{table}', "
            "which the new rows do not have",
            "give that row too, remove what refers to it, or use the mode 'upsert'",
        )


def listed(found: Sequence[Referrer]) -> str:
    """Name the tables, each once."""
    return ", ".join(dict.fromkeys(f"'{referrer.table}'" for referrer in found))
