"""What Redshift's columns keep of other columns' values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_redshift.external import is_in_lake
from mover_redshift.types import ORIGIN, REP_TYPE
from records_mover.schema import (
    DecimalConstraints,
    SqlRepresentation,
    StringConstraints,
    TimeConstraints,
)
from records_mover.schema.fidelity import EXACT, Kept, kept, same_words, worst

if TYPE_CHECKING:
    from records_mover.parts import Form
    from records_mover.schema import Field

__all__ = ["keeps"]

_FLOAT_DIGITS = 15
_MICROSECONDS = 6


def keeps(source: Field, target: Field, form: Form) -> Kept:
    """Return what COPY and INSERT keep of a source's values in a column of Redshift."""
    if same_words(source, target):
        return EXACT
    strict = form.kind == "batches"
    found = kept(source, target, strict=strict)
    if found.verdict == "exact" and source.field_type == "string":
        found = _lengths(source, target)
    if is_in_lake(target) and (source.field_type, target.field_type) == ("datetimetz", "datetime"):
        found = Kept(verdict="widened", why="the moment in UTC, and no zone")
    return worst(found, _by_form(target, form), _by_type(source, target))


def _lengths(source: Field, target: Field) -> Kept:
    """Compare characters with bytes, of which a character takes up to four."""
    here, there = source.constraints, target.constraints
    if not (isinstance(here, StringConstraints) and isinstance(there, StringConstraints)):
        return EXACT
    limit = there.max_length_bytes
    if limit is None or here.max_length_bytes is not None or here.max_length_chars is None:
        return EXACT
    if here.max_length_chars * 4 <= limit:
        return Kept(verdict="widened", why="longer text fits")
    return Kept(verdict="checked", why=f"text of more than {limit} bytes is refused")


def _by_form(target: Field, form: Form) -> Kept:
    facts = target.constraints
    if form.format is None or form.format.format_type != "jsonl":
        return EXACT
    wide = isinstance(facts, DecimalConstraints) and (facts.fixed_precision or 0) > _FLOAT_DIGITS
    if wide:
        return Kept(verdict="lossy", why="COPY reads numbers of JSON as floats of 64 bits")
    return EXACT


def _by_type(source: Field, target: Field) -> Kept:
    facts = source.constraints
    fine = isinstance(facts, TimeConstraints) and (facts.precision or 0) > _MICROSECONDS
    if fine and isinstance(target.constraints, TimeConstraints):
        return Kept(verdict="lossy", why="what is finer than 6 decimals of a second is left out")
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
