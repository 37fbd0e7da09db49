"""Running jobs in their order, several at once; one that fails holds up those behind it alone."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from records_mover.cli.job_file import Job, Jobs
    from records_mover.meter import Cancellation
    from records_mover.records.result import MoveResult

__all__ = ["Outcome", "run_jobs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a job: a result, an error, or the name of what kept it from being run."""

    job: Job
    result: MoveResult | None = None
    error: BaseException | None = None
    held_up_by: str | None = None


def run_jobs(
    jobs: Jobs, run: Callable[[Job], MoveResult], cancellation: Cancellation
) -> Iterator[Outcome]:
    """Run every job that can be run, and yield what became of each as soon as it is known."""
    known = {job.name: job for job in jobs.jobs}
    order = TopologicalSorter({job.name: job.after for job in jobs.jobs})
    order.prepare()
    failed: set[str] = set()
    running: dict[Future[MoveResult], Job] = {}
    ready: list[str] = []
    with ThreadPoolExecutor(jobs.at_once, thread_name_prefix="mover-job") as pool:
        while order.is_active():
            ready += order.get_ready()
            while ready and len(running) < jobs.at_once:
                job = known[ready.pop(0)]
                reason = _held_up(job, failed, cancellation)
                if reason is None:
                    running[pool.submit(run, job)] = job
                else:
                    failed.add(job.name)
                    order.done(job.name)
                    yield Outcome(job=job, held_up_by=reason)
            ended = wait(running, return_when=FIRST_COMPLETED).done if running else ()
            for future in ended:
                outcome = _outcome(running.pop(future), future)
                if outcome.result is None:
                    failed.add(outcome.job.name)
                order.done(outcome.job.name)
                yield outcome


def _held_up(job: Job, failed: set[str], cancellation: Cancellation) -> str | None:
    if cancellation.asked:
        return "cancelled"
    return next((f"{name!r} failed" for name in job.after if name in failed), None)


def _outcome(job: Job, future: Future[MoveResult]) -> Outcome:
    error = future.exception()
    if error is not None:
        return Outcome(job=job, error=error)
    return Outcome(job=job, result=future.result())
