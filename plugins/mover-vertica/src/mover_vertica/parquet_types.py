"""Which types of Parquet COPY puts into which columns: it converts none of another family."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["misfit"]

_TEXTS = ("char", "varchar", "long varchar")
_BYTES = ("binary", "varbinary", "long varbinary")


def misfit(column: str, kind: pa.DataType, spelling: str) -> str:
    """Say why values of an Arrow type cannot go into a column by COPY; nothing where they can."""
    if _fits(kind, spelling.partition("(")[0].strip()):
        return ""
    return f"COPY puts no {kind} of Parquet into column '{column}', which is {spelling}"


def _fits(kind: pa.DataType, name: str) -> bool:
    import pyarrow.types as pat

    if name in _TEXTS:
        return bool(pat.is_string(kind) or pat.is_large_string(kind))
    if name in _BYTES:
        return bool(pat.is_binary(kind) or pat.is_large_binary(kind))
    families = {
        "int": pat.is_signed_integer,
        "float": pat.is_floating,
        "boolean": pat.is_boolean,
        "date": pat.is_date32,
        "numeric": pat.is_decimal128,
        "timestamp": lambda one: pat.is_timestamp(one) and one.tz is None and one.unit != "ns",
        "timestamptz": lambda one: (
            pat.is_timestamp(one) and one.tz is not None and one.unit != "ns"
        ),
    }
    return name in families and bool(families[name](kind))
