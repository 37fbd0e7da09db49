"""Killing a move while a server's files are in the target's folder, and no manifest is yet."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

__all__ = ["kill_before"]

_MOVER = """
import json, sys, time
from records_mover import Session
from records_mover.records.directory import RecordsDirectory
def halting(*args, **named):
    print("now", flush=True)
    time.sleep(60)
setattr(RecordsDirectory, sys.argv[1], halting)
with Session() as session:
    session.move(sys.argv[2], sys.argv[3], **json.loads(sys.argv[4]))
"""


def kill_before(what: str, source: str, target: str, **options: object) -> None:
    """Move, and end the process by SIGKILL before it calls a method of its records directory."""
    command = [sys.executable, "-c", _MOVER, what, source, target, json.dumps(options)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    assert said == "now\n"
