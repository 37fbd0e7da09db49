"""Every figure: a job, who competes, and the ratio that must hold. Add one by adding a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import s3
from bench.harness import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.harness import Contestant
    from bench.stage import Stage

__all__ = ["FIGURES"]


def _csv_in(stage: Stage) -> Sequence[Contestant]:
    table = stage.make_table("target")
    return [
        stage.mvrec("move", str(stage.csv), table, "--if-exists", "append", "--quiet"),
        stage.psql(f"\\copy target from '{stage.csv}' csv header"),
    ]


def _csv_in_is_whole(stage: Stage) -> None:
    if (found := stage.count("target")) != stage.rows:
        raise RuntimeError(f"{found} rows arrived instead of {stage.rows}")


def _csv_out(stage: Stage) -> Sequence[Contestant]:
    table = stage.make_table("source")
    stage.fill("source")
    target = stage.scratch / "out.csv"
    return [
        stage.mvrec("move", table, str(target), "--quiet"),
        stage.psql(f"\\copy source to '{target}' csv header"),
    ]


def _remove_csv_out(stage: Stage) -> None:
    (stage.scratch / "out.csv").unlink(missing_ok=True)


def _csv_out_is_whole(stage: Stage) -> None:
    with (stage.scratch / "out.csv").open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    if lines != stage.rows + 1:
        raise RuntimeError(f"{lines} lines came out instead of {stage.rows + 1}")


def _ten_rows(stage: Stage) -> Sequence[Contestant]:
    table = stage.make_table("few")
    path = stage.scratch / "few.csv"
    with stage.csv.open("rb") as file:
        path.write_bytes(b"".join(next(file) for _ in range(11)))
    return [
        stage.mvrec("move", str(path), table, "--if-exists", "append", "--quiet"),
        stage.psql(f"\\copy few from '{path}' csv header"),
    ]


def _help(stage: Stage) -> Sequence[Contestant]:
    return [stage.mvrec("--help")]


FIGURES = (
    Figure(
        name="csv-in",
        title="CSV file into an existing PostgreSQL table",
        contestants=_csv_in,
        prepare=lambda stage: stage.empty("target"),
        check=_csv_in_is_whole,
        limit=1.1,
    ),
    Figure(
        name="csv-out",
        title="PostgreSQL table into a CSV file",
        contestants=_csv_out,
        prepare=_remove_csv_out,
        check=_csv_out_is_whole,
        limit=1.15,
    ),
    Figure(
        name="ten-rows",
        title="ten rows into PostgreSQL: what starting costs",
        contestants=_ten_rows,
    ),
    Figure(name="help", title="mvrec --help", contestants=_help),
    *s3.FIGURES,
)
