"""Moves into, out of and between PostgreSQL servers, against psql and what else there is."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from typing import TYPE_CHECKING

from bench.contestant import Contestant
from bench.harness import Figure
from bench.stage import NUMERIC, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.stage import Stage

__all__ = ["FIGURES"]

_FEW = 200_000
"""Rows of the DataFrame at most: ``to_sql`` takes minutes for a million."""


def _csv_in(stage: Stage, *options: str) -> Sequence[Contestant]:
    table = stage.make_table("target")
    return [
        stage.mvrec("move", str(stage.csv), table, "--if-exists", "append", "--quiet", *options),
        stage.psql(f"\\copy target from '{stage.csv}' csv header"),
    ]


def _csv_new(stage: Stage) -> Sequence[Contestant]:
    stage.make_table("target")
    new = f"{stage.server.url()}::public.fresh"
    found = [
        stage.mvrec("move", str(stage.csv), new, "--if-exists", "drop", "--quiet"),
        stage.psql(f"\\copy target from '{stage.csv}' csv header"),
        stage.rival("dlt", "dlt_in", str(stage.csv), stage.server.url(), "lineitem"),
    ]
    if sling := shutil.which("sling"):
        command = [sling, "run", "--src-stream", f"file://{stage.csv}", "--tgt-conn", "BENCH"]
        command += ["--tgt-object", "public.slung", "--mode", "full-refresh"]
        found.append(Contestant(name="sling", command=command, env={"BENCH": stage.server.url()}))
    else:
        print("  sling is left out: there is none, and its wheel downloads it", file=sys.stderr)
    return found


def _csv_out(stage: Stage, *options: str) -> Sequence[Contestant]:
    target = stage.scratch / "out.csv"
    return [
        stage.mvrec("move", stage.filled("source"), str(target), "--quiet", *options),
        stage.psql(f"\\copy source to '{target}' csv header"),
    ]


def _between(stage: Stage, *options: str) -> Sequence[Contestant]:
    source, target = stage.filled("source"), stage.make_table("target", stage.far)
    return [
        stage.mvrec("move", source, target, "--if-exists", "append", "--quiet", *options),
        stage.piped("source", "target"),
    ]


def _parquet_out(stage: Stage, rival: str) -> Sequence[Contestant]:
    source, target = stage.filled("source"), stage.scratch / "out.parquet"
    ours = stage.mvrec("move", source, str(target), "--quiet")
    if rival == "psql":
        return [ours, stage.psql(f"\\copy source to '{stage.scratch / 'out.csv'}' csv header")]
    url = stage.server.url()
    return [
        ours,
        stage.rival("ADBC", "adbc_out", url, "source", str(target)),
        stage.rival("connectorx", "connectorx_out", url, "source", str(target)),
    ]


def _with_doubles(stage: Stage) -> str:
    table = stage.make_table("target")
    stage.server.psql(
        "ALTER TABLE target " + ", ".join(f"ALTER {name} TYPE double precision" for name in NUMERIC)
    )
    return table


def _parquet_in(stage: Stage) -> Sequence[Contestant]:
    """Into columns that ADBC can write to as well: it has no numeric to send."""
    table, path = _with_doubles(stage), stage.parquet
    return [
        stage.mvrec("move", str(path), table, "--if-exists", "append", "--quiet"),
        stage.rival("ADBC", "adbc_in", str(path), stage.server.url(), "target"),
    ]


def _frame_in(stage: Stage) -> Sequence[Contestant]:
    table, path = _with_doubles(stage), stage.few_as_parquet(min(_FEW, stage.rows))
    ours = Contestant(
        name="records_mover",
        command=[sys.executable, "-m", "bench.frame_in", str(path), table],
        env={"PYTHONPATH": str(ROOT)},
    )
    return [ours, stage.rival("to_sql", "frame_in", str(path), stage.server.url(), "target")]


def _ten_rows(stage: Stage) -> Sequence[Contestant]:
    table = stage.make_table("few")
    path = stage.scratch / "few.csv"
    with stage.csv.open("rb") as file:
        path.write_bytes(b"".join(next(file) for _ in range(11)))
    return [
        stage.mvrec("move", str(path), table, "--if-exists", "append", "--quiet"),
        stage.psql(f"\\copy few from '{path}' csv header"),
    ]


def _empty(stage: Stage) -> None:
    stage.empty("target")


def _without_files(stage: Stage) -> None:
    for name in ("out.csv", "out.parquet"):
        (stage.scratch / name).unlink(missing_ok=True)


def _whole(stage: Stage, rows: int | None = None) -> None:
    wanted = stage.rows if rows is None else rows
    if (found := stage.count("target")) != wanted:
        raise RuntimeError(f"{found} rows arrived instead of {wanted}")


def _whole_far(stage: Stage) -> None:
    if (found := stage.count("target", stage.far)) != stage.rows:
        raise RuntimeError(f"{found} rows arrived instead of {stage.rows}")


def _whole_csv(stage: Stage) -> None:
    with (stage.scratch / "out.csv").open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    if lines != stage.rows + 1:
        raise RuntimeError(f"{lines} lines came out instead of {stage.rows + 1}")


def _figure(
    name: str,
    title: str,
    contestants: Callable[[Stage], Sequence[Contestant]],
    limit: float | None,
    prepare: Callable[[Stage], None] = lambda _stage: None,
    check: Callable[[Stage], None] = lambda _stage: None,
) -> Figure:
    return Figure(
        name=name,
        title=title,
        contestants=contestants,
        prepare=prepare,
        check=check,
        limit=limit,
        peak_mib=300,
    )


_ALONE = ("--parallel", "1")

FIGURES = (
    _figure("csv-in", "CSV into a table that is there", _csv_in, 0.7, _empty, _whole),
    _figure(
        "csv-in-single",
        "the same with --parallel 1",
        lambda stage: _csv_in(stage, *_ALONE),
        1.05,
        _empty,
        _whole,
    ),
    _figure("csv-new", "CSV into a new table, types inferred", _csv_new, 1.3, _empty),
    _figure("csv-out", "table into CSV", _csv_out, 0.7, _without_files, _whole_csv),
    _figure(
        "csv-out-single",
        "the same with --parallel 1",
        lambda stage: _csv_out(stage, *_ALONE),
        1.1,
        _without_files,
        _whole_csv,
    ),
    _figure(
        "between",
        "table into a table of another server",
        _between,
        0.85,
        lambda stage: stage.empty("target", stage.far),
        _whole_far,
    ),
    _figure(
        "parquet-out",
        "table into Parquet, against psql into CSV",
        partial(_parquet_out, rival="psql"),
        1.1,
        _without_files,
    ),
    _figure(
        "parquet-out-adbc",
        "table into Parquet, against ADBC and pyarrow",
        partial(_parquet_out, rival="ADBC"),
        0.4,
        _without_files,
    ),
    _figure("parquet-in", "Parquet into a table", _parquet_in, 0.6, _empty, _whole),
    Figure(
        name="frame-in",
        title=f"a DataFrame of {_FEW} rows into a table, against to_sql(method='multi')",
        contestants=_frame_in,
        prepare=_empty,
        check=lambda stage: _whole(stage, min(_FEW, stage.rows)),
        limit=0.05,
    ),
    Figure(
        name="ten-rows",
        title="ten rows into PostgreSQL: what starting costs",
        contestants=_ten_rows,
    ),
)
