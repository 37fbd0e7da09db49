"""Record batches to the tuples of binary COPY, a bounded number of bytes at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pat

from mover_postgres.binary.arrays import plain
from mover_postgres.binary.choose import binary_encoder
from mover_postgres.binary.pieces import join
from mover_postgres.binary.unfit import Unfit
from records_mover.errors import BadRowError
from records_mover.formats.columns import compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mover_postgres.binary.choose import Encode
    from mover_postgres.binary.pgtypes import PgType
    from mover_postgres.binary.pieces import Encoded

__all__ = ["RowEncoder", "encoders", "reasons"]

_ROWS_AT_ONCE = 1 << 14
_BYTES_AT_ONCE = 2 << 20
_SHOWN = 200


def encoders(
    schema: pa.Schema, types: Mapping[str, PgType], columns: Sequence[str]
) -> list[Encode | str]:
    """Return, for each column in order, its encoder or the reason why it has none."""
    return [
        binary_encoder(field.type, types[name])
        if name in types
        else f"the table has no column '{name}' that can be written"
        for field, name in zip(schema, columns, strict=True)
    ]


def reasons(found: Sequence[Encode | str], columns: Sequence[str]) -> tuple[str, ...]:
    """Return why some columns have no binary way; empty where all have one."""
    pairs = zip(columns, found, strict=True)
    return tuple(f"column '{name}': {one}" for name, one in pairs if isinstance(one, str))


class RowEncoder:
    """Encodes the batches of one load; ``rows`` is how many it has encoded so far."""

    def __init__(self, columns: Sequence[str], encode: Sequence[Encode]) -> None:
        self._columns = tuple(columns)
        self._encode = tuple(encode)
        self.rows = 0

    def blocks(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        """Yield the tuples of a batch; raises ``BadRowError`` for a value that does not fit."""
        for part in _slices(batch):
            block = self._tuples(part)
            self.rows += part.num_rows
            yield block

    def _tuples(self, part: pa.RecordBatch) -> bytes:
        pairs = zip(part.columns, self._encode, self._columns, strict=True)
        columns = [self._column(array, encode, name) for array, encode, name in pairs]
        rows = join(columns, part.num_rows, [(">i2", len(columns))])
        data: bytes = rows.buffers()[2].to_pybytes()
        return data

    def _column(self, array: pa.Array, encode: Encode, name: str) -> Encoded:
        try:
            return encode(array)
        except Unfit as unfit:
            value = _shown(array, unfit.index)
            what = f"row {self.rows + unfit.index + 1}: column '{name}': '{value[:_SHOWN]}'"
            raise BadRowError(
                f"{what} {unfit.why}", unfit.advice, column=name, value=value
            ) from unfit


def _shown(array: pa.Array, row: int) -> str:
    """Return the value as text; not all dates and moments have a Python value."""
    one = plain(array.slice(row, 1))
    has_text = pat.is_temporal(one.type) and not pat.is_interval(one.type)
    text = one.cast(pa.string()) if has_text else one
    return str(text[0].as_py())


def _slices(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Cut a batch so that what is made of each part stays small, and in the processor's cache."""
    start = 0
    while start < batch.num_rows:
        part = batch.slice(start, _ROWS_AT_ONCE)
        rows = max(1, part.num_rows * _BYTES_AT_ONCE // max(_BYTES_AT_ONCE, _size(part)))
        yield part.slice(0, rows)
        start += rows


def _size(part: pa.RecordBatch) -> int:
    """Return how many bytes the values have at most, those of dictionaries taken out of them."""
    return int(part.nbytes) + sum(_spread(array) for array in part.columns)


def _spread(array: pa.Array) -> int:
    if not pat.is_dictionary(array.type) or not len(array.dictionary):
        return 0
    words = array.dictionary
    if pat.is_string(words.type) or pat.is_binary(words.type) or pat.is_large_string(words.type):
        return len(array) * (pc.max(pc.binary_length(words)).as_py() or 0)
    return len(array) * (int(words.nbytes) // len(words) + 1)
