"""Times the reading, writing and inferring of files against DuckDB and pyarrow.

Both sides run in this process and in turns, with two threads each; one ratio a line is printed.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv

from records_mover.formats import ParquetRecordsFormat, infer_schema
from records_mover.formats.names import PLAIN_CSV
from records_mover.formats.recode.files import recode as recode_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from records_mover.formats import BaseRecordsFormat
    from records_mover.schema import RecordsSchema

RUNS = 5


def race(*works: Callable[[], object]) -> list[tuple[float, float]]:
    """Return the least wall time and the least CPU time of each, run in turns.

    In turns, as other work on the machine then slows all of them alike.
    """
    times: list[list[tuple[float, float]]] = [[] for _ in works]
    for _ in range(RUNS):
        for work, seen in zip(works, times, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            seen.append((time.perf_counter() - wall, time.process_time() - cpu))
    return [(min(w for w, _ in seen), min(c for _, c in seen)) for seen in times]


def recode(
    source: Path,
    one: BaseRecordsFormat,
    target: Path,
    other: BaseRecordsFormat,
    schema: RecordsSchema,
) -> int:
    """Write one file as another."""
    with target.open("wb") as sink:
        return recode_files([lambda: source.open("rb")], one, sink, other, schema=schema)


def main(csv: Path) -> None:
    """Print the ratios for a CSV file of ``lineitem``."""
    pa.set_cpu_count(2)
    db = duckdb.connect()
    db.execute("set threads = 2")
    with tempfile.TemporaryDirectory(dir=csv.parent) as scratch:
        where = Path(scratch)
        parquet, ours = where / "duck.parquet", where / "ours"
        read = f"read_csv('{csv}')"
        schema = infer_schema([lambda: csv.open("rb")], PLAIN_CSV)
        full = f"describe select * from read_csv('{csv}', sample_size=-1)"
        bluelabs = PLAIN_CSV.alter_variant("bluelabs").alter_hints({"compression": None})
        pairs: list[tuple[str, float, Callable[[], object], Callable[[], object]]] = [
            (
                "infer the whole CSV / DuckDB describe, sample_size=-1",
                0.5,
                lambda: infer_schema([lambda: csv.open("rb")], PLAIN_CSV),
                lambda: db.execute(full).fetchall(),
            ),
            (
                "CSV -> Parquet / DuckDB COPY",
                1.3,
                lambda: recode(csv, PLAIN_CSV, ours, ParquetRecordsFormat(), schema),
                lambda: db.execute(f"copy (from {read}) to '{parquet}'"),
            ),
            (
                "Parquet -> CSV / DuckDB COPY",
                1.2,
                lambda: recode(parquet, ParquetRecordsFormat(), ours, PLAIN_CSV, schema),
                lambda: db.execute(f"copy (from '{parquet}') to '{where / 'duck.csv'}'"),
            ),
            (
                "CSV -> CSV of another variant / pyarrow read_csv",
                2.0,
                lambda: recode(csv, PLAIN_CSV, ours, bluelabs, schema),
                lambda: pacsv.read_csv(csv),
            ),
        ]
        for name, limit, mine, theirs in pairs:
            (wall, cpu), (other_wall, other_cpu) = race(mine, theirs)
            ratio = wall / other_wall
            verdict = "ok" if ratio <= limit else "OVER"
            print(
                f"{name}: {wall:.2f} s / {other_wall:.2f} s = {ratio:.2f} (<= {limit}) {verdict};"
                f" CPU {cpu:.2f} / {other_cpu:.2f} = {cpu / other_cpu:.2f}",
                flush=True,
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process, DuckDB included: {peak:.0f} MB")
