"""Ctrl-C in the middle of real moves: the target is as it was, and the process ends by itself."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.postgres import PostgresServer

CANCELLED = "mvrec: cancelled; the target is as it was\n"
SLOW = "SELECT n, pg_sleep(0.0005)::text AS s FROM generate_series(1, 1000000) AS n"


def _wait(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


class Table:
    """A table with rows that must be there afterwards, and who works on it."""

    def __init__(self, server: PostgresServer, url: str) -> None:
        self._server, self.url = server, url
        self._database = url.rsplit("/", 1)[-1]
        self.ask("CREATE TABLE t (id int, name text); INSERT INTO t VALUES (1, 'old')")

    def ask(self, sql: str) -> str:
        return self._server.psql(sql, self._database).strip()

    def is_worked_on_by(self, words: str) -> bool:
        found = self.ask(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
            "AND datname = current_database() AND pid <> pg_backend_pid() "
            f"AND query LIKE '%{words}%'"
        )
        return found != "0"

    @property
    def clients(self) -> int:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'records-mover'"
        return int(self.ask(f"{sql} AND datname = current_database()"))


@pytest.fixture
def table(postgres: PostgresServer, pg_url: str) -> Table:
    return Table(postgres, pg_url)


@pytest.fixture
def start(mvrec: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a move that will be stopped."""
    started: list[subprocess.Popen[str]] = []

    def run(*args: str | Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [mvrec, "move", *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_load_from_a_slow_stdin_is_stopped(
    table: Table, start: Callable[..., subprocess.Popen[str]], number: signal.Signals
) -> None:
    process = start("-", f"{table.url}::t", "--if-exists", "truncate")
    assert process.stdin is not None
    head = "id,name\n" + "".join(f"{n},some new name\n" for n in range(100_000))
    process.stdin.write(head)
    process.stdin.flush()
    _wait(lambda: table.is_worked_on_by("COPY"), "the load begins")
    process.send_signal(number)
    process.wait(10)
    assert process.stderr is not None
    assert (process.returncode, process.stderr.read()) == (1, CANCELLED)
    assert table.ask("SELECT * FROM t") == "1|old"
    _wait(lambda: table.clients == 0, "the connection ends")


def test_a_move_that_waits_for_the_first_byte_is_stopped(
    table: Table, start: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start("-", f"{table.url}::t")
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    process.wait(10)
    assert process.stderr is not None
    assert (process.returncode, process.stderr.read()) == (1, CANCELLED)


@pytest.mark.parametrize("waits", [False, True])
def test_an_unload_into_a_file_is_stopped_and_leaves_none(
    table: Table, start: Callable[..., subprocess.Popen[str]], tmp_path: Path, waits: bool
) -> None:
    query = SLOW if not waits else "SELECT 1 AS n, pg_sleep(100)::text AS s"
    (tmp_path / "out").mkdir()
    process = start(f"{table.url}::", tmp_path / "out" / "rows.csv", "--query", query)
    _wait(lambda: table.is_worked_on_by("COPY"), "the unload begins")
    process.send_signal(signal.SIGINT)
    process.wait(10)
    assert process.stderr is not None
    assert (process.returncode, process.stderr.read()) == (1, CANCELLED)
    assert list((tmp_path / "out").iterdir()) == []
    _wait(lambda: table.clients == 0, "the connection ends")


def test_with_json_a_cancelled_move_says_so_on_stdout(
    table: Table, start: Callable[..., subprocess.Popen[str]]
) -> None:
    process = start("-", f"{table.url}::t", "--json")
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=10)
    assert '"error": "cancelled"' in out


def test_the_second_signal_leaves_at_once(
    table: Table, start: Callable[..., subprocess.Popen[str]]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # who waits for its answer hears no one
        url = f"postgresql://me:mine@127.0.0.1:{deaf.getsockname()[1]}/db?sslmode=disable"
        process = start(f"{url}::t", f"{table.url}::t")
        deaf.settimeout(20)
        asked, _ = deaf.accept()
        with asked:
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            process.wait(5)
    assert process.stderr is not None
    assert process.returncode == 1
    assert process.stderr.read().startswith("mvrec: stopped at once")
    assert table.ask("SELECT * FROM t") == "1|old"


@pytest.mark.parametrize("command", ["preview", "schema", "explain"])
def test_a_look_at_a_server_that_does_not_answer_ends_at_once(mvrec: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"postgresql://me:mine@127.0.0.1:{deaf.getsockname()[1]}/db?sslmode=disable::t"
        ends = [url, "out.csv"] if command == "explain" else [url]
        process = subprocess.Popen([mvrec, command, *ends], stderr=subprocess.PIPE, text=True)
        deaf.settimeout(20)
        asked, _ = deaf.accept()
        with asked:
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=5)
    assert (process.returncode, said) == (1, "mvrec: cancelled; nothing was changed\n")


HALF = b"HTTP/1.0 200 OK\r\n%s\r\nid,name\n2,half"
ANSWERS = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half a body": HALF % b"Content-Length: 1000000\r\n",
    "a body without a length": HALF % b"",
    "a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nid,name\n\r\nff\r\n2",
    "later": b"HTTP/1.0 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize(
    ("scheme", "answer"), [*(("http", answer) for answer in ANSWERS), ("https", "nothing")]
)
def test_a_web_server_that_is_silent_is_not_waited_for(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, scheme: str, answer: str
) -> None:
    out = tmp_path / "out.csv"
    with silent_web(ANSWERS[answer]) as (port, asked):
        process = start(f"{scheme}://127.0.0.1:{port}/a.csv", out)
        assert asked.wait(20)
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.wait(3)
    assert process.stderr is not None
    assert (process.returncode, process.stderr.read()) == (1, CANCELLED)
    assert list(tmp_path.iterdir()) == []


@contextmanager
def silent_web(answer: bytes) -> Iterator[tuple[int, threading.Event]]:
    """Answer HEAD, and each GET with the same bytes; then say nothing more."""
    asked, held = threading.Event(), ExitStack()

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                held.enter_context(client)
                head = client.recv(4096)
                if head.startswith(b"HEAD"):
                    client.sendall(b"HTTP/1.0 405 No\r\nContent-Length: 0\r\n\r\n")
                    client.close()
                    continue
                client.sendall(answer)
                asked.set()

    with held, socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], asked
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("end", ["source", "target"])
def test_a_move_that_waits_for_the_other_end_of_a_pipe_is_stopped(
    start: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
    trips: Path,
    number: signal.Signals,
    end: str,
) -> None:
    fifo, out = tmp_path / "fifo", tmp_path / "out.csv"
    os.mkfifo(fifo)
    process = start(fifo, out) if end == "source" else start(trips, fifo)
    time.sleep(2.5)
    process.send_signal(number)
    process.wait(10)
    assert process.stderr is not None
    assert (process.returncode, process.stderr.read()) == (1, CANCELLED)
    assert not out.exists()


@pytest.mark.parametrize("end", ["-", "fifo", "/dev/stdout"])
def test_a_move_into_a_pipe_that_is_full_is_stopped(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, end: str
) -> None:
    source, fifo = tmp_path / "a.csv", tmp_path / "fifo"
    source.write_text("n\n" + "1234567\n" * 100_000)
    os.mkfifo(fifo)
    process = start(source, fifo if end == "fifo" else end)
    assert process.stdout is not None
    assert process.stderr is not None
    with fifo.open() if end == "fifo" else nullcontext(process.stdout) as reader:
        assert reader.read(3) == "n\n1"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.wait(10)
    assert (process.returncode, process.stderr.read()) == (1, CANCELLED)


def test_a_signal_that_is_ignored_stays_ignored(mvrec: Path, trips: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    command = f"trap '' INT; (sleep 0.7; cat '{trips}') | '{mvrec}' move - '{out}' & sleep 0.5; "
    process = subprocess.Popen(
        ["bash", "-c", command + "kill -INT 0; wait"], start_new_session=True
    )
    assert process.wait(20) == 0
    assert out.read_text() == trips.read_text()
