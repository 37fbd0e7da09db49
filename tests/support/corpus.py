"""Judges files of strangers: each table is read right or refused with a reason, none crashes.

``make corpus`` fetches them; ``python corpus.py ARCHIVE...`` judges the tables in source archives.
Each is moved to Parquet, and, as text, compared with what Python's ``csv`` makes of it.
"""

from __future__ import annotations

import csv
import io
import itertools
import sys
import tarfile
import tempfile
import traceback
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet

from records_mover import move
from records_mover.errors import MoverError
from records_mover.formats import DelimitedRecordsFormat, read_batches
from records_mover.formats.sniff import sniff
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.formats.delimited.hints import ValidatedRecordsHints

__all__ = ["Verdict", "judge", "judge_archive"]

_TABLES = (".csv", ".tsv", ".table", ".parquet", ".jsonl")
_PACKED = ("", ".gz", ".bz2", ".zip", ".xz", ".zst", ".lz4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one file; ``crashed`` if it showed a traceback of ours or of a library's."""

    name: str
    said: str
    crashed: bool = False
    differs: bool = False


def judge_archive(archive: Path) -> Iterator[Verdict]:
    """Judge each table in an archive of sources."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
        for packed in list(Path(folder).rglob("*.zip")):
            zipfile.ZipFile(packed).extractall(packed.parent)
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and path.name.endswith(_endings()):
                yield judge(path, name=f"{archive.name}: {path.relative_to(folder)}")


def _endings() -> tuple[str, ...]:
    return tuple(map("".join, itertools.product(_TABLES, _PACKED)))


def judge(path: Path, *, name: str = "") -> Verdict:
    """Move one file to Parquet and compare."""
    name = name or path.name
    try:
        return _read(path, name)
    except MoverError as err:
        return Verdict(name=name, said=f"refused: {' '.join(str(err).split())[:140]}")
    except Exception:  # noqa: BLE001 - any other exception is what is looked for
        return Verdict(name=name, said=traceback.format_exc(), crashed=True)


def _read(path: Path, name: str) -> Verdict:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "moved.parquet"
        move(str(path), str(target))
        table = pyarrow.parquet.read_table(target)
    found = sniff(lambda: path.open("rb"))
    kinds = ", ".join(sorted({str(kind) for kind in table.schema.types}))
    said = f"read: {table.num_rows} rows, {table.num_columns} columns ({kinds})"
    if not isinstance(found.format, DelimitedRecordsFormat) or found.format.compression:
        return Verdict(name=name, said=said)
    difference = _difference(path, found.format)
    return Verdict(name=name, said=f"{said}{difference}", differs=bool(difference))


def _difference(path: Path, fmt: DelimitedRecordsFormat) -> str:
    """Say where the rows as text are not those of Python's csv; nothing where they are."""
    ours, theirs = _our_rows(path, fmt), _their_rows(path, fmt.validate())
    if len(ours) != len(theirs):
        return f"; csv makes {len(theirs)} rows of it"
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True), 1):
        if one != other:
            return f"; csv reads row {number} as {other!r:.200}, we as {one!r:.200}"
    return ""


def _our_rows(path: Path, fmt: DelimitedRecordsFormat) -> list[list[str]]:
    names = read_batches(path.open("rb"), fmt).schema.names
    text = RecordsSchema([Field(name, "string") for name in names])
    batches = read_batches(path.open("rb"), fmt, text)
    rows = (row.values() for batch in batches for row in batch.to_pylist())
    return [[value or "" for value in row] for row in rows]


def _their_rows(path: Path, hints: ValidatedRecordsHints) -> list[list[str]]:
    csv.field_size_limit(1 << 30)
    text = path.read_bytes().decode(hints.codec).removeprefix("\ufeff")
    lines = "".join(text.splitlines(keepends=True)[hints.skip_lines :])
    reader = csv.reader(
        io.StringIO(lines, newline=""),
        delimiter=hints.field_delimiter,
        quotechar=hints.quotechar,
        quoting=csv.QUOTE_NONE if hints.quoting is None else csv.QUOTE_MINIMAL,
        doublequote=hints.doublequote,
        escapechar=hints.escape,
    )
    comment = hints.comment
    rows = [row for row in reader if row and not (comment and row[0].startswith(comment))]
    null = hints.null_marker
    return [["" if cell == null else cell for cell in row] for row in rows[hints.header_row :]]


def main(archives: list[Path]) -> int:
    """Print a line a file; exit with 1 where one crashed, or reads otherwise than csv does."""
    verdicts = [verdict for archive in archives for verdict in judge_archive(archive)]
    for verdict in verdicts:
        mark = "CRASHED" if verdict.crashed else "DIFFERS" if verdict.differs else "ok"
        print(f"{mark:8}{verdict.name}\n        {verdict.said}")
    bad = sum(verdict.crashed or verdict.differs for verdict in verdicts)
    refused = sum(verdict.said.startswith("refused") for verdict in verdicts)
    print(
        f"{len(verdicts)} files: {refused} refused with a reason, {bad} crashed or read otherwise"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main([Path(name) for name in sys.argv[1:]]))
