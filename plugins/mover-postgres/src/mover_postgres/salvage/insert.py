"""Inserting the rows that are left, and finding those that only an INSERT can find."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.salvage.find import is_about_rows, undoing
from mover_postgres.salvage.tables import REJECTED, TEXT, run
from mover_postgres.statements import columns_of, relation
from records_mover.parts import TableName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.salvage.tables import Target

__all__ = ["insert_rows", "insert_what_fits"]

_SUSPECTS = TableName(schema="pg_temp", name="mover_suspects")
_PUT = sql.Identifier("pg_temp", "mover_put")
# One row after another within a group, groups within a bunch: two more looks at most rows.
_BUNCH, _GROUP = 256, 16


def insert_rows(driver: PsycopgConnection, target: Target) -> int | None:
    """Insert all rows that are left and return their count; None when the table refuses any."""
    try:
        with undoing(driver):
            return run(driver, _insertion(target))
    except psycopg2.Error as error:
        if not is_about_rows(error):
            raise
    return None


def _insertion(target: Target, where: str = "") -> sql.Composable:
    # As COPY does: what the source holds goes into an identity column too.
    names = columns_of([column.name for column in target.columns])
    return sql.SQL(
        "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM ({}) AS s {}"
    ).format(relation(target.table), names, names, target.typed(), sql.SQL(where))


def insert_what_fits(driver: PsycopgConnection, target: Target) -> int:
    """Insert what the table takes and return the count; what it refuses is noted as rejected.

    Of rows with one key in a unique index the first stays, unless it is refused for something
    else; a row with the key of one that was in the table before is refused.
    """
    run(driver, sql.SQL("CREATE UNIQUE INDEX ON {} (mover_row)").format(relation(TEXT)))
    run(driver, sql.SQL("ANALYZE {}").format(relation(TEXT)))
    run(
        driver,
        sql.SQL("CREATE TEMPORARY TABLE {} (mover_row bigint PRIMARY KEY) ON COMMIT DROP").format(
            sql.Identifier(_SUSPECTS.name)
        ),
    )
    _suspect(driver, target)
    run(driver, sql.SQL("ANALYZE {}").format(relation(_SUSPECTS)))
    _make_function(driver, target)
    rest = sql.SQL(
        "SELECT coalesce(sum({}(lo, lo + {})), 0) FROM generate_series("
        "(SELECT min(mover_row) FROM {t}), (SELECT max(mover_row) FROM {t}), {}) AS lo"
    )
    done = 0
    try:
        with undoing(driver):
            others = sql.SQL("{} WHERE NOT EXISTS (SELECT FROM {} AS x WHERE x.{r} = s.{r})")
            done += run(
                driver,
                others.format(
                    _insertion(target), relation(_SUSPECTS), r=sql.Identifier("mover_row")
                ),
            )
            _keep_suspects(driver)
    except psycopg2.Error as error:
        if not is_about_rows(error):
            raise
    done += int(
        fetch(
            driver,
            rest.format(_PUT, sql.Literal(_BUNCH - 1), sql.Literal(_BUNCH), t=relation(TEXT)),
        )[0][0]
    )
    run(driver, sql.SQL("DROP TABLE {}").format(relation(_SUSPECTS)))
    return done


def _keep_suspects(driver: PsycopgConnection) -> None:
    """Take the rows that are in the table out of those that are left."""
    run(
        driver,
        sql.SQL(
            "DELETE FROM {} AS t WHERE NOT EXISTS "
            "(SELECT FROM {} AS x WHERE x.mover_row = t.mover_row)"
        ).format(relation(TEXT), relation(_SUSPECTS)),
    )


# Of an index: its keys and its condition, as they stand in a statement over the table's columns.
_INDEXES = """
SELECT ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true)
             FROM generate_series(1, i.indnkeyatts) AS k),
    pg_get_expr(i.indpred, i.indrelid, true)
FROM pg_index i WHERE i.indrelid = %s::regclass AND i.indisunique ORDER BY i.indexrelid
"""


def _suspect(driver: PsycopgConnection, target: Target) -> None:
    """Note the rows that share a key with others; a mistake here costs time and nothing else."""
    table = relation(target.table).as_string(driver)
    for keys, condition in fetch(driver, _INDEXES, (table,)):
        try:
            with undoing(driver):
                _suspect_by(driver, target, keys, condition)
        except psycopg2.Error as error:
            # No right to read the table, or a column that is not loaded is part of the key.
            if not (is_about_rows(error) or (error.pgcode or "")[:2] == "42"):
                raise


def _suspect_by(
    driver: PsycopgConnection, target: Target, keys: Sequence[str], condition: str | None
) -> None:
    named = [
        sql.SQL("{} AS {}").format(sql.SQL(key), sql.Identifier(f"k{place}"))
        for place, key in enumerate(keys)
    ]
    names = sql.SQL(", ").join(sql.Identifier(f"k{place}") for place in range(len(keys)))
    where = sql.SQL("WHERE {}").format(sql.SQL(condition)) if condition else sql.SQL("")
    staged = sql.SQL("SELECT mover_row, {} FROM ({}) AS s {}").format(
        sql.SQL(", ").join(named), target.typed(), where
    )
    there = sql.SQL("SELECT {} FROM {} {}").format(
        sql.SQL(", ").join(named), relation(target.table), where
    )
    statement = sql.SQL(
        "INSERT INTO {suspects} "
        "SELECT mover_row FROM (SELECT mover_row, count(*) OVER (PARTITION BY {names}) AS n "
        "FROM ({staged}) AS a) AS b WHERE n > 1 "
        "UNION SELECT mover_row FROM ({staged}) AS a JOIN ({there}) AS t USING ({names}) "
        "ON CONFLICT DO NOTHING"
    )
    run(
        driver,
        statement.format(suspects=relation(_SUSPECTS), names=names, staged=staged, there=there),
    )


_BODY = """
#variable_conflict use_column
DECLARE
    mover_done bigint; mover_col text; mover_words text; mover_detail text;
BEGIN
    {insertion} WHERE mover_row BETWEEN mover_lo AND mover_hi;
    GET DIAGNOSTICS mover_done = ROW_COUNT;
    RETURN mover_done;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
    IF mover_lo = mover_hi THEN
        GET STACKED DIAGNOSTICS
            mover_col = COLUMN_NAME,
            mover_words = MESSAGE_TEXT,
            mover_detail = PG_EXCEPTION_DETAIL;
        IF mover_detail <> '' THEN
            mover_words := mover_words || ' (' || mover_detail || ')';
        END IF;
        INSERT INTO {rejected} (mover_row, col, reason)
        VALUES (mover_lo, nullif(mover_col, ''), mover_words);
        RETURN 0;
    END IF;
    IF mover_hi - mover_lo < {group} THEN
        RETURN (SELECT sum({put}(mover_row, mover_row)) FROM (
            SELECT mover_row FROM {text}
            WHERE mover_row BETWEEN mover_lo AND mover_hi ORDER BY mover_row) AS each);
    END IF;
    RETURN (
        SELECT sum({put}(first, least(first + {group} - 1, mover_hi)))
        FROM generate_series(mover_lo, mover_hi, {group}) AS first
    );
END
"""


def _make_function(driver: PsycopgConnection, target: Target) -> None:
    """Make what inserts a range of rows, and tries a smaller one where the table refuses."""
    body = sql.SQL(_BODY).format(
        insertion=_insertion(target),
        rejected=relation(REJECTED),
        put=_PUT,
        text=relation(TEXT),
        group=sql.Literal(_GROUP),
    )
    run(
        driver,
        sql.SQL(
            "CREATE OR REPLACE FUNCTION {}(mover_lo bigint, mover_hi bigint) RETURNS bigint "
            "LANGUAGE plpgsql VOLATILE AS {}"
        ).format(_PUT, sql.Literal(body.as_string(driver))),
    )
