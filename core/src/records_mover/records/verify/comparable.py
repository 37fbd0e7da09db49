"""Values of two ends as values of one type, so that they can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.frozen import frozen
from records_mover.schema import Field
from records_mover.schema.fidelity import kept, same_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from records_mover.parts import Keeping

__all__ = ["Column", "columns_of", "comparable"]


@frozen
class Column:
    """A column that is compared: as which Arrow type, and how.

    ``respelled`` says that the target may spell its texts anew, so that other texts prove nothing;
    ``digits`` that they are numbers, of which the value counts alone.
    """

    name: str
    type: pa.DataType
    respelled: bool = False
    digits: bool = False


def columns_of(
    source: Sequence[Field],
    target: Sequence[Field] | None,
    *,
    alone: bool,
    database: Keeping | None = None,
) -> tuple[Column, ...]:
    """Return as what each column is compared; ``target`` is None where its fields are the source's.

    ``alone`` says that the target holds no other rows, so that its texts are those of the source.
    """
    there = target or source
    return tuple(
        _column(here, field, alone=alone, database=database)
        for here, field in zip(source, there, strict=True)
    )


def _column(here: Field, there: Field, *, alone: bool, database: Keeping | None) -> Column:
    import pyarrow.types as pat

    from records_mover.schema.arrow import arrow_type

    kinds = arrow_type(here), arrow_type(there)
    texts = [pat.is_string(kind) for kind in kinds]
    digits = all(
        field.field_type in ("decimal", "integer") or (text and field.field_type == "string")
        for field, text in zip((here, there), texts, strict=True)
    ) and "string" not in (here.field_type, there.field_type)
    if any(texts) and digits:
        return Column(name=here.name, type=kinds[texts.index(True)], digits=True)
    if all(texts):
        respelled = not same_words(here, there) and _respells(here, there, database)
        return Column(name=here.name, type=kinds[0], respelled=respelled)
    if texts[1] and alone:
        return Column(name=here.name, type=kinds[0])
    if texts[1]:
        return Column(name=here.name, type=kinds[1], respelled=True)
    return Column(name=here.name, type=_roomy(kinds[1]))


def _respells(here: Field, there: Field, database: Keeping | None) -> bool:
    """Whether a text may become another one that means the same."""
    from records_mover.parts import Form

    if {here.field_type, there.field_type} != {"string"}:
        return True
    plain = Field(here.name, "string")
    if database is None:
        return False
    return database.keeps(plain, there, Form(kind="batches")) != kept(plain, there)


def _roomy(kind: pa.DataType) -> pa.DataType:
    """Return a type of which Arrow sees that every number of a narrower one has room in it."""
    import pyarrow as pa
    import pyarrow.types as pat

    if not pat.is_decimal(kind):
        return kind
    small = kind.scale <= 19 and kind.precision <= 38
    return pa.decimal128(38, kind.scale) if small else pa.decimal256(76, kind.scale)


def comparable(array: pa.Array, column: Column) -> pa.Array:
    """Return values as those of the type; raises Arrow's own error for one that is none."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as pat

    from records_mover.formats.columns.conform import as_text, plain_array

    array = plain_array(array)
    if pat.is_string(column.type):
        texts = as_text(array) if array.type != column.type else array
        return _number_text(texts) if column.digits else texts
    if array.type == column.type:
        return array
    if pat.is_string(array.type):
        from records_mover.formats.columns.tokens import from_iso

        return from_iso(array, column.type)
    if pat.is_decimal(array.type) and pat.is_floating(column.type):  # Arrow's own is not the next
        return pc.cast(pc.cast(array, pa.string()), column.type)
    return pc.cast(array, column.type)


def _number_text(texts: pa.Array) -> pa.Array:
    """Return one spelling of each number: no sign without need, no zero that adds nothing."""
    import pyarrow.compute as pc

    texts = pc.replace_substring_regex(texts, r"^\+?(-?)0+([0-9])", r"\1\2")
    texts = pc.replace_substring_regex(texts, r"(\.[0-9]*?)0+$", r"\1")
    texts = pc.replace_substring_regex(texts, r"\.$", "")
    return pc.replace_substring_regex(texts, r"^-0$", "0")
