"""What Vertica's columns keep of other columns' values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.schema import DecimalConstraints, StringConstraints, TimeConstraints
from records_mover.schema.fidelity import EXACT, Kept, kept, same_words, worst

if TYPE_CHECKING:
    from records_mover.parts import Form
    from records_mover.schema import Field

__all__ = ["keeps"]

_FLOAT_DIGITS = 15
_MICROSECONDS = 6


def keeps(source: Field, target: Field, form: Form) -> Kept:
    """Return what COPY keeps of a source's values in a column of Vertica."""
    if same_words(source, target):
        return EXACT
    found = kept(source, target, strict=form.kind == "batches")
    if found.verdict == "exact" and source.field_type == "string":
        found = _lengths(source, target)
    return worst(found, _by_form(target, form), _by_precision(source, target))


def _lengths(source: Field, target: Field) -> Kept:
    """Compare characters with octets, of which a character takes up to four."""
    here, there = source.constraints, target.constraints
    if not (isinstance(here, StringConstraints) and isinstance(there, StringConstraints)):
        return EXACT
    limit = there.max_length_bytes
    if limit is None or here.max_length_bytes is not None or here.max_length_chars is None:
        return EXACT
    if here.max_length_chars * 4 <= limit:
        return Kept(verdict="widened", why="longer text fits")
    return Kept(verdict="checked", why=f"text of more than {limit} octets is refused")


def _by_form(target: Field, form: Form) -> Kept:
    facts = target.constraints
    if form.format is None or form.format.format_type != "jsonl":
        return EXACT
    wide = isinstance(facts, DecimalConstraints) and (facts.fixed_precision or 0) > _FLOAT_DIGITS
    if wide:
        return Kept(verdict="lossy", why="COPY may read numbers of JSON as floats of 64 bits")
    return EXACT


def _by_precision(source: Field, target: Field) -> Kept:
    facts = source.constraints
    fine = isinstance(facts, TimeConstraints) and (facts.precision or 0) > _MICROSECONDS
    if fine and isinstance(target.constraints, TimeConstraints):
        return Kept(verdict="lossy", why="what is finer than 6 decimals of a second is rounded")
    return EXACT
