"""Parquet and ORC files as the exporter writes them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from vertica_server.grammar.export import truth
from vertica_server.wire.binary import unescaped

if TYPE_CHECKING:
    from vertica_server.grammar.export import Export
    from vertica_server.grammar.types import VType
    from vertica_server.wire.results import Field

__all__ = ["arrow_type", "columnar_file"]


def columnar_file(export: Export, fields: list[Field], block: list[list[bytes | None]]) -> bytes:
    """Return one file."""
    import pyarrow as pa

    columns = [
        _column([row[place] for row in block], field.type) for place, field in enumerate(fields)
    ]
    table = pa.Table.from_arrays(columns, names=[field.name for field in fields])
    out, codec = io.BytesIO(), export.said["compression"].lower()
    if export.form == "orc":
        from pyarrow import orc

        orc.write_table(table, out, compression=codec)
        return out.getvalue()
    import pyarrow.parquet as pq

    size = int(export.said["rowgroupsizemb"]) * 1000
    pq.write_table(
        table, out, compression="none" if codec == "uncompressed" else codec, row_group_size=size,
        use_deprecated_int96_timestamps=truth("int96AsTimestamp", export.said["int96astimestamp"]),
    )  # fmt: skip
    return out.getvalue()


def arrow_type(kind: VType) -> Any:
    """Return the Arrow type that a column is written as (page EXPORT TO PARQUET)."""
    import pyarrow as pa

    simple = {
        "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64(), "date": pa.date32(),
        "timestamp": pa.timestamp("us"), "timestamptz": pa.timestamp("us"),
        "binary": pa.binary(), "varbinary": pa.binary(), "long_varbinary": pa.binary(),
    }  # fmt: skip
    if kind.kind == "numeric" and 0 < kind.precision <= 38:
        return pa.decimal128(kind.precision, kind.scale)
    if kind.kind in ("array", "set") and kind.element is not None:
        return pa.list_(arrow_type(kind.element))
    return simple.get(kind.kind, pa.string())


def _column(values: list[bytes | None], kind: VType) -> Any:
    import pyarrow as pa

    wanted = arrow_type(kind)
    if kind.kind in ("array", "set"):
        import json

        return pa.array([None if v is None else json.loads(v) for v in values], wanted)
    if pa.types.is_binary(wanted):
        return pa.array([None if v is None else unescaped(v) for v in values], wanted)
    texts = [None if v is None else v.decode("utf-8", "replace") for v in values]
    if kind.kind == "bool":
        return pa.array([None if text is None else text == "t" for text in texts], wanted)
    column = pa.array(texts, pa.string())
    if kind.kind == "timestamptz":
        return _in_utc(texts)
    return column if wanted == pa.string() else column.cast(wanted)


def _in_utc(texts: list[str | None]) -> Any:
    """A TIMESTAMPTZ is written as what it is in UTC."""
    import pyarrow as pa

    from vertica_server.wire.binary import micros_of

    shift = 946_684_800_000_000  # from 1970 to 2000
    whole = [None if text is None else micros_of(text.encode()) + shift for text in texts]
    return pa.array(whole, pa.int64()).cast(pa.timestamp("us"))
