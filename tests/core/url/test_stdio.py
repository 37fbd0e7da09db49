"""Standard input and output as files."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from records_mover.errors import StoreError
from records_mover.url.stdio import StdioStore

STORE = StdioStore()
OUT = """
from records_mover.url.stdio import StdioStore
print("before")
try:
    with StdioStore().write("-") as sink:
        for _ in range({blocks}):
            sink.write(b"x" * 100_000)
except Exception as error:
    import sys
    sys.exit(f"{{type(error).__name__}}: {{error}}")
print("after")
"""
IN = """
from records_mover.url.stdio import StdioStore
from records_mover.errors import StoreError
try:
    with StdioStore().open("-") as stream:
        print(stream.read())
except StoreError as error:
    print(error)
"""


def _run(code: str, **how: object) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, check=False, capture_output=True, **how)  # type: ignore[call-overload, no-any-return]


def test_standard_input_is_read() -> None:
    assert _run(IN, input=b"a,b\n").stdout == b"b'a,b\\n'\n"


def test_a_closed_standard_input_is_refused() -> None:
    ran = subprocess.run(
        ["/bin/sh", "-c", '"$0" -c "$1" <&-', sys.executable, IN], capture_output=True, check=True
    )
    assert ran.stdout == b"standard input is closed; open it: it is 0\n"


def test_a_terminal_is_not_waited_for() -> None:
    ours, theirs = pty.openpty()
    try:
        ran = _run(IN, stdin=theirs)
    finally:
        os.close(ours)
        os.close(theirs)
    assert ran.stdout == b"standard input is a terminal; pipe a file into it\n"


def test_standard_output_keeps_its_order_and_stays_open() -> None:
    ran = _run(OUT.format(blocks=2))
    assert ran.stdout == b"before\n" + b"x" * 200_000 + b"after\n"
    assert ran.returncode == 0


def test_a_reader_that_goes_away_ends_the_move() -> None:
    command = [sys.executable, "-c", OUT.format(blocks=1000)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        writer.stdout.read(10)
        writer.stdout.close()
        said = writer.stderr.read()
    assert said.decode().strip() == (
        "StoreError: cannot use 'standard output': broken pipe; whoever read it has gone away"
    )


def test_a_full_disk_behind_standard_output_is_said() -> None:
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [sys.executable, "-u", "-c", OUT.replace('print("before")', "").format(blocks=30)],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert b"'standard output': no space left on device; free some space" in ran.stderr


@pytest.mark.parametrize(
    "ask",
    [
        lambda: STORE.open("-", offset=1),
        lambda: STORE.open("-", length=1),
        lambda: STORE.delete("-"),
        lambda: STORE.copy("-", "-"),
        lambda: STORE.make_folder("-"),
    ],
)
def test_what_a_stream_cannot_do_is_refused(ask: object) -> None:
    with pytest.raises(StoreError):
        ask()  # type: ignore[operator]


def test_a_stream_has_no_size_and_is_read_once() -> None:
    (entry,) = STORE.list("-")
    assert (entry.size, entry.rereadable) == (None, False)
    assert STORE.size("-") is None
