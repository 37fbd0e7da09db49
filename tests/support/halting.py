"""Killing a move in the middle: before it calls what finishes its files or its table."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

__all__ = ["kill_before"]

_MOVER = """
import json, sys, time
from pkgutil import resolve_name
from records_mover import Session
def halting(*args, **named):
    print("now", flush=True)
    time.sleep(60)
where, _, name = sys.argv[1].rpartition(".")
setattr(resolve_name(where), name, halting)
with Session() as session:
    session.move(sys.argv[2], sys.argv[3], **json.loads(sys.argv[4]))
"""


def kill_before(what: str, source: str, target: str, **options: object) -> None:
    """Move, and end the process by SIGKILL before it calls what is named.

    A name without a module is that of a method of its records directory.
    """
    folders = "records_mover.records.folders"
    place = what if "." in what else f"{folders}.directory.RecordsDirectory.{what}"
    command = [sys.executable, "-c", _MOVER, place, source, target, json.dumps(options)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    assert said == "now\n"
