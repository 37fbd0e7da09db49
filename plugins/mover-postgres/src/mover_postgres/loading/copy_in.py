"""The loader ``postgres-copy-in``: COPY FROM STDIN, by one connection or by several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_postgres.forms import answers, by, preferred, sessions_for
from mover_postgres.options import load_options
from records_mover.errors import LoadUnloadError
from records_mover.parts import Batches, Form, Loaded, Offer, Refusal, Selection, Streams, Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Ask, LoadJob, Payload

__all__ = ["CopyIn"]

_BATCHES = Form(kind="batches")


class CopyIn:
    """Takes delimited text as it is, and Arrow batches by writing them as such text."""

    name = "postgres-copy-in"
    dialects = frozenset({"postgresql"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer each form that COPY can read, and Arrow batches."""
        liked = preferred(text=Tier.BULK - 1.0, csv=Tier.BULK)
        offers = [*answers(ask, load_options, Tier.BULK, liked)]
        sessions = sessions_for(ask)
        if sessions > 1:
            offers = [by(sessions, offer) for offer in offers]
        if (column := _text_for_array(ask)) is not None:
            why = f"the text for the array '{column}' may be a JSON list, which is parsed here"
            offers = [Refusal(why=why, form=offer.form) for offer in offers]
        return [*offers, Offer(form=_BATCHES, cost=Tier.RECODE / 2, note="written as CSV in bulk")]

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Load every part, each by a COPY of its own, inside the transaction that is open."""
        from mover_postgres.connections import driver_connection, stopping
        from mover_postgres.progress import rows_watched

        driver = driver_connection(job.landing.connection)
        if job.landing.sessions > 1 and isinstance(payload, Streams):
            from mover_postgres.loading.several import load_shared

            with job.cancellation.stopping_by(stopping(driver)):
                return load_shared(job, payload, driver)
        with (
            job.cancellation.stopping_by(stopping(driver)),
            rows_watched(job.meter, job.database, [driver]),
        ):
            if job.rejects is not None:
                _check_at_once(driver)
            if isinstance(payload, Streams):
                from mover_postgres.loading.load import load_streams

                return load_streams(job, payload, driver)
            if isinstance(payload, Batches):
                from mover_postgres.loading.batches import load_batches

                return load_batches(job, payload, driver)
        raise LoadUnloadError("PostgreSQL cannot fetch files itself", "send them as streams")


def _text_for_array(ask: Ask) -> str | None:
    """Return a column of an array that is to come out of a column of text, as JSON does."""
    own = ask.source is not None and ask.source.database.dialect == ask.database.dialect
    if own or ask.schema is None or ask.into is None or not ask.exists:
        return None
    new = {column.name for column in ask.reshape.added} if ask.reshape is not None else set()
    pairs = zip(ask.schema.fields, ask.into, strict=False)
    texts = [name for field, name in pairs if field.field_type in ("string", "json")]
    texts = [name for name in texts if name not in new]
    if not texts:
        return None
    there = ask.database.schema_of(Selection(table=ask.selection.table, columns=tuple(texts)))
    return next((field.name for field in there.fields if field.field_type == "array"), None)


def _check_at_once(driver: PsycopgConnection) -> None:
    """Have deferred constraints checked with each statement, while a row can still be left out."""
    with driver.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
