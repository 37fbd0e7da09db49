"""Arrow's columns as those of Avro, and back."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.types as pat

from records_mover.errors import FormatError
from records_mover.schema.arrow import TYPE_KEY

__all__ = ["arrow_schema", "avro_schema", "is_uuid", "writable"]

# Attributes of our own in the schema of a file; other readers pass over them.
_NAME, _TYPE = "records_mover.name", "records_mover.type"
_PLAIN = {"int": "int32", "long": "int64", "float": "float32", "double": "float64"}


def arrow_schema(avro: Any) -> pa.Schema:
    """Return the columns of a file, by the schema it was written with."""
    fields = []
    for field in avro["fields"]:
        kind, nullable = _nullable(field["type"])
        name, mark = field.get(_NAME, field["name"]), field.get(_TYPE, _logical_mark(kind))
        metadata = {TYPE_KEY: mark.encode()} if mark else None
        fields.append(pa.field(name, _arrow_type(kind), nullable=nullable, metadata=metadata))
    return pa.schema(fields)


def _names(fields: list[pa.Field]) -> list[str]:
    """Return names that Avro allows, each once: letters, digits and underscores."""
    taken: set[str] = set()
    names = []
    for field in fields:
        plain = re.sub(r"[^A-Za-z0-9_]", "_", field.name)
        stem = plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
        name, count = stem, 1
        while name in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(name)
        names.append(name)
    return names


def _nullable(kind: Any) -> tuple[Any, bool]:
    if not isinstance(kind, list):
        return kind, False
    rest = [one for one in kind if one != "null"]
    if len(rest) != 1:
        raise FormatError(
            f"the Avro union {kind!r} holds several types", "use a union with null only"
        )
    return rest[0], len(rest) < len(kind)


def _arrow_type(kind: Any) -> pa.DataType:  # noqa: C901
    logical = kind.get("logicalType") if isinstance(kind, dict) else None
    base = kind["type"] if isinstance(kind, dict) else kind
    if logical == "decimal":
        precision = kind["precision"]
        wide = pa.decimal128 if precision <= 38 else pa.decimal256
        return wide(precision, kind.get("scale", 0))
    if logical == "date":
        return pa.date32()
    if logical in ("time-millis", "time-micros"):
        return pa.time64("us")
    if logical in ("timestamp-millis", "timestamp-micros"):
        return pa.timestamp("us", "UTC")
    if logical in ("local-timestamp-millis", "local-timestamp-micros"):
        return pa.timestamp("us")
    if logical == "uuid":
        return pa.string()
    if base == "array":
        item, nullable = _nullable(kind["items"])
        return pa.list_(pa.field("item", _arrow_type(item), nullable=nullable))
    if base in _PLAIN:
        return getattr(pa, _PLAIN[base])()
    if base == "boolean":
        return pa.bool_()
    if base in ("bytes", "fixed"):
        return pa.binary()
    if base in ("string", "enum"):
        return pa.string()
    raise FormatError(f"the Avro type {kind!r} cannot be read", "flatten the records first")


def _logical_mark(kind: Any) -> str | None:
    return "uuid" if isinstance(kind, dict) and kind.get("logicalType") == "uuid" else None


def is_uuid(field: pa.Field) -> bool:
    """Tell whether a column holds UUIDs, which are text here."""
    return bool((field.metadata or {}).get(TYPE_KEY) == b"uuid")


def avro_schema(schema: pa.Schema) -> dict[str, Any]:
    """Return a record whose fields hold these columns, which are ``writable``."""
    fields = [
        {"name": name, **_described(name, field)}
        for name, field in zip(_names(list(schema)), schema, strict=True)
    ]
    return {"type": "record", "name": "row", "fields": fields}


def writable(schema: pa.Schema) -> pa.Schema:
    """Return the columns with types that Avro knows; a value with nanoseconds will not fit."""
    return pa.schema([_writable(field) for field in schema])


def _described(name: str, field: pa.Field) -> dict[str, Any]:
    """Return the type of a column, and what Avro itself cannot say of it."""
    described = {"type": _avro(field)}
    if name != field.name:
        described[_NAME] = field.name
    mark = (field.metadata or {}).get(TYPE_KEY)
    return {**described, _TYPE: mark.decode()} if mark else described


def _avro(field: pa.Field) -> Any:
    kind = _avro_type(field.type)
    return ["null", kind] if field.nullable else kind


def _writable(field: pa.Field) -> pa.Field:
    kind = field.type
    if pat.is_uint64(kind):
        return field.with_type(pa.decimal128(20, 0)).with_metadata({TYPE_KEY: b"integer"})
    if pat.is_list(kind):
        return field.with_type(pa.list_(_writable(kind.value_field)))
    if pat.is_timestamp(kind) and kind.unit == "ns":
        return field.with_type(pa.timestamp("us", kind.tz))
    return field.with_type(pa.time64("us")) if kind == pa.time64("ns") else field


def _avro_type(kind: pa.DataType) -> Any:
    if pat.is_boolean(kind):
        return "boolean"
    if pat.is_integer(kind):
        return "int" if kind.bit_width < 32 or kind == pa.int32() else "long"
    if pat.is_floating(kind):
        return "float" if kind.bit_width <= 32 else "double"
    if pat.is_decimal(kind):
        digits = {"precision": kind.precision, "scale": kind.scale}
        return {"type": "bytes", "logicalType": "decimal", **digits}
    if pat.is_date(kind):
        return {"type": "int", "logicalType": "date"}
    if pat.is_time(kind):
        return {"type": "long", "logicalType": "time-micros"}
    if pat.is_timestamp(kind):
        name = "timestamp-micros" if kind.tz else "local-timestamp-micros"
        return {"type": "long", "logicalType": name}
    if pat.is_list(kind):
        return {"type": "array", "items": _avro(kind.value_field)}
    return "bytes" if pat.is_binary(kind) else "string"
