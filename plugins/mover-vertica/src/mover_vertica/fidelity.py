"""What Vertica's columns keep of other columns' values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.db.columns.keeping import characters_in_bytes, fine_times, numbers_of_json
from records_mover.schema.fidelity import EXACT, Kept, kept, same_words, worst

if TYPE_CHECKING:
    from records_mover.parts import Form
    from records_mover.schema import Field

__all__ = ["keeps"]

_ROUNDED = "what is finer than 6 decimals of a second is rounded"
_AS_FLOATS = "COPY may read numbers of JSON as floats of 64 bits"


def keeps(source: Field, target: Field, form: Form) -> Kept:
    """Return what COPY keeps of a source's values in a column of Vertica."""
    if same_words(source, target):
        return EXACT
    found = kept(source, target, strict=form.kind == "batches")
    if found.verdict == "exact" and source.field_type == "string":
        found = characters_in_bytes(source, target, unit="octets")
    by_form = numbers_of_json(target, form, why=_AS_FLOATS)
    return worst(found, by_form, fine_times(source, target, why=_ROUNDED))
