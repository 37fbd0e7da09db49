"""Finding the rows of text that the target's types, NOT NULLs and CHECKs refuse, in bulk."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

from mover_postgres.connections import fetch
from mover_postgres.salvage.tables import REJECTED, TEXT, forget_rejected, run
from mover_postgres.statements import relation
from records_mover.errors import BadRowError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.salvage.tables import Target, TargetColumn

__all__ = ["Undone", "find_all_bad_rows", "find_bad_rows", "is_about_rows", "undoing"]

SOFT_ERRORS_SINCE = 160000
"""The first version whose types can say that a text is no value of theirs without an error."""

_FAULTS_OF_ROWS = ("22", "23")
_RAISED = "P0001"
_NO_RIGHT = "42501"


def find_bad_rows(driver: PsycopgConnection, target: Target, columns: Collection[str]) -> None:
    """Note the rows with a NULL that may not be, or a text that is no value of these columns.

    More often than not it is one column that is bad, which the first error names.
    """
    _mark(driver, _checks(target, [one for one in target.columns if one.name in columns], driver))


def find_all_bad_rows(driver: PsycopgConnection, target: Target) -> None:
    """Note the rows that a column's type, a NOT NULL or a CHECK refuses."""
    _mark(driver, _checks(target, _suspects(driver, target), driver))
    _mark_checks(driver, target)


def is_about_rows(error: psycopg2.Error) -> bool:
    """Whether rows are to blame for an error, and not the server or the statement."""
    state = error.pgcode or ""
    return state[:2] in _FAULTS_OF_ROWS or state == _RAISED


class Undone(Exception):
    """Raised inside of ``undoing`` by who wants it."""


@contextmanager
def undoing(driver: PsycopgConnection, name: str = "mover_salvage") -> Iterator[None]:
    """Undo what the block did when it raises, and nothing else of the transaction."""
    savepoint = sql.Identifier(name)
    run(driver, sql.SQL("SAVEPOINT {}").format(savepoint))
    try:
        yield
    except (psycopg2.Error, BadRowError, Undone):
        if not driver.closed:
            run(driver, sql.SQL("ROLLBACK TO SAVEPOINT {}").format(savepoint))
            run(driver, sql.SQL("RELEASE SAVEPOINT {}").format(savepoint))
        raise
    run(driver, sql.SQL("RELEASE SAVEPOINT {}").format(savepoint))


@dataclass(frozen=True, slots=True)
class _Check:
    """A column that may hold bad values: when it does, and what to say of one."""

    column: TargetColumn
    is_bad: sql.Composable
    reason: sql.Composable
    call: sql.Composable | None = None

    @property
    def computed(self) -> sql.Composable:
        """The column of words that ``reason`` names, with a comma before it; often none."""
        if self.call is None:
            return sql.SQL("")
        words = sql.Identifier(f"w{self.column.place}")
        return sql.SQL(", {} AS {}").format(self.call, words)


def _checks(
    target: Target, suspects: Sequence[TargetColumn], driver: PsycopgConnection
) -> Iterator[_Check]:
    for column in target.columns:
        null = sql.Literal(_null_words(target, column))
        tests = [sql.SQL("{} IS NULL").format(column.field)] if column.required else []
        reason: sql.Composable = null
        call = None
        if column in suspects and not column.is_text:
            is_bad, reason, call = _test(driver, column)
            tests.append(is_bad)
            reason = sql.SQL("CASE WHEN {} IS NULL THEN {} ELSE {} END").format(
                column.field, null, reason
            )
        if tests:
            yield _Check(column, sql.SQL(" OR ").join(tests), reason, call)


def _null_words(target: Target, column: TargetColumn) -> str:
    table = target.shown.name
    return (
        f'null value in column "{column.name}" of relation "{table}" violates not-null constraint'
    )


def _suspects(driver: PsycopgConnection, target: Target) -> Sequence[TargetColumn]:
    """Return the columns that may hold a text that is no value of their type.

    Where an error is the only way to find out, each column is tried as a whole first: it takes a
    tenth of the time, and most columns are fine.
    """
    typed = [column for column in target.columns if not column.is_text]
    if driver.server_version >= SOFT_ERRORS_SINCE:
        return typed
    plain = [column for column in typed if column.cast_checks and column.size is None]
    if _all_cast(driver, plain):
        plain = []
    fine = [column for column in plain if _all_cast(driver, [column])]
    known = [column for column in typed if column.cast_checks and column.size is None]
    cast = set(known) - set(plain) | set(fine)
    return [column for column in typed if column not in cast]


def _all_cast(driver: PsycopgConnection, columns: Sequence[TargetColumn]) -> bool:
    if not columns:
        return True
    counts = [sql.SQL("count({})").format(column.typed) for column in columns]
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(counts), relation(TEXT))
    try:
        with undoing(driver):
            run(driver, query)
    except psycopg2.Error as error:
        if not is_about_rows(error):
            raise
        return False
    return True


def _test(
    driver: PsycopgConnection, column: TargetColumn
) -> tuple[sql.Composable, sql.Composable, sql.Composable | None]:
    """Return when a text is no value of the column's type, and the server's words for it.

    The words may be those of a call, made once for each row, that comes third.
    """
    if column.size is not None:
        # Blanks beyond the length are cut off without a word, as COPY does.
        test = sql.SQL("char_length(rtrim({}, ' ')) > {}")
        words = sql.Literal(f"value too long for type {column.type}")
        return test.format(column.field, sql.Literal(column.size)), words, None
    if driver.server_version >= SOFT_ERRORS_SINCE and _is_soft(driver, column):
        told = (column.field, sql.Literal(column.type))
        return (
            sql.SQL("NOT pg_input_is_valid({}, {})").format(*told),
            sql.SQL("(pg_input_error_info({}, {})).message").format(*told),
            None,
        )
    function = _reason_function(driver, column)
    call = sql.SQL("{}({})").format(function, column.field)
    words = sql.Identifier(f"w{column.place}")
    return sql.SQL("{} IS NOT NULL").format(words), words, call


def _is_soft(driver: PsycopgConnection, column: TargetColumn) -> bool:
    """Whether the type answers instead of raising; types of extensions may not have learned it."""
    nonsense = sql.SQL("SELECT pg_input_is_valid({}, {})").format(
        sql.Literal("\x01 no value \x01"), sql.Literal(column.type)
    )
    try:
        with undoing(driver):
            run(driver, nonsense)
    except psycopg2.Error as error:
        if not is_about_rows(error):
            raise
        return False
    return True


def _reason_function(driver: PsycopgConnection, column: TargetColumn) -> sql.Composable:
    """Make a function that returns what an assignment to a variable of the type raises."""
    name = sql.Identifier("pg_temp", f"mover_reason_{column.place}")
    body = sql.SQL(
        "BEGIN DECLARE x {} := v; BEGIN RETURN NULL; END; "
        "EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN RETURN SQLERRM; END"
    ).format(sql.SQL(column.type))
    run(
        driver,
        sql.SQL(
            "CREATE OR REPLACE FUNCTION {}(v text) RETURNS text LANGUAGE plpgsql STRICT AS {}"
        ).format(name, sql.Literal(body.as_string(driver))),
    )
    return name


def _mark(driver: PsycopgConnection, checks: Iterable[_Check]) -> None:
    """Find all in one pass, which stops at the first column that is bad, and forget those rows."""
    checks = list(checks)
    if not checks:
        return
    cases = [_cases(check) for check in checks]
    computed = sql.SQL("").join(check.computed for check in checks)
    bad, names, reasons = [sql.SQL(" ").join(found) for found in zip(*cases, strict=True)]
    # OFFSET 0 keeps tests and calls from being made again for each column of the result.
    statement = sql.SQL(
        "INSERT INTO {} (mover_row, col, reason) "
        "SELECT mover_row, CASE place {} END, CASE place {} END FROM "
        "(SELECT *, CASE {} END AS place FROM (SELECT *{} FROM {} OFFSET 0) AS a OFFSET 0) AS s "
        "WHERE place IS NOT NULL"
    )
    told = (relation(REJECTED), names, reasons, bad, computed, relation(TEXT))
    if run(driver, statement.format(*told)):
        forget_rejected(driver)


def _cases(check: _Check) -> tuple[sql.Composable, sql.Composable, sql.Composable]:
    place = sql.Literal(check.column.place)
    when = sql.SQL("WHEN {} THEN {}")
    return (
        when.format(check.is_bad, place),
        when.format(place, sql.Literal(check.column.name)),
        when.format(place, check.reason),
    )


# What each row must meet besides its types, as a condition over the rows as `s`. A row that refers
# to one of the same table may come with it, so that only an INSERT can tell.
_CHECKS = """
SELECT c.conname, c.contype::text, names.loaded,
    CASE c.contype WHEN 'c' THEN pg_get_expr(c.conbin, c.conrelid) ELSE (
        SELECT format(
            '%%s OR EXISTS (SELECT FROM %%s AS p WHERE %%s)',
            string_agg(format('s.%%I IS NULL', a.attname), ' OR '),
            c.confrelid::regclass,
            string_agg(format('p.%%I = s.%%I', b.attname, a.attname), ' AND '))
        FROM unnest(c.conkey, c.confkey) AS k(here, there)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.here
        JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.there
    ) END
FROM pg_constraint c, LATERAL (
    SELECT array_agg(a.attname::text) AS loaded FROM pg_attribute a
    WHERE a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
) AS names
WHERE c.conrelid = %s::regclass
    AND (c.contype = 'c' OR (c.contype = 'f' AND c.confrelid <> c.conrelid
        AND c.confmatchtype = 's' AND NOT c.condeferred))
ORDER BY c.contype, c.conname
"""
_WORDS = {
    "c": 'new row for relation "{}" violates check constraint "{}"',
    "f": 'insert or update on table "{}" violates foreign key constraint "{}"',
}


def _mark_checks(driver: PsycopgConnection, target: Target) -> None:
    """Find the rows that a CHECK or foreign key refuses, where it looks at what is loaded alone."""
    loaded = {column.name for column in target.columns}
    table = relation(target.table).as_string(driver)
    for name, kind, columns, condition in fetch(driver, _CHECKS, (table,)):
        if not columns or not loaded.issuperset(columns):
            continue
        statement = sql.SQL(
            "INSERT INTO {} (mover_row, col, reason) SELECT mover_row, {}, {} FROM ({}) AS s "
            "WHERE NOT ({})"
        ).format(
            relation(REJECTED),
            sql.Literal(columns[0] if len(columns) == 1 else None),
            sql.Literal(_WORDS[kind].format(target.shown.name, name)),
            target.typed(),
            sql.SQL(condition),
        )
        try:
            with undoing(driver):
                found = run(driver, statement)
            if found:
                forget_rejected(driver)
        except psycopg2.Error as error:
            # The condition fails for some row, or we may not read what it reads: the INSERT tells.
            if not is_about_rows(error) and error.pgcode != _NO_RIGHT:
                raise
