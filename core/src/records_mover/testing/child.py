"""One move in a process of its own, which can be measured, and killed.

What to do comes as JSON in its only argument; what came of it is printed as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from records_mover.session import Session
from records_mover.testing.only import OnlyPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

__all__ = ["Task", "main", "many_rows", "run_child"]

_PROGRAM = f"import sys; from {__name__} import main; main(sys.argv[1])"

BATCH = 8192
TEXT = "some text that is as long as texts in tables are, and of which every row has one: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Rows to make and move into ``target``, or those of ``source``.

    ``part`` is the only loader or unloader to use. ``dies_at`` kills the process, as ``kill -9``
    does, when that row has been handed over.
    """

    target: str
    source: str = ""
    rows: int = 0
    dies_at: int = -1
    part: tuple[str, str] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    session: Mapping[str, Any] = field(default_factory=dict)


def run_child(task: Task, env: Mapping[str, str]) -> tuple[int, dict[str, int]]:
    """Run a task in a child process; return its exit code and what it printed."""
    command = [sys.executable, "-c", _PROGRAM, json.dumps(asdict(task))]
    ran = subprocess.run(  # noqa: S603 - our own module
        command, env=os.environ | dict(env), capture_output=True, text=True, check=False
    )
    if ran.returncode not in (0, -signal.SIGKILL):
        raise AssertionError(f"a move in a process of its own failed: {ran.stderr[-2000:]}")
    return ran.returncode, json.loads(ran.stdout) if ran.returncode == 0 else {}


def many_rows(rows: int, dies_at: int = -1) -> pa.RecordBatchReader:
    """Return rows of a number and a text, which are made as they are read."""
    import pyarrow as pa

    schema = pa.schema([("id", pa.int64()), ("v", pa.string())])

    def made() -> Iterator[pa.RecordBatch]:
        for start in range(0, rows, BATCH):
            numbers = range(start, min(start + BATCH, rows))
            texts = [f"{TEXT}{number}" for number in numbers]
            yield pa.record_batch([list(numbers), texts], schema=schema)
            if 0 <= dies_at <= numbers[-1]:
                os.kill(os.getpid(), signal.SIGKILL)

    return pa.RecordBatchReader.from_batches(schema, made())


def _peak() -> int:
    """Return the most bytes that were in memory; ``ru_maxrss`` counts the parent's, too."""
    status = Path("/proc/self/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def main(text: str) -> None:
    """Do what a task says."""
    task = json.loads(text)
    plugins = OnlyPart(*task["part"]) if task["part"] else None
    with Session(plugins=plugins, **task["session"]) as session:
        source = task["source"] or many_rows(task["rows"], task["dies_at"])
        result = session.move(source, task["target"], **task["options"])
    sys.stdout.write(json.dumps({"rows": result.rows, "peak": _peak()}))
