"""The core's own steps on real files: every byte arrives, or the target is as it was."""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import os
import resource
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from records_mover import Session
from records_mover.errors import (
    BadRowError,
    FormatError,
    MoveCancelled,
    MoverError,
    NotFoundError,
    StoreError,
    UsageError,
)
from records_mover.formats import DelimitedRecordsFormat
from records_mover.meter import Cancellation, Meter
from records_mover.parts import Part
from records_mover.plugins import Plugins
from records_mover.records.folders.join import can_join
from records_mover.records.once import ReadOnce, keep, look_at
from records_mover.url.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CSV = b'id,name,note\n1,Ann,"a ""b"", c"\n2,Bob,\n3,\xc3\x89mile,"two\nlines"\n'


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session(plugins=Plugins(strict=True)) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    gc.collect()
    before = len(os.listdir("/proc/self/fd")), _movers()  # noqa: PTH208 - a Path would open one
    yield
    gc.collect()
    # Not the same: what other tests in this process have left may have ended meanwhile.
    assert len(os.listdir("/proc/self/fd")) <= before[0]  # noqa: PTH208
    assert _movers() <= before[1]


def _movers() -> int:
    return sum(thread.name.startswith("mover") for thread in threading.enumerate())


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _unpacked(data: bytes, name: str) -> bytes:
    if name.endswith(".gz"):
        return gzip.decompress(data)
    if name.endswith(".bz2"):
        return bz2.decompress(data)
    if name.endswith(".zst"):
        return pa.CompressedInputStream(pa.BufferReader(data), "zstd").read()  # type: ignore[no-any-return]
    return data


PACKED = {"a.csv": CSV, "a.csv.gz": gzip.compress(CSV), "a.csv.bz2": bz2.compress(CSV)}
STEPS = {
    ("a.csv", "b.csv"): ("copy",),
    ("a.csv.gz", "b.csv.gz"): ("copy",),
    ("a.csv", "b.csv.gz"): ("read", "compress", "write"),
    ("a.csv.bz2", "b.csv"): ("read", "decompress", "write"),
    ("a.csv.gz", "b.csv.zst"): ("read", "decompress", "compress", "write"),
    ("a.csv.gz", "b.csv.bz2"): ("read", "decompress", "compress", "write"),
}


@pytest.mark.parametrize(("names", "route"), STEPS.items(), ids=str)
def test_bytes_go_through_unchanged_whatever_they_are_packed_in(
    session: Session, tmp_path: Path, names: tuple[str, str], route: tuple[str, ...]
) -> None:
    source, target = (tmp_path / name for name in names)
    source.write_bytes(PACKED[names[0]])
    meter = Meter()
    result = session.move(str(source), str(target), format="csv", meter=meter)
    assert result.route == route
    assert _unpacked(target.read_bytes(), names[1]) == CSV
    assert result.bytes == meter.bytes == len(PACKED[names[0]])
    assert result.rows is None
    assert result.output_urls == {names[1]: str(target)}
    assert _names(tmp_path) == sorted(names)


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "jsonl", "jsonl.gz"])
def test_rows_are_decoded_and_encoded_and_counted(
    session: Session, tmp_path: Path, kind: str
) -> None:
    there, back = tmp_path / f"there.{kind}", tmp_path / "back.csv"
    (tmp_path / "a.csv").write_bytes(CSV)
    if kind != "csv":
        result = session.move(str(tmp_path / "a.csv"), str(there), format="csv")
        parsed = ("transcode", "write") if kind == "tsv" else ("decode", "encode")
        assert result.route[1:3] == parsed
        assert result.rows == 3
    else:
        there.write_bytes(CSV)
    session.move(str(there), str(back), format=kind if kind in ("csv", "tsv") else None)
    session.move(str(back), str(tmp_path / "rows.parquet"), format="csv")
    rows = pq.read_table(tmp_path / "rows.parquet").to_pylist()
    assert [str(row["id"]) for row in rows] == ["1", "2", "3"]
    assert [row["name"] for row in rows] == ["Ann", "Bob", "Émile"]
    assert [row["note"] for row in rows] == ['a "b", c', None, "two\nlines"]


# several files into one


def _several(folder: Path, *contents: bytes, suffix: str = ".csv") -> str:
    for number, content in enumerate(contents):
        (folder / f"part{number}{suffix}").write_bytes(content)
    return f"{folder}/part*{suffix}"


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        ([b"a,b\n1,2\n", b"a,b\n3,4\n"], b"a,b\n1,2\n3,4\n"),
        ([b"a,b\n1,2", b"a,b\n3,4"], b"a,b\n1,2\n3,4"),
        ([b"a,b\n", b"a,b\n3,4\n", b"a,b\n"], b"a,b\n3,4\n"),
        ([b"a,b", b"a,b", b"a,b\n1,2"], b"a,b\n1,2"),
        ([b"a,b\r\n1,2\r\n", b"a,b\r\n3,4\r\n"], b"a,b\r\n1,2\r\n3,4\r\n"),
        ([b'"a\nx",b\n1,2\n', b'"a\nx",b\n3,"4\n"\n'], b'"a\nx",b\n1,2\n3,"4\n"\n'),
        ([b'a,"b"\n1,2\n', b'"a",b\n3,4\n'], b'a,"b"\n1,2\n3,4\n'),
        ([b"\xef\xbb\xbfa,b\n1,2\n", b"\xef\xbb\xbfa,b\n3,4\n"], b"\xef\xbb\xbfa,b\n1,2\n3,4\n"),
    ],
)
def test_files_with_headers_are_joined_under_the_first(
    session: Session, tmp_path: Path, contents: list[bytes], expected: bytes
) -> None:
    url = _several(tmp_path, *contents)
    target = tmp_path / "all.csv"
    result = session.move(url, str(target), format="csv", hints={"header-row": True})
    assert result.route == ("read", "write")
    assert target.read_bytes() == expected
    plan = session.explain(url, str(target), format="csv", hints={"header-row": True})
    assert "several files are joined" in str(plan)


def test_a_header_longer_than_a_block_is_dropped_whole(session: Session, tmp_path: Path) -> None:
    header = ",".join(f"column{number}" for number in range(20_000)).encode()
    row = b",".join([b"x"] * 20_000)
    url = _several(tmp_path, header + b"\n" + row + b"\n", header + b"\n" + row)
    session.move(url, str(tmp_path / "all.csv"), format="csv")
    assert (tmp_path / "all.csv").read_bytes() == b"\n".join([header, row, row])


def test_files_without_headers_are_joined_as_they_are(session: Session, tmp_path: Path) -> None:
    url = _several(tmp_path, b"1,2", b"", b"3,4\n")
    hints = {"header-row": False}
    session.move(
        url,
        str(tmp_path / "all.csv"),
        format="csv",
        hints=hints,
        target_format="csv",
        target_hints=hints,
    )
    assert (tmp_path / "all.csv").read_bytes() == b"1,2\n3,4\n"


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("target", ["all.csv", "all.csv.gz", "all.csv.zst"])
def test_packed_files_are_joined_within_their_packing(
    session: Session, tmp_path: Path, suffix: str, target: str
) -> None:
    pack = gzip.compress if suffix.endswith("gz") else bytes
    url = _several(tmp_path, pack(b"a,b\n1,2"), pack(b"a,b\n3,4\n"), suffix=suffix)
    session.move(url, str(tmp_path / target), format="csv")
    assert _unpacked((tmp_path / target).read_bytes(), target) == b"a,b\n1,2\n3,4\n"


def test_parquet_files_are_written_anew_into_one(session: Session, tmp_path: Path) -> None:
    for number in range(3):
        table = pa.table({"a": pa.array([number, None], pa.int64())})
        pq.write_table(table, tmp_path / f"part{number}.parquet")
    session.move(f"{tmp_path}/part*.parquet", str(tmp_path / "all.parquet"))
    rows = pq.read_table(tmp_path / "all.parquet")["a"].to_pylist()
    assert rows == [0, None, 1, None, 2, None]


def test_a_parquet_file_that_comes_through_a_pipe_is_put_aside(
    session: Session, tmp_path: Path
) -> None:
    table = pa.table({"a": pa.array(range(200_000), pa.int64())})
    pq.write_table(table, tmp_path / "in.parquet")
    os.mkfifo(tmp_path / "fifo")
    data = (tmp_path / "in.parquet").read_bytes()
    feeder = threading.Thread(target=lambda: (tmp_path / "fifo").write_bytes(data))
    feeder.start()
    session.move(str(tmp_path / "fifo"), str(tmp_path / "out.csv"), format="parquet")
    feeder.join()
    assert (tmp_path / "out.csv").read_bytes().count(b"\n") == 200_001


def test_files_of_wide_characters_are_written_anew_into_one(
    session: Session, tmp_path: Path
) -> None:
    contents = [text.encode("utf-16") for text in ("a,b\n1,ü\n", "a,b\n2,é\n")]
    hints = {"encoding": "UTF16"}
    url, target = _several(tmp_path, *contents), tmp_path / "all.csv"
    assert not can_join(DelimitedRecordsFormat("csv", {"encoding": "UTF16"}))
    session.move(url, str(target), format="csv", hints=hints, target_hints=hints)
    assert target.read_bytes().decode("utf-16").split() == ["a,b", "1,ü", "2,é"]


def test_json_lines_are_joined_line_by_line(session: Session, tmp_path: Path) -> None:
    url = _several(tmp_path, b'{"a": 1}', b'{"a": 2}\n', suffix=".jsonl")
    session.move(url, str(tmp_path / "all.jsonl"))
    assert (tmp_path / "all.jsonl").read_bytes() == b'{"a": 1}\n{"a": 2}\n'


def test_files_with_other_columns_are_refused(session: Session, tmp_path: Path) -> None:
    url = _several(tmp_path, b"a,b\n1,2\n", b"b,a\n3,4\n")
    with pytest.raises(FormatError, match=r"the columns of '.*part1\.csv' differ"):
        session.move(url, str(tmp_path / "all.csv"), format="csv")
    assert not (tmp_path / "all.csv").exists()


def test_a_folder_gets_a_file_a_stream(session: Session, tmp_path: Path) -> None:
    url = _several(tmp_path, b"a,b\n1,2\n", b"a,b\n3,4\n")
    session.move(url, f"{tmp_path}/out/", format="csv", target_format="csv")
    data = [name for name in _names(tmp_path / "out") if name.startswith("data")]
    assert len(data) == 2
    assert (tmp_path / "out" / data[1]).read_bytes() == b"a,b\n3,4\n"
    session.move(f"{tmp_path}/out/", str(tmp_path / "all.csv"))
    assert (tmp_path / "all.csv").read_bytes() == b"a,b\n1,2\n3,4\n"


# what goes wrong in the middle

BAD = {
    "truncated": (
        gzip.compress(os.urandom(5 << 20))[: 2 << 20],
        "in.csv.gz",
        "out.csv",
        FormatError,
    ),
    "damaged": (gzip.compress(CSV)[:-8] + b"12345678", "in.csv.gz", "out.csv", FormatError),
    "recompressed": (gzip.compress(CSV)[:-9], "in.csv.gz", "out.csv.bz2", FormatError),
    "bad row": (b"a,b\n" + b"1,2\n" * 300_000 + b"1,2,3\n", "in.csv", "out.jsonl", BadRowError),
    "bad row, packed": (b"a,b\n1,2,3\n", "in.csv", "out.jsonl.gz", BadRowError),
}


@pytest.mark.parametrize(("data", "source", "target", "error"), BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("old", [None, b"old"])
def test_an_error_in_the_middle_leaves_the_target_as_it_was(
    session: Session,
    tmp_path: Path,
    data: bytes,
    source: str,
    target: str,
    error: type[MoverError],
    old: bytes | None,
) -> None:
    (tmp_path / source).write_bytes(data)
    if old is not None:
        (tmp_path / target).write_bytes(old)
    before = _names(tmp_path)
    schema = tmp_path.parent / "schema.json"
    schema.write_text(SCHEMA)
    with pytest.raises(error):
        session.move(
            str(tmp_path / source), str(tmp_path / target), format="csv", schema=str(schema)
        )
    assert _names(tmp_path) == before
    assert old is None or (tmp_path / target).read_bytes() == old


SCHEMA = """{"schema": "bltypes/v1", "fields": {
  "a": {"type": "string", "index": 1}, "b": {"type": "string", "index": 2}}}"""


@pytest.mark.parametrize("target", ["out.csv", "out.csv.gz", "out.jsonl"])
def test_a_full_disk_leaves_nothing_and_names_the_target(
    session: Session, tmp_path: Path, target: str
) -> None:
    (tmp_path / "in.csv").write_bytes(b"a,b\n" + os.urandom(200_000).hex().encode() + b",2\n")
    (tmp_path / target).write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(StoreError, match=r"out.*': file too large"):
            session.move(
                f"{tmp_path}/i[n].csv",
                str(tmp_path / target),
                format="csv",
                target_hints={"quoting": "all"} if target == "out.csv" else {},
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / target).read_bytes() == b"old"
    assert _names(tmp_path) == sorted(["in.csv", target])


def test_a_source_that_vanishes_is_named_and_not_the_target(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = _several(tmp_path, b"a,b\n1,2\n", b"a,b\n3,4\n")
    opened: list[str] = []
    real = LocalStore.open

    def vanishing(self: LocalStore, url: str, **how: Any) -> BinaryIO:
        opened.append(url)
        if opened.count(str(tmp_path / "part1.csv")) == 2:
            (tmp_path / "part1.csv").unlink()
        return real(self, url, **how)

    monkeypatch.setattr(LocalStore, "open", vanishing)
    with pytest.raises(NotFoundError, match=r"there is no file '.*part1\.csv'"):
        session.move(url, str(tmp_path / "all.csv"), format="csv")
    assert _names(tmp_path) == ["part0.csv"]


@pytest.mark.parametrize("target", ["out.csv", "out.csv.gz", "out.jsonl", "folder/"])
def test_a_cancelled_move_leaves_the_target_as_it_was(
    session: Session, tmp_path: Path, target: str
) -> None:
    (tmp_path / "in.csv").write_bytes(b"a,b\n" + b"1,2\n" * 3_000_000)
    cancellation = Cancellation()

    class Watching(Meter):
        def add_bytes(self, count: int) -> None:
            super().add_bytes(count)
            if self.bytes > 3 << 20:
                cancellation.cancel()

    with pytest.raises(MoveCancelled):
        session.move(
            f"{tmp_path}/i[n].csv",
            str(tmp_path / target) + ("/" if target.endswith("/") else ""),
            format="csv",
            target_format="jsonl" if target == "folder/" else None,
            target_hints={"quoting": "all", "header-row": False} if target == "out.csv" else {},
            meter=Watching(),
            cancellation=cancellation,
        )
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == [tmp_path / "in.csv"]


def test_a_move_cancelled_before_it_begins_copies_nothing(session: Session, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(CSV)
    cancellation = Cancellation()
    cancellation.cancel()
    for target in ("out.csv", "out.csv.gz"):
        with pytest.raises(MoveCancelled):
            session.move(
                str(tmp_path / "in.csv"),
                str(tmp_path / target),
                format="csv",
                cancellation=cancellation,
            )
    assert _names(tmp_path) == ["in.csv"]


# what can be read once only


def _once(data: bytes) -> tuple[Part, list[int]]:
    opened: list[int] = []

    def open_it() -> BinaryIO:
        opened.append(1)
        return io.BytesIO(data)

    return ReadOnce(Part(name="stream", open=open_it)).part(), opened


@pytest.mark.parametrize("size", [0, 10, 1 << 20, (3 << 20) + 7])
def test_a_stream_is_looked_at_and_then_read_whole(size: int) -> None:
    data = os.urandom(size)
    part, opened = _once(data)
    head = look_at(part)().read()
    assert data.startswith(head)
    assert look_at(part)().read() == head
    with part.open() as stream:
        assert stream.read() == data
    assert opened == [1]
    assert not part.rereadable


def test_a_head_ends_with_a_line_where_there_is_more() -> None:
    part, _ = _once(b"0123456\n" * 200_000)
    assert look_at(part)().read().endswith(b"\n")


def test_a_stream_read_twice_is_an_error_and_never_empty() -> None:
    part, _ = _once(CSV)
    with part.open() as stream:
        assert stream.read(5) == CSV[:5]
    for again in (part.open, look_at(part), lambda: keep(part)):
        with pytest.raises(StoreError, match="'stream' can be read once only"):
            again()


def test_a_stream_that_is_kept_can_be_read_again_from_where_one_likes() -> None:
    data = os.urandom((2 << 20) + 3)
    part, opened = _once(data)
    look_at(part)()
    keep(part)
    keep(part)
    with part.open() as one, part.open() as other:
        assert one.read(1000) == data[:1000]
        assert other.read() == data
        assert one.read() == data[1000:]
        assert one.seek(-3, io.SEEK_END) == len(data) - 3
        assert (one.tell(), one.read()) == (len(data) - 3, data[-3:])
    assert look_at(part)().read(9) == data[:9]
    assert opened == [1]
    stream = part.open()
    del part
    gc.collect()
    with stream:
        assert stream.read(5) == data[:5], "the file lives as long as somebody reads it"


def test_a_full_disk_for_what_is_kept_is_said(tmp_path: Path) -> None:
    part, _ = _once(b"x" * 100_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, hard))
    try:
        with pytest.raises(
            StoreError, match="cannot keep 'stream' to read it twice: File too large"
        ):
            keep(part)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


MOVE = """
import sys, records_mover
options = dict(item.split("=") for item in sys.argv[3:])
result = records_mover.move(sys.argv[1], sys.argv[2], **options)
print(result.rows, *result.route, file=sys.stderr)
"""


@pytest.mark.parametrize("source", ["-", "/dev/stdin", "fifo"])
@pytest.mark.parametrize("target", ["out.csv", "out.jsonl", "out.csv.gz", "-"])
def test_a_stream_arrives_whole_though_it_was_looked_at_first(
    tmp_path: Path, source: str, target: str
) -> None:
    rows = 80_000
    data = b"id,name\n" + b"".join(b"%d,name %d\n" % (n, n) for n in range(rows))
    given, feeder = {"input": data}, None
    if source == "fifo":
        os.mkfifo(tmp_path / "fifo")
        feeder = threading.Thread(target=lambda: (tmp_path / "fifo").write_bytes(data))
        feeder.start()
        given = {"input": b""}
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", MOVE, source, target],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        check=False,
        **given,  # type: ignore[call-overload]
    )
    if feeder is not None:
        feeder.join()
    assert ran.returncode == 0, ran.stderr.decode()
    written = ran.stdout if target == "-" else (tmp_path / target).read_bytes()
    if target == "out.jsonl":
        assert written.count(b"\n") == rows
        assert b'"name 79999"' in written.splitlines()[-1]
    else:
        assert _unpacked(written, target) == data


@pytest.mark.parametrize("target", ["fifo", "/dev/null", "link"])
def test_what_is_written_as_it_comes_is_not_read_again(
    session: Session, tmp_path: Path, target: str
) -> None:
    (tmp_path / "in.csv").write_bytes(b"a,b\n1,2\n3,4\n")
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    name = target if target.startswith("/") else str(tmp_path / target)
    with pytest.raises(UsageError, match="is not read again, so that there is nothing to verify"):
        session.move(str(tmp_path / "in.csv"), name, verify=True)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "fifo").read_bytes()))
    if name != "/dev/null":
        reader.start()
    assert session.move(str(tmp_path / "in.csv"), name).move_count == 2
    if name != "/dev/null":
        reader.join(20)
        assert read == [b"a,b\n1,2\n3,4\n"]


def test_the_rows_of_nothing_are_no_rows(session: Session, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"a,b\n")
    result = session.move(str(tmp_path / "in.csv"), str(tmp_path / "out.parquet"), format="csv")
    assert result.rows == 0
    assert pq.read_table(tmp_path / "out.parquet").column_names == ["a", "b"]
