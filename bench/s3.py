"""S3 against ``aws s3 cp``: one gigabyte, in 1 and in 50 objects, in each direction."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bench.contestant import Contestant
from bench.harness import Figure
from bench.stage import KEPT, ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.stage import Stage

__all__ = ["FIGURES"]

_OBJECTS = 50
_SIZE = 20 << 20
_BUCKET = "bench"
# The aws client wants another release of the library that ours uses: it has its own environment.
_AWS = ROOT / ".venv-aws" / "bin" / "aws"
_LIMIT = 1 / 0.9


def _contestants(stage: Stage, *, up: bool, many: bool) -> Sequence[Contestant]:
    env = {**stage.s3.env, "PYTHONPATH": str(ROOT)}
    here, there = _ends(stage, up=up, many=many)
    client = stage.s3.client()
    if _BUCKET not in [found["Name"] for found in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=_BUCKET)
    if not up:
        for path in _files() if many else [_one_file()]:
            client.upload_file(str(path), _BUCKET, f"many/{path.name}" if many else "one")
    source, target = (here, there) if up else (there, here)
    aws = os.environ.get("MOVER_BENCH_AWS", str(_AWS))
    recursive = ["--recursive"] if many else []
    return [
        Contestant(
            name="mover-s3",
            command=[sys.executable, "-m", "bench.s3copy", source, target],
            env=env,
        ),
        Contestant(
            name="aws s3 cp",
            command=[aws, "s3", "cp", "--quiet", *recursive, source, target],
            env=env,
        ),
    ]


def _ends(stage: Stage, *, up: bool, many: bool) -> tuple[str, str]:
    if many:
        folder = _files()[0].parent if up else stage.scratch / "many"
        return f"{folder}/", f"s3://{_BUCKET}/many/"
    return str(_one_file() if up else stage.scratch / "one"), f"s3://{_BUCKET}/one"


def _prepare(stage: Stage, *, up: bool, many: bool) -> None:
    """Remove what the run before wrote, and let the disk come to rest: no run pays for another."""
    if up:
        client = stage.s3.client()
        for found in client.list_objects_v2(Bucket=_BUCKET).get("Contents", ()):
            client.delete_object(Bucket=_BUCKET, Key=found["Key"])
        os.sync()
        return
    shutil.rmtree(stage.scratch / "many", ignore_errors=True)
    (stage.scratch / "one").unlink(missing_ok=True)
    if many:
        (stage.scratch / "many").mkdir()
    os.sync()


def _check(stage: Stage, *, up: bool, many: bool) -> None:
    if up:
        found = stage.s3.client().list_objects_v2(Bucket=_BUCKET).get("Contents", ())
        sizes = [item["Size"] for item in found]
    else:
        paths = (stage.scratch / "many").iterdir() if many else [stage.scratch / "one"]
        sizes = [path.stat().st_size for path in paths]
    wanted = [_SIZE] * _OBJECTS if many else [_SIZE * _OBJECTS]
    if sizes != wanted:
        raise RuntimeError(f"files of {sizes} bytes arrived")


def _one_file() -> Path:
    return _noise(KEPT / "s3-one" / "one", _SIZE * _OBJECTS)


def _files() -> list[Path]:
    return [_noise(KEPT / "s3-many" / f"{n:02d}", _SIZE) for n in range(_OBJECTS)]


def _noise(path: Path, size: int) -> Path:
    """Return a file of bytes that no server can squeeze, made once and kept."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name("unfinished")
        with unfinished.open("wb") as file:
            for _ in range(size >> 20):
                file.write(os.urandom(1 << 20))
        unfinished.rename(path)
    return path


def _figure(name: str, title: str, *, up: bool, many: bool) -> Figure:
    return Figure(
        name=name,
        title=title,
        contestants=partial(_contestants, up=up, many=many),
        prepare=partial(_prepare, up=up, many=many),
        check=partial(_check, up=up, many=many),
        limit=_LIMIT,
    )


def _into_a_table(stage: Stage) -> Sequence[Contestant]:
    """Race ourselves: the same rows into the same table, from an object and from a local file."""
    table = stage.make_table("fetched")
    client = stage.s3.client()
    if _BUCKET not in [found["Name"] for found in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=_BUCKET)
    # Encrypted, as S3 keeps every object. Kept plain, this server packs text with gzip, and spends
    # more on unpacking it again than the rest of the move takes.
    encrypted = {"ServerSideEncryption": "AES256"}
    client.upload_file(str(stage.csv), _BUCKET, "table/lineitem.csv", ExtraArgs=encrypted)
    sources = {"from S3": f"s3://{_BUCKET}/table/lineitem.csv", "from a file": str(stage.csv)}
    how = ("--if-exists", "append", "--quiet")
    return [
        replace(stage.mvrec("move", source, table, *how), name=name, env=stage.s3.env)
        for name, source in sources.items()
    ]


def _table_is_whole(stage: Stage) -> None:
    if (found := stage.count("fetched")) != stage.rows:
        raise RuntimeError(f"{found} rows arrived instead of {stage.rows}")


FIGURES = (
    _figure("s3-up", "1 GB into one S3 object", up=True, many=False),
    _figure("s3-down", "1 GB from one S3 object", up=False, many=False),
    _figure("s3-up-many", "1 GB into 50 S3 objects", up=True, many=True),
    _figure("s3-down-many", "1 GB from 50 S3 objects", up=False, many=True),
    Figure(
        name="s3-table",
        title="CSV in an S3 object into an existing PostgreSQL table",
        contestants=_into_a_table,
        prepare=lambda stage: stage.empty("fetched"),
        check=_table_is_whole,
        limit=1.2,
    ),
)
