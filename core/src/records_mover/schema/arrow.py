"""The columns of records schemas as Arrow's and back, without losing a value on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.types as pat

from records_mover.errors import SchemaError
from records_mover.schema.constraints import (
    Constraints,
    DecimalConstraints,
    IntegerConstraints,
    StringConstraints,
    TimeConstraints,
)
from records_mover.schema.field import FIELD_TYPES, Field, FieldType

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["TYPE_KEY", "arrow_type", "fields_of", "schema_of"]

# Types that travel as their text say what they are in this entry of the Arrow field's metadata.
TYPE_KEY = b"records_mover.type"

# Fields that a database described keep its words in this entry, as JSON.
FIELD_KEY = b"records_mover.field"

_MAX_DIGITS = 76  # of decimal256, the widest fixed point that Arrow has
_INT_TYPES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
_SIZED = ("int16", "int32", "int64")
_FLOAT_BITS = {"halffloat": (16, 11), "float": (32, 23), "double": (64, 53)}


def limits(name: str) -> tuple[int, int]:
    """Return the least and the greatest value of an Arrow integer type."""
    bits = int(name.lstrip("uint"))
    return (0, 2**bits - 1) if name.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


_LIMITS = {name: limits(name) for name in _INT_TYPES}
_BY_LIMITS = {range_: name for name, range_ in _LIMITS.items()}


def schema_of(fields: Iterable[Field]) -> pa.Schema:
    """Return the Arrow schema that holds every value of these columns exactly."""
    return pa.schema([_to_arrow_field(field) for field in fields])


def _to_arrow_field(field: Field) -> pa.Field:
    kind = arrow_type(field)
    mark = _mark(field.field_type, kind)
    metadata = {TYPE_KEY: mark.encode()} if mark else {}
    if field.representations:
        metadata[FIELD_KEY] = json.dumps(field.to_data()).encode()
    return pa.field(field.name, kind, nullable=not field.required, metadata=metadata or None)


def _mark(field_type: str, kind: pa.DataType) -> str | None:
    if field_type == "integer":
        # Past 76 digits Arrow has text only, which no longer says how many digits there may be.
        return "decimal" if pat.is_string(kind) else "integer" if pat.is_decimal(kind) else None
    return field_type if pat.is_string(kind) and field_type != "string" else None


def arrow_type(field: Field) -> pa.DataType:
    """Return the Arrow type of one column; text where Arrow has no exact type for it."""
    match field.field_type:
        case "integer":
            return _integer_type(field.constraints)
        case "decimal":
            return _decimal_type(field.constraints)
        case "boolean":
            return pa.bool_()
        case "date":
            return pa.date32()
        case "time":
            return pa.time64(_unit(field.constraints))
        case "datetime":
            return pa.timestamp(_unit(field.constraints))
        case "datetimetz":
            return pa.timestamp(_unit(field.constraints), "UTC")
        case "bytes":
            return pa.binary()
        case "array":
            return pa.list_(_to_arrow_field(field.items or Field("item", "string")))
        case _:
            return pa.string()


def _integer_type(constraints: Constraints | None) -> pa.DataType:
    low, high = -(2**63), 2**63 - 1
    if isinstance(constraints, IntegerConstraints):
        low = low if constraints.min is None else constraints.min
        high = high if constraints.max is None else constraints.max
    name = _BY_LIMITS.get((low, high)) or _smallest(low, high)
    if name is not None:
        return getattr(pa, name)()
    return _fixed_point(max(len(str(abs(low))), len(str(abs(high)))), 0)


def _smallest(low: int, high: int) -> str | None:
    fitting = (name for name in _SIZED if _LIMITS[name][0] <= low and high <= _LIMITS[name][1])
    return next(fitting, None)


def _decimal_type(constraints: Constraints | None) -> pa.DataType:
    if not isinstance(constraints, DecimalConstraints):
        return pa.string()
    if constraints.fixed_precision is not None:
        return _fixed_point(constraints.fixed_precision, constraints.fixed_scale or 0)
    if constraints.fp_significand_bits is None:
        return pa.string()
    return pa.float32() if constraints.fp_significand_bits <= 24 else pa.float64()


def _fixed_point(precision: int, scale: int) -> pa.DataType:
    # A scale outside 0..precision is legal in some databases: widen until Arrow can hold it.
    precision, scale = (precision - scale, 0) if scale < 0 else (max(precision, scale), scale)
    if precision > _MAX_DIGITS:
        return pa.string()
    return pa.decimal128(precision, scale) if precision <= 38 else pa.decimal256(precision, scale)


def _unit(constraints: Constraints | None) -> str:
    precise = isinstance(constraints, TimeConstraints) and (constraints.precision or 0) > 6
    return "ns" if precise else "us"


def fields_of(schema: pa.Schema) -> list[Field]:
    """Return the columns of an Arrow schema."""
    return [_from_arrow_field(field) for field in schema]


def _from_arrow_field(field: pa.Field) -> Field:
    known = _known_field(field)
    if known is not None:
        return known
    kind = field.type
    if pat.is_dictionary(kind):
        kind = kind.value_type
    marked = (field.metadata or {}).get(TYPE_KEY, b"").decode()
    required = not field.nullable
    if marked in FIELD_TYPES and _is_text(kind):
        return Field(field.name, marked, _no_limits(marked, required=required))
    if marked == "integer" and pat.is_decimal(kind):
        high = 10**kind.precision - 1
        return Field(
            field.name, "integer", IntegerConstraints(required=required, min=-high, max=high)
        )
    if _is_list(kind):
        items = _from_arrow_field(kind.value_field.with_name("item"))
        return Field(field.name, "array", Constraints(required=required), items=items)
    field_type, constraints = _describe(kind, required=required)
    return Field(field.name, field_type, constraints)


def _known_field(field: pa.Field) -> Field | None:
    """Return the field that was made into this one, if this is still what it would be made into."""
    document = (field.metadata or {}).get(FIELD_KEY)
    if document is None:
        return None
    try:
        known = Field.from_data(field.name, json.loads(document))
    except (ValueError, SchemaError):
        return None
    same = arrow_type(known) == field.type and known.required is not field.nullable
    return known if same else None


def _no_limits(field_type: str, *, required: bool) -> Constraints:
    kind = DecimalConstraints if field_type == "decimal" else Constraints
    return kind(required=required)


def _describe(kind: pa.DataType, *, required: bool) -> tuple[FieldType, Constraints]:
    if pat.is_integer(kind):
        low, high = _LIMITS[str(kind)]
        return "integer", IntegerConstraints(required=required, min=low, max=high)
    if pat.is_floating(kind):
        total, significand = _FLOAT_BITS[str(kind)]
        return "decimal", DecimalConstraints(
            required=required, fp_total_bits=total, fp_significand_bits=significand
        )
    if pat.is_decimal(kind):
        return "decimal", DecimalConstraints(
            required=required, fixed_precision=kind.precision, fixed_scale=kind.scale
        )
    if pat.is_boolean(kind) or pat.is_date(kind):
        return ("boolean" if pat.is_boolean(kind) else "date"), Constraints(required=required)
    if pat.is_timestamp(kind):
        precision = 9 if kind.unit == "ns" else None
        name: FieldType = "datetime" if kind.tz is None else "datetimetz"
        return name, TimeConstraints(required=required, precision=precision)
    if pat.is_time(kind):
        precision = 9 if kind.unit == "ns" else None
        return "time", TimeConstraints(required=required, precision=precision)
    if _is_binary(kind):
        return "bytes", Constraints(required=required)
    if _is_text(kind) or pat.is_null(kind):
        return "string", StringConstraints(required=required)
    return _described_by_text(kind), Constraints(required=required)


def _described_by_text(kind: pa.DataType) -> FieldType:
    if str(kind).startswith("extension<arrow.uuid"):
        return "uuid"
    if pat.is_duration(kind) or pat.is_interval(kind):
        return "interval"
    nested = pat.is_struct(kind) or pat.is_map(kind) or str(kind).startswith("extension<arrow.json")
    return "json" if nested else "string"


def _is_list(kind: pa.DataType) -> bool:
    return bool(pat.is_list(kind) or pat.is_large_list(kind) or pat.is_fixed_size_list(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pat.is_string(kind) or pat.is_large_string(kind) or pat.is_string_view(kind))


def _is_binary(kind: pa.DataType) -> bool:
    fixed = pat.is_fixed_size_binary(kind)
    return bool(
        fixed or pat.is_binary(kind) or pat.is_large_binary(kind) or pat.is_binary_view(kind)
    )
