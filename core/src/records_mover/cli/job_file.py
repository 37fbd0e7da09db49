"""Reads job files: TOML or JSON, one move or several."""

from __future__ import annotations

import json
import sys
import tomllib
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from records_mover.cli.job_check import job_schema, problems
from records_mover.cli.values import size
from records_mover.errors import ConfigError, NotFoundError
from records_mover.redaction import register_url

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Job", "Jobs", "read_jobs"]

STDIN = "-"
_LISTS = ("columns", "key", "allow_lossy")
_MERGED = ("hints", "target_hints")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One move: its ends, its options by their names in ``MoveOptions``, and what comes first."""

    name: str
    source: str
    target: str
    after: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """The jobs of a file, and how many of them may run at once."""

    jobs: tuple[Job, ...]
    at_once: int = 1

    def chosen(self, names: tuple[str, ...]) -> Jobs:
        """Return some of the jobs, with those that they come after."""
        known = {job.name: job for job in self.jobs}
        wanted: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in known:
                raise ConfigError(f"there is no job {name!r}", f"use {', '.join(known)}")
            if name not in wanted:
                wanted.add(name)
                waiting += known[name].after
        chosen = tuple(job for job in self.jobs if job.name in wanted)
        return Jobs(jobs=chosen, at_once=self.at_once)


def read_jobs(path: str) -> Jobs:
    """Read a job file, ``-`` being standard input; what is wrong in it is a ``ConfigError``."""
    shown = "standard input" if path == STDIN else path
    document = _parsed(_text(path), shown)
    for what, advice in problems(document, job_schema()):
        raise ConfigError(f"{shown}: {what}", advice)
    if "jobs" not in document:
        jobs = Jobs(jobs=(_job(Path(shown).stem, document, {}),))
    else:
        defaults = document.get("defaults", {})
        each = tuple(_job(name, said, defaults) for name, said in document["jobs"].items())
        jobs = Jobs(jobs=each, at_once=document.get("at-once", 1))
    if not jobs.jobs:
        raise ConfigError(f"{shown}: there is no job under 'jobs'", "write [jobs.NAME]")
    _check_order(jobs, shown)
    return jobs


def _text(path: str) -> str:
    shown = "from standard input" if path == STDIN else repr(path)
    try:
        written = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
        return written.decode("utf-8-sig")  # Windows' editors put a mark before it
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no job file {path!r}", "check the path") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot read the job file {shown}: {reason}", "name a file") from error
    except UnicodeError as error:
        raise ConfigError(f"the job file {shown} is no UTF-8", "save it as UTF-8") from error


def _parsed(text: str, shown: str) -> dict[str, Any]:
    """Read JSON, which begins with a brace, or TOML, which cannot."""
    try:
        if text.lstrip().startswith("{"):
            document: dict[str, Any] = json.loads(text)
            return document
        return tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(f"cannot read {shown!r}: {error}", "write TOML or JSON") from error


def _job(name: str, said: Mapping[str, Any], defaults: Mapping[str, Any]) -> Job:
    options = {_python(key): value for key, value in defaults.items()}
    own = {_python(key): value for key, value in said.items() if key != "$schema"}
    source, target, after = own.pop("source"), own.pop("target"), own.pop("after", ())
    for key, value in own.items():
        options[key] = {**options.get(key, {}), **value} if key in _MERGED else value
    register_url(source)
    register_url(target)
    return Job(
        name=name,
        source=source,
        target=target,
        after=_listed(after),
        options={key: _value(key, value) for key, value in options.items()},
    )


def _python(name: str) -> str:
    return name.replace("-", "_")


def _listed(value: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _value(key: str, value: Any) -> Any:
    if key in _LISTS:
        return _listed(value)
    if key == "bytes_per_file" and isinstance(value, str):
        try:
            return size(value)
        except ValueError as error:
            raise ConfigError(f"{key.replace('_', '-')}: {error}") from error
    return value


def _check_order(jobs: Jobs, shown: str) -> None:
    names = {job.name for job in jobs.jobs}
    for job in jobs.jobs:
        for name in job.after:
            if name not in names:
                what = f"{shown}: job {job.name!r} comes after {name!r}, which is not there"
                raise ConfigError(what, f"use one of {', '.join(sorted(names))}")
    try:
        TopologicalSorter({job.name: job.after for job in jobs.jobs}).prepare()
    except CycleError as error:
        circle = " after ".join(reversed(error.args[1]))
        raise ConfigError(
            f"{shown}: jobs wait for each other: {circle}", "cut the circle"
        ) from error
    if len(jobs.jobs) > 1:
        _refuse_streams(jobs, shown)


def _refuse_streams(jobs: Jobs, shown: str) -> None:
    for job in jobs.jobs:
        if STDIN in (job.source, job.target):
            what = f"{shown}: job {job.name!r} has '-' for an end, and is one of several jobs"
            raise ConfigError(what, "name a file")
