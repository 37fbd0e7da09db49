"""What PostgreSQL's columns keep, where the types' own words say more than a records schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mover_postgres.types import BASE, REP_TYPE
from records_mover.db.columns.declared import origin_of
from records_mover.schema import DecimalConstraints, TimeConstraints
from records_mover.schema.fidelity import EXACT, Kept, kept, same_words, worst

if TYPE_CHECKING:
    from records_mover.parts import Form
    from records_mover.schema import Field

__all__ = ["keeps"]

_TEXTS = frozenset({"text", "character varying", "character", "bpchar", "citext"})
_NANOSECONDS = 9
_ROUNDED_TO_MICROSECONDS = "what is finer than 6 decimals of a second is rounded"

# What a column of such a type does to the text of any other type that it takes.
_RESHAPED = {
    "money": "amounts are rounded to the currency's smallest unit",
    "name": "text is cut after 63 bytes",
    '"char"': "text is cut after one byte",
}


def keeps(source: Field, target: Field, form: Form) -> Kept:
    """Return what COPY keeps of a source's values in a column of PostgreSQL."""
    if same_words(source, target):
        return EXACT
    found = kept(source, target)
    if form.kind == "batches" and _is_fine(source) and found.why == _ROUNDED_TO_MICROSECONDS:
        found = Kept(verdict="checked", why="times finer than a microsecond are refused")
    if found.verdict == "lossy" and _is_watched(source, target, form):
        said = "is left out" if target.field_type == "date" else "is rounded"
        found = Kept(verdict="checked", why=found.why.replace(said, "is refused"))
    return worst(_by_words(source, target, found), found)


def _is_watched(source: Field, target: Field, form: Form) -> bool:
    """Whether text is looked at on its way to COPY for what the column would round or leave out."""
    if source.field_type != "string" or form.kind != "streams":
        return False
    facts = target.constraints
    fixed = isinstance(facts, DecimalConstraints) and facts.fixed_precision is not None
    return fixed or target.field_type in ("date", "timetz", "datetimetz")


def _is_fine(field: Field) -> bool:
    facts = field.constraints
    return isinstance(facts, TimeConstraints) and facts.precision == _NANOSECONDS


def _by_words(source: Field, target: Field, found: Kept) -> Kept:
    here, there = _word(source), _word(target)
    if source.items is not None and target.items is not None:
        here, there = here.removesuffix("[]"), there.removesuffix("[]")
        source, target = source.items, target.items
    name = there.partition("(")[0]
    if here == there:
        return EXACT
    if there == "jsonb" and here == "json":
        return _lossy("spaces, the order of keys and repeated keys are left out")
    if name.startswith("interval") and there != "interval":
        return _lossy(f"an interval is cut to what {there} keeps")
    if there in _RESHAPED:
        return _lossy(_RESHAPED[there])
    if BASE in target.representations:
        return Kept(verdict="checked", why="what the domain refuses is refused")
    if name == "character" and not here.startswith("character("):
        return Kept(verdict="checked", why="longer text is refused; blanks at its end do not count")
    if target.field_type == "string" and name and name not in _TEXTS:
        return Kept(verdict="checked", why=f"text that is no {there} is refused")
    special = source.field_type == "string" and here and here.partition("(")[0] not in _TEXTS
    if special and found.verdict == "exact":
        return Kept(verdict="widened", why="every value travels as its text")
    return EXACT


def _word(field: Field) -> str:
    """Return a type as PostgreSQL spells it; empty for a column of something else."""
    known = origin_of(field, REP_TYPE)
    return "" if known is None else known.col_type or ""


def _lossy(why: str) -> Kept:
    return Kept(verdict="lossy", why=why)
