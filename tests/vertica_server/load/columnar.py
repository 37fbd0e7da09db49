"""PARQUET and ORC: columns matched by position and by type, or by name where that is asked for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from vertica_server.errors import VerticaError
from vertica_server.grammar.export import truth
from vertica_server.load.arguments import checked
from vertica_server.load.jsontext import text_of_value
from vertica_server.load.record import Record
from vertica_server.sql.names import inner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vertica_server.grammar.copy import CopyStatement
    from vertica_server.load.columns import Input

__all__ = ["columnar_records"]

_ARGUMENTS = {"hive_partition_cols": "", "allow_no_match": "false",
              "allow_long_varbinary_match_complex_type": "true",
              "do_soft_schema_match_by_name": "false",
              "reject_on_materialized_type_error": "false"}  # fmt: skip
_TEXTS = ("char", "varchar", "long_varchar")
_BYTES = ("binary", "varbinary", "long_varbinary")


def columnar_records(
    chunks: Iterable[bytes], statement: CopyStatement, inputs: Sequence[Input]
) -> Iterator[Record]:
    """Yield the rows of a file."""
    said = checked(statement, _ARGUMENTS)
    table = _table(b"".join(chunks), statement.parser)
    if truth("do_soft_schema_match_by_name", said["do_soft_schema_match_by_name"]):
        names = {inner(name): place for place, name in enumerate(table.column_names)}
        columns = [names.get(inner(one.name)) for one in inputs]
    else:
        columns = _by_position(table, inputs, statement.parser)
    for place, one in zip(columns, inputs, strict=True):
        if place is not None:
            _check(table.schema.field(place).type, one, statement.parser)
    for batch in table.to_batches(max_chunksize=4096):
        values = [None if p is None else batch.column(p).to_pylist() for p in columns]
        for row in range(batch.num_rows):
            fields = [None if column is None else _text(column[row]) for column in values]
            yield Record(raw=b"", fields=fields)


def _table(data: bytes, parser: str) -> Any:
    import pyarrow as pa

    try:
        if parser == "orc":
            from pyarrow import orc

            return orc.ORCFile(io.BytesIO(data)).read()
        import pyarrow.parquet as pq

        return pq.read_table(io.BytesIO(data))
    except pa.ArrowException as error:
        said = f"Error in {parser.upper()} parser: {error}"
        raise VerticaError(said, sqlstate="22V04", code=7247) from error


def _by_position(table: Any, inputs: Sequence[Input], parser: str) -> list[int | None]:
    """Every column of the file has to be there (page PARQUET: strict schema matching)."""
    if len(inputs) != table.num_columns:
        said = f"Attempt to load {len(inputs)} columns from a {parser} source with"
        raise VerticaError(f"{said} {table.num_columns} columns", sqlstate="22V04", code=9135)
    return list(range(len(inputs)))


def _check(kind: Any, one: Input, parser: str) -> None:
    """A file's type has to be the column's; nothing is coerced from one family to another."""
    from pyarrow import types

    fits = {
        "int": types.is_integer,
        "float": types.is_floating,
        "bool": types.is_boolean,
        "date": types.is_date,
        "numeric": types.is_decimal,
        "timestamp": types.is_timestamp,
        "timestamptz": types.is_timestamp,
        "time": types.is_time,
    }
    if one.type.kind in _TEXTS:
        fine = types.is_string(kind) or types.is_large_string(kind) or types.is_dictionary(kind)
    elif one.type.kind in _BYTES:
        fine = (
            types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
        )
    elif one.type.kind in ("array", "set"):
        fine = types.is_list(kind)
    elif one.type.kind == "uuid":
        fine = types.is_fixed_size_binary(kind) or types.is_string(kind)
    else:
        fine = one.type.kind in fits and bool(fits[one.type.kind](kind))
    if not fine:
        said = f'Datatype mismatch: column "{one.name}" in the {parser} source has type'
        raise VerticaError(f"{said} {kind}, expected {one.type.shown}", sqlstate="22V04", code=7247)


def _text(value: Any) -> bytes | None:
    import datetime as dt

    if isinstance(value, dt.datetime | dt.time):
        return value.isoformat(*([" "] if isinstance(value, dt.datetime) else [])).encode()
    if isinstance(value, float):
        return repr(value).encode()
    return text_of_value(value)
