"""Times the reading, writing and inferring of files against DuckDB and pyarrow.

Run it by hand: ``python tests/bench/bench_formats.py [rows]``. It needs duckdb and tpchgen-cli,
works in a scratch directory and prints one ratio a line.
"""

from __future__ import annotations

import itertools
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv

from records_mover.formats import ParquetRecordsFormat, infer_schema
from records_mover.formats.names import PLAIN_CSV
from records_mover.formats.recode import recode as recode_files

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


def lineitem(where: Path, rows: int) -> Path:
    """Make the first rows of TPC-H lineitem as CSV."""
    scale = max(rows / 6_000_000 * 1.2, 0.01)
    command = ["tpchgen-cli", "csv", "-s", f"{scale:.2f}", "--tables=lineitem"]
    generator = Path(sys.executable).with_name(command[0])
    subprocess.run(
        [generator, *command[1:], f"--output-dir={where}"], check=True, capture_output=True
    )
    target = where / "rows.csv"
    with (where / "lineitem.csv").open("rb") as source, target.open("wb") as out:
        out.writelines(itertools.islice(source, rows + 1))
    return target


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


def main(rows: int) -> None:
    """Print the ratios."""
    pa.set_cpu_count(2)
    db = duckdb.connect()
    db.execute("set threads = 2")
    with tempfile.TemporaryDirectory() as scratch:
        where = Path(scratch)
        csv, parquet, ours = lineitem(where, rows), where / "duck.parquet", where / "ours"
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


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
