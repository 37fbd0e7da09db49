"""Real S3 servers to throw away: SeaweedFS, which checks what it is sent, and lax moto."""

from __future__ import annotations

import atexit
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.lease import LeasedDirectory, end_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["S3Server", "moto_server", "seaweed_server"]

_START_SECONDS = 60
_PORT_TRIES = 5
_QUIET = Path(os.devnull)
# A bucket takes a volume, which is as large as what is in it. Left to itself SeaweedFS counts whole
# volumes that would fit on the disk: on one with 38 GB free, a run of all tests needs more.
_MOST_BUCKETS = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Server:
    """A running server: where it listens and who may use it."""

    kind: str
    endpoint: str
    pid: int
    access_key: str = "AKIAMOVERTEST0000000"
    secret_key: str = "s3cret/Canary+Key=0123456789abcdefghijkl"

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self.endpoint.rsplit(":", 1)[-1])

    @property
    def env(self) -> dict[str, str]:
        """An environment in which any AWS client uses this server unasked."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(_QUIET),
            "AWS_SHARED_CREDENTIALS_FILE": str(_QUIET),
        }

    def client(self, endpoint: str | None = None) -> Any:
        """Return a boto3 client of this server, to look at it from outside."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=endpoint or self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
        )


@contextmanager
def seaweed_server() -> Iterator[S3Server]:
    """Run SeaweedFS in a directory that is gone afterwards; it starts in about two seconds."""
    lease = LeasedDirectory()
    facts = S3Server(kind="seaweedfs", endpoint="", pid=0)
    (lease.path / "s3.json").write_text(json.dumps(_identities(facts)))
    (lease.path / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n")
    (lease.path / "security.toml").write_text(f'[s3.sse]\nkek = "{secrets.token_hex(32)}"\n')
    yield from _running(lease, "seaweedfs", _seaweed_command)


@contextmanager
def moto_server() -> Iterator[S3Server]:
    """Run moto; it checks no signature and no checksum."""
    yield from _running(LeasedDirectory(), "moto", _moto_command)


def _running(lease: LeasedDirectory, kind: str, command: Any) -> Iterator[S3Server]:
    atexit.register(_end, lease, None)
    for _ in range(_PORT_TRIES):
        ports = _free_ports(4)
        process = _launch(lease, command(lease.path, ports))
        endpoint = f"http://127.0.0.1:{ports[0]}"
        if _became_ready(process, endpoint):
            break
        _end(lease, process, remove=False)
    else:
        raise RuntimeError(f"{kind} does not start: {_log(lease).read_text()[-2000:]}")
    try:
        yield S3Server(kind=kind, endpoint=endpoint, pid=process.pid)
    finally:
        _end(lease, process)


def _seaweed_command(base: Path, ports: Sequence[int]) -> list[str]:
    weed = Path(sys.executable).parent / "weed"
    s3, master, volume, filer = ports
    return [
        str(weed),
        "server",
        f"-dir={base}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        "-master.telemetry=false",
        f"-master.port={master}",
        f"-master.port.grpc={_free_ports(1)[0]}",
        f"-volume.port={volume}",
        f"-volume.port.grpc={_free_ports(1)[0]}",
        "-filer",
        f"-filer.port={filer}",
        f"-filer.port.grpc={_free_ports(1)[0]}",
        "-s3",
        f"-s3.port={s3}",
        f"-s3.port.grpc={_free_ports(1)[0]}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={base / 's3.json'}",
        "-master.volumeSizeLimitMB=256",
        f"-volume.max={_MOST_BUCKETS}",
    ]


def _moto_command(_base: Path, ports: Sequence[int]) -> list[str]:
    return [
        str(Path(sys.executable).parent / "moto_server"),
        "-H",
        "127.0.0.1",
        "-p",
        str(ports[0]),
    ]


def _identities(server: S3Server) -> dict[str, Any]:
    key = {"accessKey": server.access_key, "secretKey": server.secret_key}
    may = ["Admin", "Read", "Write", "List", "Tagging"]
    looker = {"accessKey": "AKIALOOKER", "secretKey": "looker"}
    return {
        "identities": [
            {"name": "mover", "credentials": [key], "actions": may},
            {"name": "looker", "credentials": [looker], "actions": ["List:nowhere"]},
        ]
    }


def _launch(lease: LeasedDirectory, command: list[str]) -> subprocess.Popen[bytes]:
    kept = {"PATH": os.environ["PATH"], "HOME": str(lease.path)}
    with _log(lease).open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=lease.path,
            env=kept | {"AWS_ACCESS_KEY_ID": "moto", "AWS_SECRET_ACCESS_KEY": "moto"},
        )
    lease.record_server(process.pid, Path(command[0]).name)
    return process


def _log(lease: LeasedDirectory) -> Path:
    return lease.path / "log"


def _became_ready(process: subprocess.Popen[bytes], endpoint: str) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(endpoint, timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
            return error.code < 500
        except OSError:
            time.sleep(0.05)
        else:
            return True
    return False


def _end(
    lease: LeasedDirectory, process: subprocess.Popen[bytes] | None, *, remove: bool = True
) -> None:
    if not lease.is_ours:
        return
    if process is not None and process.poll() is None:
        process.kill()
        process.wait(10)
    if remove:
        _end_recorded(lease)
        shutil.rmtree(lease.path, ignore_errors=True)
        lease.remove()


def _end_recorded(lease: LeasedDirectory) -> None:
    record = lease.path / "server"
    if record.exists():
        pid, marker = record.read_text().splitlines()
        end_process(int(pid), marker, (signal.SIGKILL,))


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on; SeaweedFS adds 10,000 to some, so not the highest."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in found and port < 55_000:
            found.append(port)
    return found
