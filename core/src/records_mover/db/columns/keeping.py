"""What a column keeps less of than its type says, where a server has narrower habits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.schema import DecimalConstraints, StringConstraints, TimeConstraints
from records_mover.schema.fidelity import EXACT, Kept

if TYPE_CHECKING:
    from records_mover.parts import Form
    from records_mover.schema import Field

__all__ = ["characters_in_bytes", "fine_times", "numbers_of_json"]

_FLOAT_DIGITS = 15
_MICROSECONDS = 6
_BYTES_A_CHARACTER = 4


def characters_in_bytes(source: Field, target: Field, *, unit: str = "bytes") -> Kept:
    """Compare a length in characters with one in bytes, of which a character takes up to four.

    ``unit`` is what the server calls a byte.
    """
    here, there = source.constraints, target.constraints
    if not (isinstance(here, StringConstraints) and isinstance(there, StringConstraints)):
        return EXACT
    limit = there.max_length_bytes
    if limit is None or here.max_length_bytes is not None or here.max_length_chars is None:
        return EXACT
    if here.max_length_chars * _BYTES_A_CHARACTER <= limit:
        return Kept(verdict="widened", why="longer text fits")
    return Kept(verdict="checked", why=f"text of more than {limit} {unit} is refused")


def numbers_of_json(target: Field, form: Form, *, why: str) -> Kept:
    """Return ``why`` as a loss of decimals too long for a float, which JSON's numbers become."""
    facts = target.constraints
    if form.format is None or form.format.format_type != "jsonl":
        return EXACT
    wide = isinstance(facts, DecimalConstraints) and (facts.fixed_precision or 0) > _FLOAT_DIGITS
    return Kept(verdict="lossy", why=why) if wide else EXACT


def fine_times(source: Field, target: Field, *, why: str) -> Kept:
    """Return ``why`` as a loss of times finer than a microsecond, which is all that is kept."""
    facts = source.constraints
    fine = isinstance(facts, TimeConstraints) and (facts.precision or 0) > _MICROSECONDS
    if fine and isinstance(target.constraints, TimeConstraints):
        return Kept(verdict="lossy", why=why)
    return EXACT
