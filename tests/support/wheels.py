"""Checks what was built: each distribution is whole, and installs with the core and nothing else.

python wheels.py dist
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CORE = "records_mover"
BROUGHT = {
    "charset-normalizer", "importlib-metadata", "numpy", "pluggy", "pyarrow", "sqlalchemy",
}  # fmt: skip
"""What the core asks for: no driver of a database, no pandas, no boto3."""
EXPECTED = {CORE, "mover_postgres", "mover_redshift", "mover_s3", "mover_vertica"}


def main(folder: Path) -> int:
    """Check every distribution in ``folder``; print one line for each, and what is wrong."""
    wheels = {path.name.split("-")[0]: path for path in sorted(folder.glob("*.whl"))}
    sdists = {re.split(r"-\d", path.name)[0]: path for path in sorted(folder.glob("*.tar.gz"))}
    problems = [f"{folder} lacks {name}" for name in EXPECTED - (wheels.keys() & sdists.keys())]
    for name in sorted(EXPECTED & wheels.keys() & sdists.keys()):
        found = [*_wrong_in_wheel(name, wheels[name]), *_wrong_in_sdist(name, sdists[name])]
        found += _wrong_when_installed(name, wheels)
        found += _wrong_when_built_from_sdist(wheels[name], sdists[name])
        print(f"{wheels[name].name}: {'; '.join(found) or 'whole, and installs alone'}")
        problems += found
    return 1 if problems else 0


def _wrong_in_wheel(name: str, path: Path) -> list[str]:
    with zipfile.ZipFile(path) as wheel:
        names = set(wheel.namelist())
        info = next(one.split("/")[0] for one in names if ".dist-info/" in one)
        metadata = Parser().parsestr(wheel.read(f"{info}/METADATA").decode())
    wanted = {f"{name}/py.typed", f"{info}/licenses/LICENSE", f"{info}/entry_points.txt"}
    wrong = [f"the wheel lacks {one}" for one in sorted(wanted - names)]
    if metadata["License-Expression"] != "Apache-2.0":
        wrong.append("the licence is not named")
    if len(str(metadata.get_payload())) < 200:
        wrong.append("the README says next to nothing")
    asked = {
        re.split(r"[^\w.-]", one)[0].lower()
        for one in metadata.get_all("Requires-Dist", [])
        if "extra ==" not in one
    }
    if name == CORE and asked != BROUGHT:
        wrong.append(f"it asks for {sorted(asked)}, and not for {sorted(BROUGHT)}")
    strays = {one.split("/")[0] for one in names} - {name, info}
    return wrong + [f"the wheel holds a stray {one}" for one in sorted(strays)]


def _wrong_in_sdist(name: str, path: Path) -> list[str]:
    with tarfile.open(path) as sdist:
        names = {one.split("/", 1)[1] for one in sdist.getnames() if "/" in one}
    wanted = {"LICENSE", "README.md", "pyproject.toml", "PKG-INFO", f"src/{name}/py.typed"}
    return [f"the sdist lacks {one}" for one in sorted(wanted - names)]


def _wrong_when_installed(name: str, wheels: dict[str, Path]) -> list[str]:
    """Install a wheel with the core's, and let every other mover be absent."""
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        _run("uv", "venv", "-q", "--python", sys.executable, str(python.parents[1]))
        chosen = {str(wheels[CORE]), str(wheels[name])}
        _run("uv", "pip", "install", "-q", "--python", str(python), *sorted(chosen))
        module = CORE if name == CORE else f"{name}.plugin"
        others = EXPECTED - {CORE, name}
        ask = (
            f"import {module}, importlib.util as u; "
            f"print(*[n for n in {sorted(others)!r} if u.find_spec(n)])"
        )
        seen = _run(str(python), "-I", "-W", "error", "-c", ask).split()
    return [f"{one} came along" for one in seen]


def _wrong_when_built_from_sdist(wheel: Path, sdist: Path) -> list[str]:
    """Build a wheel from the sdist: it must hold the same files."""
    with tempfile.TemporaryDirectory() as folder:
        _run("uv", "build", "-q", "--wheel", "--out-dir", folder, str(sdist))
        again = zipfile.ZipFile(next(Path(folder).glob("*.whl"))).namelist()
    differ = set(again) ^ set(zipfile.ZipFile(wheel).namelist())
    return [f"wheel and sdist differ in {one}" for one in sorted(differ)]


def _run(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{_shown(command)} failed: {ran.stdout}{ran.stderr}")
    return ran.stdout


def _shown(command: Sequence[str]) -> str:
    return " ".join(command[:4])


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
