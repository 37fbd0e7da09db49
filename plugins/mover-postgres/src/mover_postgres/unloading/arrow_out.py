"""The unloader ``postgres-copy-arrow``: rows with arrays, which COPY spells as nobody else does."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from mover_postgres.unloading.copy_out import unloading
from mover_postgres.unloading.run import as_text, parsed
from records_mover.parts import Form, Offer, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from records_mover.parts import Ask, Payload, Refusal, UnloadJob

__all__ = ["CopyArrow"]

_BATCHES = Form(kind="batches")


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
        from mover_postgres.outputs import with_json

        schema = job.schema or job.database.schema_of(job.selection)
        respelled = partial(with_json, job.selection, schema)
        with unloading(as_text(job), respelled) as rows, parsed(rows, schema) as read:
            yield read
