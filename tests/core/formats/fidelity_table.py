"""The table of what each format keeps of each type, made by trying.

Run it to write the page anew: ``python tests/core/formats/fidelity_table.py``.
"""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from records_mover.errors import RecordsException
from records_mover.formats import (
    AvroRecordsFormat,
    BaseRecordsFormat,
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
    losses,
    read_batches,
    write_batches,
)
from records_mover.formats.names import PLAIN_CSV
from records_mover.schema import (
    DecimalConstraints,
    Field,
    IntegerConstraints,
    RecordsSchema,
    TimeConstraints,
)

PAGE = Path(__file__).parents[3] / "docs" / "fidelity-formats.md"
NONE = {"compression": None}
FORMATS: dict[str, BaseRecordsFormat] = {
    "a file named .csv": PLAIN_CSV,
    "delimited, bluelabs": DelimitedRecordsFormat("bluelabs", NONE),
    "delimited, csv": DelimitedRecordsFormat("csv", NONE),
    "delimited, bigquery": DelimitedRecordsFormat("bigquery", NONE),
    "delimited, dumb": DelimitedRecordsFormat("dumb", NONE),
    "delimited, vertica": DelimitedRecordsFormat("vertica"),
    "parquet": ParquetRecordsFormat(),
    "avro": AvroRecordsFormat(),
    "jsonl": JsonLinesRecordsFormat(),
}

DOUBLE = DecimalConstraints(fp_total_bits=64, fp_significand_bits=53)
LONG = IntegerConstraints(min=-(10**30), max=10**30)
FIXED = DecimalConstraints(fixed_precision=38, fixed_scale=10)
MOMENT = dt.datetime(1912, 4, 15, 2, 20, 30, 123456)
UTC = MOMENT.replace(tzinfo=dt.UTC)
NANO = TimeConstraints(precision=9)
# The values of each type that break what is careless.
TYPES: dict[str, tuple[Field, list[Any]]] = {
    "integer": (Field("x", "integer"), [-(2**63), 2**63 - 1, None]),
    "integer past 64 bits": (Field("x", "integer", LONG), [10**30, -(10**30), None]),
    "decimal of a fixed point": (
        Field("x", "decimal", FIXED),
        [Decimal("12345678901234567890.0123456789"), Decimal("1E-10"), None],
    ),
    "decimal, floating": (Field("x", "decimal", DOUBLE), [0.1, 1e300, -5e-324, None]),
    "decimal without limits": (Field("x", "decimal"), ["1" * 90 + ".5", None]),
    "string": (Field("x", "string"), ['a,b"c\n\\N\r\n', "007", "NA", "é€😀", None]),
    "string, empty and NULL": (Field("x", "string"), ["", None]),
    "boolean": (Field("x", "boolean"), [True, False, None]),
    "date": (Field("x", "date"), [dt.date(1912, 4, 15), dt.date(2099, 12, 31), None]),
    "time": (Field("x", "time"), [MOMENT.time(), dt.time(0, 0), None]),
    "timetz": (Field("x", "timetz"), ["02:20:30.5-03:30", None]),
    "datetime": (Field("x", "datetime"), [MOMENT, None]),
    "datetime with nanoseconds": (Field("x", "datetime", NANO), [123456789123456789, None]),
    "datetimetz": (Field("x", "datetimetz"), [UTC, None]),
    "bytes": (Field("x", "bytes"), [b"\x00\xff\n,", b"", None]),
    "uuid": (Field("x", "uuid"), ["123e4567-e89b-12d3-a456-426614174000", None]),
    "json": (Field("x", "json"), ['{"a": [1, "x,y"]}', None]),
    "interval": (Field("x", "interval"), ["P1M2DT3.5S", None]),
    "array": (Field("x", "array", items=Field("item", "integer")), [[1, None], [], None]),
}

HEAD = """\
# What each format keeps of each type

Made by writing values that are hard for each type, and NULL, and reading them back with the same
schema: `python tests/core/formats/fidelity_table.py`. A test compares this page with what comes
out. **kept** means that every value, every NULL and the type came back equal. Where a format loses
something a warning names the column before anything is written; what cannot be written is
refused, and nothing is changed in silence.
"""


def outcome(field: Field, values: list[Any], fmt: BaseRecordsFormat) -> str:
    """Return what becomes of the values of one column."""
    schema = RecordsSchema([field])
    wanted = schema.to_arrow()
    table = pa.table([pa.array(values, wanted[0].type)], schema=wanted)
    lost = "; ".join(loss.why for loss in losses(schema, fmt))
    sink = io.BytesIO()
    try:
        write_batches(table.to_reader(), fmt, sink, schema=schema)
        back = read_batches(io.BytesIO(sink.getvalue()), fmt, schema).read_all()
    except RecordsException as err:
        return f"refused: {err.what.splitlines()[0][:90]}"
    if back.equals(table):
        return "**kept**"
    return f"warned: {lost}" if lost else "CHANGED IN SILENCE"


def page() -> str:
    """Return the page as Markdown."""
    parts = [HEAD]
    for kind, (field, values) in TYPES.items():
        rows = [f"| {name} | {outcome(field, values, fmt)} |" for name, fmt in FORMATS.items()]
        parts.append(
            "\n".join([f"## {kind}\n", "| format | outcome |", "| --- | --- |", *rows, ""])
        )
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
