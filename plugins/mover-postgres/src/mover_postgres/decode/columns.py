"""Which columns can be decoded here, and the batches that are made of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pat

from mover_postgres.decode.cutting import Cutter
from mover_postgres.decode.messages import SLACK
from mover_postgres.decode.values import (
    MOST_DIGITS,
    Decimals,
    Unheld,
    array_of,
    booleans,
    dates,
    moments,
    texts,
    times,
)
from records_mover.errors import BadRowError, LoadUnloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from mover_postgres.decode.messages import Rows
    from mover_postgres.signature import ColumnType

    Make = Callable[[npt.NDArray[Any], npt.NDArray[np.bool_] | None], pa.Array]

__all__ = ["Decoder", "decoder"]

_LENGTH = ">i4"
_BOOL, _BYTEA, _NUMERIC, _UUID, _JSON, _JSONB = 16, 17, 1700, 2950, 114, 3802
_UUID_BYTES = 16
_FIXED: dict[int, tuple[str, pa.DataType]] = {
    20: (">i8", pa.int64()),
    21: (">i2", pa.int16()),
    23: (">i4", pa.int32()),
    700: (">f4", pa.float32()),
    701: (">f8", pa.float64()),
}
_TIMES: dict[int, tuple[str, pa.DataType, Make]] = {
    1082: (">i4", pa.date32(), dates),
    1083: (">i8", pa.time64("us"), times),
    1114: (">i8", pa.timestamp("us"), moments(None)),
    1184: (">i8", pa.timestamp("us", "UTC"), moments("UTC")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column by its name, and what its values are made into; ``width`` is None if it varies."""

    name: str
    kind: pa.DataType
    make: Make | None = None
    width: str | None = None
    skipped: int = 0
    uuid: bool = False

    def array(self, cutter: Cutter) -> pa.Array:
        """Return the column that begins here, and go on."""
        if self.width is not None and self.make is not None:
            return self.make(*cutter.fixed(np.dtype(self.width)))
        if isinstance(self.make, Decimals):
            return self.make(*cutter.words(self.make.most_words))
        lengths, valid = cutter.varying()
        taken = cutter.texts(lengths, self.skipped)
        return _uuids(taken, valid) if self.uuid else texts(self.kind, taken, valid)


def _uuids(found: pa.Array, valid: npt.NDArray[np.bool_] | None) -> pa.Array:
    from records_mover.formats.columns.tokens import uuid_text

    return uuid_text(texts(pa.binary(), found, valid))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoder:
    """Makes batches of rows; neighbours of a fixed width are cut out together."""

    schema: pa.Schema
    groups: tuple[tuple[_Column, ...], ...]

    @property
    def columns(self) -> int:
        """How many columns a row has."""
        return len(self.schema)

    def batch(self, rows: Rows) -> pa.RecordBatch:
        """Return the rows; raises ``BadRowError`` for a value that Arrow's type cannot hold."""
        cutter = Cutter(rows)
        arrays: list[pa.Array] = []
        for group in self.groups:
            arrays += _arrays(group, cutter, rows.before)
        if not cutter.at_end:
            raise LoadUnloadError("rows of binary COPY do not end where they do", "report this")
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _arrays(group: Sequence[_Column], cutter: Cutter, before: int) -> list[pa.Array]:
    found = cutter.run(_record(group)) if len(group) > 1 else None
    arrays = []
    for place, column in enumerate(group):
        try:
            if found is not None and column.make is not None:
                arrays.append(column.make(found[f"v{place}"], None))
            else:
                arrays.append(column.array(cutter))
        except Unheld as unheld:
            raise _bad_row(column, unheld, before) from unheld
    return arrays


def _record(group: Sequence[_Column]) -> np.dtype[Any]:
    fields = [
        field
        for place, column in enumerate(group)
        for field in ((f"l{place}", _LENGTH), (f"v{place}", column.width))
    ]
    return np.dtype(fields)


def _bad_row(column: _Column, unheld: Unheld, before: int) -> BadRowError:
    what = f"row {before + unheld.row + 1}: '{unheld.shown}' in the column '{column.name}'"
    advice = "mend the value, or give the column another type"
    return BadRowError(
        f"{what} is no {column.kind}", advice, column=column.name, value=unheld.shown
    )


def decoder(types: Sequence[ColumnType], schema: pa.Schema) -> Decoder | str:
    """Return what decodes rows of these types, or which column has no way here."""
    columns = []
    for type_, field in zip(types, schema, strict=True):
        column = _column(type_, field)
        if column is None:
            return f"column {type_.column!r} is {type_.name}, which is read as text"
        columns.append(column)
    return Decoder(schema=schema, groups=tuple(_grouped(columns)))


def _grouped(columns: Sequence[_Column]) -> list[tuple[_Column, ...]]:
    groups: list[tuple[_Column, ...]] = []
    for column in columns:
        last = groups[-1] if groups else ()
        together = (*last, column)
        if last and all(one.width for one in together) and _record(together).itemsize <= SLACK:
            groups[-1] = together
        else:
            groups.append((column,))
    return groups


def _column(type_: ColumnType, field: pa.Field) -> _Column | None:
    """Return how one column is decoded, where what comes out is of the Arrow type asked for."""
    name, kind = field.name, field.type
    if type_.oid == _BOOL and pat.is_boolean(kind):
        return _Column(name=name, kind=kind, width=">u1", make=booleans)
    if type_.oid in _FIXED and _FIXED[type_.oid][1] == kind:
        width = _FIXED[type_.oid][0]
        return _Column(name=name, kind=kind, width=width, make=_plain(kind, width))
    if type_.oid in _TIMES and _TIMES[type_.oid][1] == kind:
        width, _, make = _TIMES[type_.oid]
        return _Column(name=name, kind=kind, width=width, make=make)
    if type_.oid == _NUMERIC and pat.is_decimal128(kind):
        fits = 0 <= kind.scale <= kind.precision <= MOST_DIGITS
        made = Decimals(kind.precision, kind.scale)
        return _Column(name=name, kind=kind, make=made) if fits else None
    return _of_varying(type_, field)


def _of_varying(type_: ColumnType, field: pa.Field) -> _Column | None:
    name, kind = field.name, field.type
    if type_.oid == _BYTEA and pat.is_binary(kind):
        return _Column(name=name, kind=kind)
    if not pat.is_string(kind):
        return None
    if type_.payload == "text" or type_.oid == _JSON:
        return _Column(name=name, kind=kind)
    if type_.oid == _JSONB:
        return _Column(name=name, kind=kind, skipped=1)
    return _Column(name=name, kind=kind, uuid=True) if type_.oid == _UUID else None


def _plain(kind: pa.DataType, width: str) -> Make:
    native = np.dtype(width).newbyteorder("=")
    return lambda values, valid: array_of(kind, values.astype(native), valid)
