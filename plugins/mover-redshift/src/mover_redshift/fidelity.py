"""What Redshift's columns keep of other columns' values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_redshift.external import is_in_lake
from mover_redshift.types import ORIGIN, REP_TYPE
from records_mover.db.columns.keeping import characters_in_bytes, fine_times, numbers_of_json
from records_mover.schema import SqlRepresentation
from records_mover.schema.fidelity import EXACT, Kept, kept, same_words, worst

if TYPE_CHECKING:
    from records_mover.parts import Form
    from records_mover.schema import Field

__all__ = ["keeps"]

_CUT = "what is finer than 6 decimals of a second is left out"
_AS_FLOATS = "COPY reads numbers of JSON as floats of 64 bits"


def keeps(source: Field, target: Field, form: Form) -> Kept:
    """Return what COPY and INSERT keep of a source's values in a column of Redshift."""
    if same_words(source, target):
        return EXACT
    strict = form.kind == "batches"
    found = kept(source, target, strict=strict)
    if found.verdict == "exact" and source.field_type == "string":
        found = characters_in_bytes(source, target)
    if is_in_lake(target) and (source.field_type, target.field_type) == ("datetimetz", "datetime"):
        found = Kept(verdict="widened", why="the moment in UTC, and no zone")
    by_form = numbers_of_json(target, form, why=_AS_FLOATS)
    return worst(found, by_form, fine_times(source, target, why=_CUT), _json(source, target))


def _json(source: Field, target: Field) -> Kept:
    if target.field_type == "json" and source.field_type == "json":
        known = source.representations.get(ORIGIN)
        if not isinstance(known, SqlRepresentation):
            return Kept(verdict="widened", why="SUPER keeps what JSON means, not its spaces")
        if known.rep_type == REP_TYPE:
            return EXACT
        if known.col_type == "json":
            return Kept(verdict="lossy", why="spaces, and what keys repeat, may be left out")
        return Kept(verdict="widened", why="SUPER keeps what JSON means")
    return EXACT
