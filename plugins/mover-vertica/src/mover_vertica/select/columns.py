"""Which way each column of an answer is decoded, and the record batch of a block of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from mover_vertica.select import binary, spelled
from mover_vertica.select.cells import cells_of
from mover_vertica.select.kinds import BINARY, Oid
from records_mover.errors import BadRowError, LoadUnloadError
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mover_vertica.select.cells import Cells
    from mover_vertica.select.wire import Block

    Decode = Callable[[Cells], pa.Array]

__all__ = ["Decoder", "rounded"]

_COLLECTIONS = (*range(300, 303), *range(1505, 1523), *range(2705, 2723))
"""ROW, ARRAY, MAP and SET, which are JSON in either format."""
_FIRST_USER_TYPE = 1 << 14


@dataclass(frozen=True, slots=True)
class Decoder:
    """Makes record batches of blocks; ``schema`` is what they are to have, column by column."""

    schema: pa.Schema
    ways: tuple[Decode, ...]
    source: str

    @classmethod
    def of(cls, columns: Sequence[Any], schema: pa.Schema, source: str) -> Decoder:
        """Choose how the columns that the driver describes become those of a schema."""
        if len(columns) != len(schema):
            what = f"'{source}' gives {many(len(columns), 'column')} instead of {len(schema)}"
            raise LoadUnloadError(what, "its definition changed while it was read: move again")
        return cls(schema, tuple(map(_way, columns)), source)

    def batch(self, block: Block, done: int) -> pa.RecordBatch:
        """Return the rows of a block, before which ``done`` were read."""
        found = zip(cells_of(block, len(self.ways)), self.ways, self.schema, strict=True)
        arrays = [self._column(cells, way, field, done) for cells, way, field in found]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _column(self, cells: Cells, way: Decode, field: pa.Field, done: int) -> pa.Array:
        try:
            return _fitted(way(cells), field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            what = f"'{self.source}', rows {done + 1} to {done + len(cells)}: "
            raise BadRowError(
                f"{what}column '{field.name}' holds what is not {field.type}: {error}",
                "cast the column in a query",
                source=self.source,
                column=field.name,
            ) from error


def rounded(columns: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of those whose digits the server cuts, as it sends numbers as text."""
    return tuple(
        column.name
        for column in columns
        if column.type_code == Oid.FLOAT and column.format_code != BINARY
    )


def _way(column: Any) -> Decode:
    in_binary = column.format_code == BINARY
    room = binary if in_binary else spelled
    way: Decode | None = room.DECODERS.get(column.type_code)
    if column.type_code == Oid.NUMERIC:
        way = room.numeric(column.precision, column.scale)
    if way is None and (not in_binary or _is_text(column)):
        way = binary.text
    if way is None:
        raise LoadUnloadError(
            f"column '{column.name}' is {column.type_name}, which is not read as it comes",
            f"cast it to VARCHAR in a query: CAST({column.name} AS VARCHAR)",
        )
    return way


def _is_text(column: Any) -> bool:
    return column.type_code in _COLLECTIONS or column.type_code >= _FIRST_USER_TYPE


def _fitted(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if column.type == kind:
        return column
    if pat.is_list(kind) and pat.is_string(column.type):
        from records_mover.formats.columns.tokens import lists_from_json

        return lists_from_json(column, kind)
    if pat.is_string(kind) and pat.is_decimal(column.type):
        from records_mover.formats.columns.decimals import plain_decimals

        return plain_decimals(column)
    return pc.cast(column, kind)
