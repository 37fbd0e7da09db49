"""``mvrec run``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from records_mover.cli.failures import FAILED, MOVED, MOVED_IN_PART, code_of
from records_mover.cli.options import progressing, talking
from records_mover.cli.parameters import Argument, AtLeast, Command, Option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from records_mover.cli.face import Face
    from records_mover.cli.job_file import Job, Jobs
    from records_mover.cli.progress import Together
    from records_mover.cli.schedule import Outcome
    from records_mover.meter import Cancellation, Meter
    from records_mover.records.result import MoveResult
    from records_mover.session import Session

__all__ = ["run"]


def _print_schema(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value:
        import json

        from records_mover.cli.job_check import job_schema

        click.echo(json.dumps(job_schema(), indent=2))
        ctx.exit()


@click.command(cls=Command, short_help="Run the moves that a file describes, in TOML or JSON.")
@click.argument("file", cls=Argument, complete="file")
@click.option(
    "--only",
    cls=Option,
    complete="job",
    metavar="JOB",
    multiple=True,
    help="Run this job, and those that it comes after. Repeat for more.",
)
@click.option(
    "--at-once",
    cls=Option,
    type=AtLeast(1),
    metavar="N",
    help="Run at most so many jobs at the same time. By default what the file says, else 1.",
)
@click.option(
    "--check",
    cls=Option,
    is_flag=True,
    help="Read and check the file, list its jobs, move nothing.",
)
@click.option(
    "--print-schema",
    cls=Option,
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_schema,
    help="Print the JSON Schema of job files, for editors.",
)
@progressing
@talking
def run(face: Face, file: str, only: tuple[str, ...], at_once: int | None, check: bool) -> int:
    """Run the moves that FILE describes, TOML or JSON; '-' is standard input.

    A job has a source, a target and the options of 'mvrec move', written without their dashes in
    front: hint and target-hint are tables, hints and target-hints. Several jobs stand under their
    names; 'after' says which ones must have moved their rows before. One that fails keeps only
    those after it from running. The exit code is that of the first job that failed, else 4 where
    rows were rejected.

    \b
    Example: jobs.toml
      at-once = 2
      [defaults]
      if-exists = "truncate"
      [jobs.trips]
      source = "trips.csv.gz"
      target = "warehouse::public.trips"
      hints = { field-delimiter = ";" }
      [jobs.copy]
      source = "warehouse::public.trips"
      target = "trips.parquet"
      after = "trips"

    \b
    Examples
      mvrec run jobs.toml
      mvrec run jobs.toml --only copy --json
      mvrec run --print-schema > job.schema.json
    """  # noqa: D301 - click's own escape
    from records_mover.cli.job_file import read_jobs

    jobs = _with_options(read_jobs(file), only, at_once)
    if check:
        return _list(face, jobs)
    if len(jobs.jobs) == 1:
        return _run_alone(face, jobs.jobs[0])
    return _run_several(face, jobs)


def _with_options(jobs: Jobs, only: tuple[str, ...], at_once: int | None) -> Jobs:
    from dataclasses import replace

    chosen = jobs.chosen(only) if only else jobs
    return chosen if at_once is None else replace(chosen, at_once=at_once)


def _list(face: Face, jobs: Jobs) -> int:
    if face.json:
        each = {job.name: {**_ends(job), "after": list(job.after)} for job in jobs.jobs}
        face.result_data({"jobs": each})
        return MOVED
    from records_mover.cli.table import table

    rows = [(job.name, job.source, job.target, ", ".join(job.after)) for job in jobs.jobs]
    face.result(table(("job", "source", "target", "after"), rows, sys.stdout))
    return MOVED


def _ends(job: Job) -> dict[str, object]:
    return {"source": job.source, "target": job.target}


def _run_alone(face: Face, job: Job) -> int:
    from records_mover.cli.moving import refuse_two_on_stdout, run_one

    refuse_two_on_stdout(face, job.target)

    def moving(session: Session, meter: Meter, cancellation: Cancellation) -> MoveResult:
        return _move(job, session, meter, cancellation)

    return run_one(face, moving)


def _run_several(face: Face, jobs: Jobs) -> int:
    from records_mover.cli.moving import tell_of_the_past
    from records_mover.cli.progress import Together
    from records_mover.cli.running import run_watched

    together = Together(face)

    def moving(meter: Meter, cancellation: Cancellation) -> list[Outcome]:
        del meter
        return _all(face, jobs, together, cancellation)

    outcomes = run_watched(moving, together.watching)
    names = [job.name for job in jobs.jobs]
    outcomes.sort(key=lambda one: names.index(one.job.name))
    tell_of_the_past(face, lambda: _tell(face, outcomes), "the jobs were run")
    failed = [code_of(one.error) for one in outcomes if one.error is not None]
    if failed or any(one.held_up_by for one in outcomes):
        return failed[0] if failed else FAILED
    rejected = any(one.result is not None and one.result.rejected for one in outcomes)
    return MOVED_IN_PART if rejected else MOVED


def _all(face: Face, jobs: Jobs, together: Together, cancellation: Cancellation) -> list[Outcome]:
    from records_mover.cli.schedule import run_jobs
    from records_mover.session import Session

    def run(job: Job) -> MoveResult:
        with Session() as session:
            return _move(job, session, together.meter(), cancellation)

    outcomes = []
    for outcome in run_jobs(jobs, run, cancellation):
        _tell_one(face, outcome)
        outcomes.append(outcome)
    return outcomes


def _move(job: Job, session: Session, meter: Meter, cancellation: Cancellation) -> MoveResult:
    return session.move(
        job.source, job.target, meter=meter, cancellation=cancellation, **job.options
    )


def _tell_one(face: Face, outcome: Outcome) -> None:
    """Say on stderr what became of a job, as soon as that is known."""
    from records_mover.cli.failures import show_traceback, words_of
    from records_mover.cli.words import moved

    name = outcome.job.name
    if outcome.result is not None:
        face.note(f"{name}: {moved(outcome.result)}")
    elif outcome.error is not None:
        show_traceback(face, outcome.error)
        what, advice = words_of(outcome.error, debug=face.debug)
        said = f"{name}: {what}; {advice}" if advice else f"{name}: {what}"
        face.complain(" ".join(said.split()))
    else:
        face.complain(f"{name}: not run, as {outcome.held_up_by}")


def _tell(face: Face, outcomes: Sequence[Outcome]) -> None:
    """Print what became of all jobs."""
    if face.json:
        face.result_data({"jobs": {one.job.name: _data(one) for one in outcomes}})
    elif not face.quiet:
        from records_mover.cli.table import table

        heads = ("job", "status", "rows", "rejected", "seconds", "route")
        face.result(table(heads, [_row(one) for one in outcomes], sys.stdout))


def _row(one: Outcome) -> tuple[str, ...]:
    if one.result is None:
        return (one.job.name, "failed" if one.error else "not run", "", "", "", "")
    result = one.result
    rows = "all" if result.rows is None else f"{result.rows:,}"
    seconds, route = f"{result.seconds:.2f}", " > ".join(result.route)
    return (one.job.name, "moved", rows, f"{result.rejected:,}", seconds, route)


def _data(one: Outcome) -> dict[str, object]:
    from records_mover.cli.failures import words_of

    if one.result is not None:
        return {"status": "moved", **one.result.to_data()}
    if one.error is not None:
        what, advice = words_of(one.error)
        return {"status": "failed", "error": what, "advice": advice, "exit": code_of(one.error)}
    return {"status": "not run", "error": f"not run, as {one.held_up_by}", "advice": None}
