"""Which column a server means that refuses a value of an INSERT ... SELECT without naming one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

from mover_postgres.errors import translate
from mover_postgres.outputs import rows_of
from mover_postgres.publish.stage import execute
from mover_postgres.statements import columns_of, relation
from records_mover.errors import BadRowError
from records_mover.parts import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import LoadJob, Stored

__all__ = ["blaming"]

_TRIED = TableName(schema="pg_temp", name="mover_tried")


@contextmanager
def blaming(job: LoadJob, rows: Stored, driver: PsycopgConnection, doing: str) -> Iterator[None]:
    """Name the column when a value does not fit its type: out of range, too long, or no such one.

    Each column is tried alone, in a table of the same types that is undone again: only now, as the
    rows are read once more for each.
    """
    execute(driver, "SAVEPOINT mover_insert")
    try:
        yield
    except psycopg2.DataError as error:
        if error.diag.column_name:
            raise
        job.cancellation.check()
        execute(driver, "ROLLBACK TO mover_insert")
        column = _refused(job, rows, driver, error.pgcode)
        if column is None:
            raise
        said = translate(error, "")
        what = f"{doing}: column '{column}'{said.what}"
        raise BadRowError(what, said.advice, column=column, reason=said.what) from error
    execute(driver, "RELEASE mover_insert")


def _refused(
    job: LoadJob, rows: Stored, driver: PsycopgConnection, state: str | None
) -> str | None:
    """Return the first column that is refused for the same reason."""
    columns, tried = columns_of(job.columns), sql.Identifier(_TRIED.name)
    table = sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT {} FROM {} WITH NO DATA")
    execute(driver, table.format(tried, columns, relation(job.landing.table)))
    places = [sql.Identifier(f"c{place}") for place in range(len(job.columns))]
    for name, place in zip(job.columns, places, strict=True):
        job.cancellation.check()
        execute(driver, "SAVEPOINT mover_column")
        insert = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM ({}) AS q ({})").format(
            relation(_TRIED),
            sql.Identifier(name),
            place,
            rows_of(rows.selection),
            sql.SQL(", ").join(places),
        )
        try:
            execute(driver, insert)
        except psycopg2.Error as error:
            execute(driver, "ROLLBACK TO mover_column")
            if error.pgcode == state:
                return name
        else:
            execute(driver, "ROLLBACK TO mover_column")
    return None
