"""A binary load keeps its count, its errors, its memory and its imports in order."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from mover_postgres.binary.command import check_count
from mover_postgres.binary.load import copy_binary
from mover_postgres.binary.pgtypes import parse_type
from mover_postgres.binary.rows import RowEncoder, encoders
from records_mover.errors import BadRowError, ColumnMismatchError, LoadUnloadError, MoveCancelled
from records_mover.meter import Cancellation, Meter
from records_mover.parts import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_TABLE = TableName(schema="pg_temp", name="target")
_SCHEMA = pa.schema([("a", pa.int64())])


def _batch(start: int, rows: int = 50_000) -> pa.RecordBatch:
    return pa.record_batch([np.arange(start, start + rows)], schema=_SCHEMA)


def _copy(cursor: Any, batches: Any, *, cancellation: Cancellation | None = None) -> int:
    reader = pa.RecordBatchReader.from_batches(_SCHEMA, batches)
    return copy_binary(cursor, _TABLE, ["a"], reader, Meter(), cancellation or Cancellation())


def _count(cursor: Any) -> int:
    cursor.execute("SELECT count(*) FROM pg_temp.target")
    return int(cursor.fetchone()[0])


def test_many_batches_land_in_order_and_are_counted(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (n bigserial, a bigint)")
    assert _copy(cursor, (_batch(start * 50_000) for start in range(20))) == 1_000_000
    cursor.execute("SELECT bool_and(a = n - 1) FROM pg_temp.target")
    assert cursor.fetchone()[0] is True


def test_no_batch_at_all_is_an_empty_load(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (a bigint)")
    assert _copy(cursor, []) == 0
    assert _copy(cursor, [_batch(0, 0)]) == 0


def test_columns_go_by_name_and_in_any_order_whatever_they_are_called(cursor: Any) -> None:
    names = ['select"; drop table x; --', "per%cent %s", "ünïcode 😀", "order"]
    quoted = ", ".join('"' + name.replace('"', '""') + '" int' for name in names)
    cursor.execute(f'CREATE TEMP TABLE "odd ""t%" ({quoted}, g int GENERATED ALWAYS AS (1) STORED)')
    table = TableName(schema="pg_temp", name='odd "t%')
    batch = pa.record_batch([pa.array([index]) for index in range(4)], names=["w", "x", "y", "z"])
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    assert copy_binary(cursor, table, names[::-1], reader, Meter(), Cancellation()) == 1
    cursor.execute('SELECT * FROM pg_temp."odd ""t%"')
    assert cursor.fetchone() == (3, 2, 1, 0, 1)


def test_a_generated_or_unknown_column_is_refused_by_name(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (b int, a int GENERATED ALWAYS AS (1) STORED)")
    with pytest.raises(LoadUnloadError, match="no column 'a' that can be written"):
        _copy(cursor, [])
    reader = pa.RecordBatchReader.from_batches(_SCHEMA, [])
    with pytest.raises(ColumnMismatchError, match="1 column comes for the 2"):
        copy_binary(cursor, _TABLE, ["a", "b"], reader, Meter(), Cancellation())


def test_what_the_reader_raises_comes_out_as_itself(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (a bigint); SAVEPOINT before")

    def failing(error: BaseException) -> Iterator[pa.RecordBatch]:
        yield _batch(0)
        raise error

    for error in (ValueError("boom"), KeyboardInterrupt(), MemoryError("boom")):
        with pytest.raises(type(error)):
            copy_binary(cursor, _TABLE, ["a"], _Reader(failing(error)), Meter(), Cancellation())
        cursor.execute("ROLLBACK TO SAVEPOINT before")
        assert _count(cursor) == 0


class _Reader:
    """Batches as Python gives them: Arrow's own reader would wrap what they raise."""

    schema = _SCHEMA

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        return self._batches


def test_what_the_server_refuses_is_told_with_its_row(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (a bigint CHECK (a <> 70000))")
    with pytest.raises(BadRowError, match="row 70001") as caught:
        _copy(cursor, (_batch(start * 50_000) for start in range(20)))
    assert caught.value.line == 70_001


def test_a_value_that_does_not_fit_is_told_by_its_row_in_the_whole_load(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (a smallint)")
    with pytest.raises(BadRowError, match="row 32769: column 'a': '32768' is too large"):
        _copy(cursor, [_batch(0, 20_000), _batch(20_000, 20_000)])


def test_asking_to_stop_stops_the_load(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (a bigint); SAVEPOINT before")
    cancellation = Cancellation()

    def stopping() -> Iterator[pa.RecordBatch]:
        for start in range(1000):
            if start == 10:
                cancellation.cancel()
            yield _batch(start)

    with pytest.raises(MoveCancelled):
        _copy(cursor, stopping(), cancellation=cancellation)
    cursor.execute("ROLLBACK TO SAVEPOINT before")
    assert _count(cursor) == 0


def test_rows_that_a_trigger_leaves_out_are_no_loss_and_others_are(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (a bigint)")
    with pytest.raises(LoadUnloadError, match=r"3 rows were sent .* counts 2"):
        check_count(cursor, _TABLE, sent=3, counted=2)
    cursor.execute(
        "CREATE FUNCTION pg_temp.odd() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN IF new.a % 2 = 1 THEN RETURN NULL; END IF; RETURN new; END'; "
        "CREATE TRIGGER odd BEFORE INSERT ON target FOR EACH ROW EXECUTE FUNCTION pg_temp.odd()"
    )
    assert _copy(cursor, [_batch(0, 10)]) == 5
    with pytest.raises(LoadUnloadError, match=r"2 rows were sent .* counts 3"):
        check_count(cursor, _TABLE, sent=2, counted=3)


def test_text_goes_in_utf8_whatever_the_client_had_set(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE target (a text); SET client_encoding TO 'LATIN1'")
    batch = pa.record_batch([pa.array(["ä€"])], names=["a"])
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    copy_binary(cursor, _TABLE, ["a"], reader, Meter(), Cancellation())
    cursor.execute("SELECT length(a), ascii(a) FROM pg_temp.target")
    assert cursor.fetchone() == (2, 0xE4)


def test_blocks_stay_small_however_large_the_batch_unfolds() -> None:
    text = parse_type("text")
    assert text is not None
    words = pa.array(["x" * 1_000_000, "y"])
    folded = pa.DictionaryArray.from_arrays(pa.array([0] * 500, pa.int8()), words)
    for array, most in ((folded, 3 << 20), (pa.array(["z" * 1000] * 20_000), 4 << 20)):
        batch = pa.record_batch([array], names=["a"])
        found = encoders(batch.schema, {"a": text}, ["a"])
        rows = RowEncoder(["a"], [one for one in found if not isinstance(one, str)])
        assert max(map(len, rows.blocks(batch))) < most
        assert rows.rows == len(array)


_ENCODE_ALL = """
import sys
import pyarrow.ipc as ipc
from mover_postgres.binary.pgtypes import parse_type
from mover_postgres.binary.rows import RowEncoder, encoders

kinds = sys.argv[2].split(";")
with ipc.open_stream(sys.argv[1]) as reader:
    names = reader.schema.names
    types = dict(zip(names, map(parse_type, kinds), strict=True))
    rows = RowEncoder(names, encoders(reader.schema, types, names))
    print(sum(len(block) for batch in reader for block in rows.blocks(batch)) > 0)
print("pandas" in sys.modules)
"""

_PARSE_CSV = """
import sys
from mover_postgres.binary.csv import csv_layout
from mover_postgres.binary.pgtypes import parse_type
from mover_postgres.binary.chunks import Chunk
from mover_postgres.options import CopyOptions, LoadOptions

kinds = sys.argv[2].split(";")
names = [str(index) for index in range(len(kinds))]
copy = CopyOptions(mode="csv", delimiter=",", null="", encoding="UTF8", quote='"', escape='"')
options = LoadOptions(copy=copy, date_style="ISO, MDY")
layout = csv_layout(names, dict(zip(names, map(parse_type, kinds), strict=True)), options)
print(layout.tuples(Chunk(open(sys.argv[1], "rb").read(), False, False))[1] > 0)
print("pandas" in sys.modules)
"""


def _run(script: str, *arguments: str) -> list[str]:
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def test_encoding_imports_no_pandas(tmp_path: Path) -> None:
    columns = {
        "bigint": pa.array([1, None]),
        "smallint": pa.array([1, 2]),
        "numeric(15,2)": pa.array([Decimal("1.50"), None]),
        "numeric": pa.array([Decimal(10**30), None]),
        "text": pa.array(["a", None]).dictionary_encode(),
        "uuid": pa.array(["00112233-4455-6677-8899-aabbccddeeff", None]),
        "timestamp with time zone": pa.array([0, None], pa.timestamp("ns", "UTC")),
        "date": pa.array([0, 1], pa.date32()),
        "interval": pa.array([0, None], pa.duration("us")),
        "jsonb": pa.array(["1", None], pa.string_view()),
        "text[]": pa.array([["a", None], None]),
    }
    table = pa.table(list(columns.values()), names=[str(index) for index in range(len(columns))])
    path = tmp_path / "all.arrow"
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)
    assert _run(_ENCODE_ALL, str(path), ";".join(columns)) == ["True", "False"]


def test_parsing_imports_no_pandas(tmp_path: Path) -> None:
    values = {
        "bigint": "1",
        "numeric(15,2)": "1.5",
        "numeric(5,1)": "1.5",
        "double precision": "0.0",
        "text": '"0x1e5"',
        "date": "2020-01-02",
        "timestamp without time zone": "2020-01-02 03:00",
        "timestamp with time zone": "2020-01-02 03:00:00Z",
        "bytea": "\\x00ff",
        "boolean": "yes",
    }
    path = tmp_path / "all.csv"
    path.write_text(",".join(values.values()) + "\n")
    assert _run(_PARSE_CSV, str(path), ";".join(values)) == ["True", "False"]
