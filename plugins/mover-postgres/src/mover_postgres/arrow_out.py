"""The unloader ``postgres-copy-arrow``: rows with arrays, which COPY spells as nobody else does."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from mover_postgres.forms import preferred
from mover_postgres.unload import unloading
from records_mover.parts import Batches, Form, Offer, Selection, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2 import sql
    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.parts import Ask, Payload, Refusal, Streams, UnloadJob
    from records_mover.schema import Field, RecordsSchema

__all__ = ["CopyArrow", "as_text", "parsed", "with_json"]

_BATCHES = Form(kind="batches")
_AS_IN_JSON = frozenset({"boolean", "integer"})
"""What JSON spells as the core reads it; anything else is asked for as its text."""


class CopyArrow:
    """Gives Arrow batches of rows with arrays: these are asked of the server as JSON."""

    name = "postgres-copy-arrow"
    dialects = frozenset({"postgresql"})

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Offer batches where there are arrays, which core could not read from COPY's own text."""
        if _BATCHES not in ask.forms:
            return ()
        schema = ask.database.schema_of(ask.selection)
        if not any(field.field_type == "array" for field in schema.fields):
            return ()
        cost = Tier.BULK + Tier.RECODE / 2 - 1.0
        return (Offer(form=_BATCHES, cost=cost, note="arrays are read as JSON"),)

    @contextmanager
    def unload(self, job: UnloadJob) -> Iterator[Payload]:
        """Read in one snapshot, and parse the rows as they come."""
        schema = job.schema or job.database.schema_of(job.selection)
        respelled = partial(with_json, job.selection, schema)
        with unloading(as_text(job), respelled) as rows, parsed(rows, schema) as read:
            yield read


def as_text(job: UnloadJob) -> UnloadJob:
    """Return the job of giving the text that is to be parsed here."""
    _, (form, _) = preferred(text=0, csv=0)
    return replace(job, form=form)


@contextmanager
def parsed(rows: Streams, schema: RecordsSchema) -> Iterator[Batches]:
    """Parse the one stream of rows that were asked for with arrays as JSON."""
    from records_mover.formats.reading import read_batches

    (part,) = rows.parts
    with read_batches(part.open(), rows.format, schema, source=part.name) as reader:
        yield Batches(reader=reader, schema=schema)


def with_json(selection: Selection, schema: RecordsSchema, driver: PsycopgConnection) -> Selection:
    """Return the query for the same rows with arrays as JSON."""
    from psycopg2 import sql

    from mover_postgres.outputs import rows_of

    columns = sql.SQL(", ").join(_expression(field) for field in schema.fields)
    query = sql.SQL("SELECT {} FROM ({}) AS q").format(columns, rows_of(selection))
    return Selection(query=query.as_string(driver))


def _expression(field: Field) -> sql.Composable:
    """Return a column's value.

    No JSON array says that an array has several dimensions, or a first place that is not 1: such
    a one stays as it is, which the reader refuses.
    """
    from psycopg2 import sql

    name = sql.Identifier(field.name)
    if field.field_type != "array":
        return name
    texts = field.items is None or field.items.field_type not in _AS_IN_JSON
    values = sql.SQL("{}::text[]" if texts else "{}").format(name)
    return sql.SQL(
        "CASE WHEN array_ndims({0}) = 1 AND array_lower({0}, 1) <> 1 OR array_ndims({0}) > 1 "
        "THEN {0}::text ELSE array_to_json({1})::text END AS {0}"
    ).format(name, values)
