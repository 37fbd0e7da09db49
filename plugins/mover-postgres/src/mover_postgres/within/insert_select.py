"""The loader ``postgres-insert-select``: the server itself takes the rows from another table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.errors import LoadUnloadError
from records_mover.parts import Loaded, Offer, Refusal, Stored, Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2 import sql
    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Ask, LoadJob, Payload, Selection

__all__ = ["InsertSelect"]


class InsertSelect:
    """Takes the rows of a table or a query of the same database."""

    name = "postgres-insert-select"
    dialects = frozenset({"postgresql"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer the source's own form, where one statement can stand for a COPY out and in."""
        from mover_postgres.source import NO_CHOICE, postgres_source
        from mover_postgres.within.neighbours import obstacle

        source = postgres_source(ask)
        forms = [form for form in ask.forms if form.kind == "table"]
        if source is None or not forms:
            return ()
        why = NO_CHOICE if ask.instructions.tolerant else obstacle(ask, source)
        if why is not None:
            return (Refusal(why=why),)
        note = "INSERT ... SELECT within the server"
        return tuple(Offer(form=form, cost=Tier.SERVER_SIDE, note=note) for form in forms)

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Insert inside the transaction that is open."""
        from mover_postgres.connections import driver_connection, stopping
        from mover_postgres.errors import DRIVER_ERRORS, translate
        from mover_postgres.within.misfit import blaming

        if not isinstance(payload, Stored):
            raise LoadUnloadError("only rows of the same database can be selected", "use COPY")
        driver = driver_connection(job.landing.connection)
        doing = f"inserting {payload.selection} into {job.landing.shown}"
        try:
            with (
                job.cancellation.stopping_by(stopping(driver)),
                blaming(job, payload, driver, doing),
            ):
                loaded = _insert(job, payload.selection, driver)
        except DRIVER_ERRORS as error:
            job.cancellation.check()
            raise translate(error, doing) from error
        job.meter.rows = loaded.rows
        return loaded


def _insert(job: LoadJob, selection: Selection, driver: PsycopgConnection) -> Loaded:
    from mover_postgres.connections import fetch, set_locally

    before = fetch(driver, "SELECT current_setting('row_security')")[0][0]
    # Of a table, rows that are hidden from us are an error; a query asks for what it can see.
    set_locally(driver, {"row_security": before if selection.query is not None else "off"})
    loaded = _summed(job, selection, driver) if job.proof else _plain(job, selection, driver)
    set_locally(driver, {"row_security": before})
    return loaded


def _plain(job: LoadJob, selection: Selection, driver: PsycopgConnection) -> Loaded:
    from mover_postgres.outputs import rows_of

    with driver.cursor() as cursor:
        cursor.execute(_into(job) + rows_of(selection))
        return Loaded(rows=cursor.rowcount)


def _summed(job: LoadJob, selection: Selection, driver: PsycopgConnection) -> Loaded:
    """Insert rows and sum them up in one statement, so that both see the same ones."""
    from psycopg2 import sql

    from mover_postgres.connections import fetch, set_locally
    from mover_postgres.fingerprint import SETTINGS, fingerprint_of, summed
    from mover_postgres.outputs import rows_of
    from mover_postgres.signature import types_of_selection

    set_locally(driver, SETTINGS)
    types = types_of_selection(driver, selection)
    places = sql.SQL(", ").join(sql.Identifier(f"c{place}") for place in range(len(types)))
    query = sql.SQL(
        "WITH source ({}) AS MATERIALIZED ({}), moved AS ({} TABLE source RETURNING 1) "
        "SELECT (SELECT count(*) FROM moved), {} FROM source"
    ).format(places, rows_of(selection), _into(job), summed(types))
    rows, *sums = fetch(driver, query)[0]
    return Loaded(rows=int(rows), source=fingerprint_of(driver, types, sums))


def _into(job: LoadJob) -> sql.Composable:
    from psycopg2 import sql

    from mover_postgres.statements import columns_of, relation

    # As COPY does: what the source holds goes into an identity column too.
    return sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE ").format(
        relation(job.landing.table), columns_of(job.columns)
    )
