"""One column of a DataFrame, of any dtype, as an Arrow column with every value exact or refused."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from records_mover.errors import SchemaError
from records_mover.schema.arrow import TYPE_KEY

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FrameColumn", "frame_column"]

_ARROW_ERRORS = (pa.ArrowException, OverflowError, TypeError, ValueError)
_DIGITS = 76  # of decimal256, the widest fixed point that Arrow has


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameColumn:
    """The values, and what they are where their Arrow type, text, does not say."""

    values: pa.Array | pa.ChunkedArray
    mark: str | None = None

    def field(self, name: str) -> pa.Field:
        """Return the Arrow field of the column."""
        metadata = {TYPE_KEY: self.mark.encode()} if self.mark else None
        return pa.field(name, self.values.type, metadata=metadata)


def frame_column(series: pd.Series[Any], name: str, *, nan_is_null: bool = True) -> FrameColumn:
    """Return the values of a column; None, NA and NaT are NULL.

    NaN is NULL where pandas has no other, in columns of numpy's floats, unless told otherwise; an
    Arrow-backed column tells both apart. Periods and intervals are their text. Raises
    ``SchemaError`` for what has no like in tables.
    """
    try:
        return _column(series, name, nan_is_null=nan_is_null)
    except SchemaError:
        raise
    except _ARROW_ERRORS as err:
        raise _unmovable(name, str(err)) from err


def _unmovable(name: str, why: str) -> SchemaError:
    advice = "give all of its values one type, for example by astype(str)"
    return SchemaError(f"the column '{name}' of the frame cannot be moved: {why}", advice)


def _column(series: pd.Series[Any], name: str, *, nan_is_null: bool) -> FrameColumn:
    import pandas as pd

    dtype: Any = series.dtype
    if isinstance(dtype, pd.SparseDtype):
        dense: Any = series.sparse
        return _column(dense.to_dense(), name, nan_is_null=nan_is_null)
    if isinstance(dtype, (pd.PeriodDtype, pd.IntervalDtype)):
        return FrameColumn(values=_texts(series, str))
    if isinstance(dtype, pd.CategoricalDtype):
        return _category(series, name)
    if isinstance(dtype, pd.ArrowDtype):
        return FrameColumn(values=series.array.__arrow_array__())
    if dtype.kind == "c":
        raise _unmovable(name, "it holds complex numbers")
    if str(dtype) == "object":
        return _objects(series, name)
    if dtype.kind == "f" and not nan_is_null and not hasattr(dtype, "numpy_dtype"):
        return FrameColumn(values=pa.array(series.to_numpy(), from_pandas=False))
    return FrameColumn(values=pa.array(series, from_pandas=True))


def _category(series: pd.Series[Any], name: str) -> FrameColumn:
    import pandas as pd

    names = _column(pd.Series(series.cat.categories), name, nan_is_null=False)
    codes = series.cat.codes.to_numpy()
    indices = pa.array(codes, mask=codes < 0)
    words = names.values
    if isinstance(words, pa.ChunkedArray):
        words = words.combine_chunks()
    if names.mark is not None:
        return FrameColumn(values=words.take(indices), mark=names.mark)
    return FrameColumn(values=pa.DictionaryArray.from_arrays(indices, words))


def _texts(series: pd.Series[Any], spell: Callable[[Any], str]) -> pa.Array:
    missing = series.isna().to_numpy()
    texts = [
        None if null else spell(value) for value, null in zip(series.array, missing, strict=True)
    ]
    return pa.array(texts, pa.string())


# objects of Python


def _objects(series: pd.Series[Any], name: str) -> FrameColumn:
    missing = series.isna().to_numpy()
    values = [None if null else value for value, null in zip(series.array, missing, strict=True)]
    return _of_values(values, name)


def _of_values(values: list[Any], name: str) -> FrameColumn:
    """Return values of one kind, or of kinds of which one holds the other."""
    kinds = {_kind(type(value)) for value in values if value is not None}
    if not kinds:
        return FrameColumn(values=pa.nulls(len(values)))
    for known, make in _RULES:
        if kinds <= known:
            return make(values, name)
    types = {type(value).__name__ for value in values if value is not None}
    raise _unmovable(name, f"it holds {' and '.join(sorted(types))}")


def _kind(kind: type[Any]) -> str:
    found = next((word for word, types in _KINDS if issubclass(kind, types)), None)
    if found is not None:
        return found
    module = kind.__module__.partition(".")[0]
    if module == "numpy":
        return {"bool": "bool", "bool_": "bool", "ndarray": "list"}.get(
            kind.__name__, _numpy_kind(kind)
        )
    return kind.__name__ if module == "pandas" else f"{kind.__module__}.{kind.__name__}"


def _numpy_kind(kind: type[Any]) -> str:
    bases = {base.__name__ for base in kind.__mro__}
    return "int" if "integer" in bases else "float" if "floating" in bases else kind.__name__


# The order matters: a bool is an int to Python, and a datetime is a date.
_KINDS: tuple[tuple[str, tuple[type[Any], ...]], ...] = (
    ("bool", (bool,)),
    ("int", (int,)),
    ("float", (float,)),
    ("decimal", (Decimal,)),
    ("str", (str,)),
    ("bytes", (bytes, bytearray, memoryview)),
    ("datetime", (dt.datetime,)),
    ("date", (dt.date,)),
    ("time", (dt.time,)),
    ("timedelta", (dt.timedelta,)),
    ("uuid", (uuid.UUID,)),
    ("dict", (Mapping,)),
    ("list", (list, tuple)),
)


def _plain(values: list[Any], name: str) -> FrameColumn:
    del name
    return FrameColumn(values=pa.array(values))


def _strings(values: list[Any], name: str) -> FrameColumn:
    del name
    return FrameColumn(values=pa.array(values, pa.large_string()))


def _integers(values: list[Any], name: str) -> FrameColumn:
    numbers = [None if value is None else int(value) for value in values]
    held = [number for number in numbers if number is not None]
    low, high = min(held), max(held)
    for kind, least, most in ((pa.int64(), -(2**63), 2**63), (pa.uint64(), 0, 2**64)):
        if least <= low and high < most:
            return FrameColumn(values=pa.array(numbers, kind))
    digits = max(len(str(abs(low))), len(str(abs(high))))
    if digits > _DIGITS:
        raise _unmovable(name, f"an integer has {digits} digits, and the most are {_DIGITS}")
    decimals = [None if number is None else Decimal(number) for number in numbers]
    return FrameColumn(values=pa.array(decimals, pa.decimal256(digits, 0)), mark="integer")


def _floats(values: list[Any], name: str) -> FrameColumn:
    for value in values:
        if value is not None and float(value) != value and value == value:
            raise _unmovable(name, f"no float is exactly {value}, which stands among floats")
    floats = [None if value is None else float(value) for value in values]
    return FrameColumn(values=pa.array(floats, pa.float64()))


def _decimals(values: list[Any], name: str) -> FrameColumn:
    del name
    numbers = [None if value is None else Decimal(value) for value in values]
    finite = [number.as_tuple() for number in numbers if number is not None]
    scale = max((-one.exponent for one in finite if isinstance(one.exponent, int)), default=0)
    scale = max(scale, 0)
    whole = max(
        (len(one.digits) + one.exponent for one in finite if isinstance(one.exponent, int)),
        default=0,
    )
    if finite and all(isinstance(one.exponent, int) for one in finite):
        digits = max(whole, 0) + scale
        if digits <= _DIGITS:
            make = pa.decimal128 if digits <= 38 else pa.decimal256
            return FrameColumn(values=pa.array(numbers, make(max(digits, 1), scale)))
    texts = [None if number is None else _decimal_text(number) for number in numbers]
    return FrameColumn(values=pa.array(texts, pa.string()), mark="decimal")


def _decimal_text(number: Decimal) -> str:
    return f"{number:f}" if number.is_finite() else str(number)


def _moments(values: list[Any], name: str) -> FrameColumn:
    zoned = {value.tzinfo is not None for value in values if value is not None}
    if len(zoned) > 1:
        raise _unmovable(name, "some of its times have a time zone and others have none")
    zone = "UTC" if True in zoned else None
    if not any(getattr(value, "nanosecond", 0) for value in values):
        return FrameColumn(values=pa.array(values, pa.timestamp("us", zone)))
    counts = [None if value is None else _nanoseconds(value) for value in values]
    return FrameColumn(values=pa.array(counts, pa.int64()).cast(pa.timestamp("ns", zone)))


def _nanoseconds(value: Any) -> int:
    start = dt.datetime(1970, 1, 1, tzinfo=None if value.tzinfo is None else dt.UTC)
    plain = value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
    micros = (plain - start) // dt.timedelta(microseconds=1)
    return int(micros * 1000 + getattr(value, "nanosecond", 0))


def _times(values: list[Any], name: str) -> FrameColumn:
    zoned = {value.tzinfo is not None for value in values if value is not None}
    if len(zoned) > 1:
        raise _unmovable(name, "some of its times have an offset and others have none")
    if zoned == {False}:
        return FrameColumn(values=pa.array(values, pa.time64("us")))
    if any(value is not None and value.utcoffset() is None for value in values):
        raise _unmovable(name, "the offset of a time of day depends on the day")
    texts = [None if value is None else value.isoformat() for value in values]
    return FrameColumn(values=pa.array(texts, pa.string()), mark="timetz")


def _spans(values: list[Any], name: str) -> FrameColumn:
    del name
    if not any(getattr(value, "nanoseconds", 0) for value in values):
        return FrameColumn(values=pa.array(values, pa.duration("us")))
    counts = [None if value is None else _span_nanoseconds(value) for value in values]
    return FrameColumn(values=pa.array(counts, pa.int64()).cast(pa.duration("ns")))


def _span_nanoseconds(value: Any) -> int:
    micros = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    return int(micros * 1000 + getattr(value, "nanoseconds", 0))


def _spelled(values: list[Any], name: str) -> FrameColumn:
    del name
    texts = [None if value is None else str(value) for value in values]
    return FrameColumn(values=pa.array(texts, pa.string()))


def _uuids(values: list[Any], name: str) -> FrameColumn:
    return FrameColumn(values=_spelled(values, name).values, mark="uuid")


def _lists(values: list[Any], name: str) -> FrameColumn:
    """Return lists of one kind of values as such, and any others as JSON."""
    import pandas as pd

    lists = [None if value is None else list(value) for value in values]
    flat = list(chain.from_iterable(value for value in lists if value is not None))
    try:
        items = _objects(pd.Series(flat, dtype=object), name)
    except SchemaError:
        return _json(lists, name)
    if items.mark is not None:
        return _json(lists, name)
    ends, offsets = 0, [0]
    for value in lists:
        ends += 0 if value is None else len(value)
        offsets.append(ends)
    nulls = [value is None for value in lists]
    made = pa.LargeListArray.from_arrays(
        pa.array(offsets, pa.int64()), items.values, mask=pa.array(nulls, pa.bool_())
    )
    return FrameColumn(values=made)


def _json(values: list[Any], name: str) -> FrameColumn:
    try:
        texts = [
            None
            if value is None
            else json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plainer)
            for value in values
        ]
    except (TypeError, ValueError) as err:
        raise _unmovable(name, f"a value cannot be written as JSON: {err}") from err
    return FrameColumn(values=pa.array(texts, pa.string()), mark="json")


def _plainer(value: Any) -> Any:
    """Return what JSON knows for a value that it does not."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no like there")


_RULES: tuple[tuple[frozenset[str], Callable[[list[Any], str], FrameColumn]], ...] = (
    (frozenset({"str"}), _strings),
    (frozenset({"bool"}), _plain),
    (frozenset({"int"}), _integers),
    (frozenset({"float", "int"}), _floats),
    (frozenset({"decimal", "int"}), _decimals),
    (frozenset({"bytes"}), _plain),
    (frozenset({"date"}), _plain),
    (frozenset({"datetime"}), _moments),
    (frozenset({"time"}), _times),
    (frozenset({"timedelta"}), _spans),
    (frozenset({"uuid"}), _uuids),
    (frozenset({"Period"}), _spelled),
    (frozenset({"Interval"}), _spelled),
    (frozenset({"list"}), _lists),
    (frozenset({"dict", "list"}), _json),
)
