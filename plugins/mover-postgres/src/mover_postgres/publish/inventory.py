"""All that hangs on a table, by name: what was there before must be there afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_postgres.connections import fetch
from mover_postgres.statements import relation
from records_mover.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import TableName

__all__ = ["inventory", "refuse_missing"]

# The server names its own triggers, NOT NULLs and out-of-line tables by number, or as it likes.
_INVENTORY = """
SELECT DISTINCT i.type || ' ' || i.identity
FROM pg_depend d, pg_identify_object(d.classid, d.objid, d.objsubid) i
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = %(table)s::regclass
    AND i.schema IS DISTINCT FROM 'pg_toast'
    AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = d.refobjid
        AND attnum = d.refobjsubid AND attname = ANY (%(dropped)s))
    AND NOT EXISTS (SELECT FROM pg_constraint
        WHERE d.classid = 'pg_constraint'::regclass AND oid = d.objid AND contype = 'n')
    AND NOT EXISTS (SELECT FROM pg_trigger
        WHERE d.classid = 'pg_trigger'::regclass AND oid = d.objid AND tgisinternal)
"""


def inventory(
    driver: PsycopgConnection, table: TableName, dropped: Sequence[str]
) -> frozenset[str]:
    """Name what hangs on a table, but for what hangs on columns that go."""
    told = {"table": relation(table).as_string(driver), "dropped": list(dropped)}
    return frozenset(row[0] for row in fetch(driver, _INVENTORY, told))


def refuse_missing(
    driver: PsycopgConnection, table: TableName, before: frozenset[str], dropped: Sequence[str]
) -> None:
    """Raise when something of before is not there any more: a kind of thing that nobody knew of."""
    missing = sorted(before - inventory(driver, table, dropped))
    if missing:
        raise DatabaseError(
            f"'{table}' cannot be made anew: this would be lost with it: {', '.join(missing)}",
            "alter the table by hand first, or cast the column in the source",
        )
