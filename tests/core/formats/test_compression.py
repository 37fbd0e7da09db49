"""Compressed streams, whole, in several members, cut off and damaged."""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import random
import sys

import pytest

from records_mover.errors import FormatError
from records_mover.formats.compression import (
    compressing,
    compression_of_magic,
    compression_of_name,
    decompressing,
    without_suffix,
)

KINDS = ["GZIP", "BZIP", "ZSTD", "LZ4"]
DATA = b"".join(b"%d,some text\n" % number for number in range(50_000))


def compressed(kind: str, data: bytes = DATA) -> bytes:
    sink = io.BytesIO()
    with compressing(sink, kind) as out:
        out.write(data)
    assert not sink.closed
    return sink.getvalue()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_compressed_is_read_back(kind: str) -> None:
    packed = compressed(kind)
    assert len(packed) < len(DATA) / 2
    assert compression_of_magic(packed[:8]) == kind
    assert decompressing(io.BytesIO(packed), kind).read() == DATA


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_several_members_are_read_to_their_end(kind: str) -> None:
    packed = compressed(kind) + compressed(kind, b"") + compressed(kind, b"more")
    assert decompressing(io.BytesIO(packed), kind).read() == DATA + b"more"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kept", [0.01, 0.5, 0.999])
def test_a_file_that_is_cut_off_is_an_error(kind: str, kept: float) -> None:
    packed = compressed(kind)
    with pytest.raises(FormatError, match=f"the {kind} data stops before its end"):
        decompressing(io.BytesIO(packed[: int(len(packed) * kept)]), kind).read()


@pytest.mark.parametrize("kind", KINDS)
def test_other_bytes_are_an_error(kind: str) -> None:
    with pytest.raises(FormatError, match=f"damaged {kind} data|stops before"):
        decompressing(io.BytesIO(b"a,b\n1,2\n" * 100), kind).read()


def test_other_tools_read_what_is_written() -> None:
    assert gzip.decompress(compressed("GZIP")) == DATA
    assert bz2.decompress(compressed("BZIP")) == DATA


def test_zero_bytes_after_the_last_member_are_padding() -> None:
    packed = gzip.compress(b"abc") + b"\0" * 5000
    assert decompressing(io.BytesIO(packed), "GZIP").read() == b"abc"


def test_streams_fill_a_buffer_and_close_their_source() -> None:
    source = io.BytesIO(compressed("GZIP"))
    stream = decompressing(source, "GZIP")
    buffer = bytearray(10)
    assert stream.readinto(buffer) == 10  # type: ignore[attr-defined]
    assert bytes(buffer) == DATA[:10]
    stream.close()
    assert source.closed


def test_an_empty_file_is_an_empty_stream() -> None:
    assert decompressing(io.BytesIO(b""), "GZIP").read() == b""


@pytest.mark.parametrize("kind", ["LZO", "ZIP"])
def test_what_cannot_be_done_is_refused(kind: str) -> None:
    with pytest.raises(FormatError, match=kind):
        decompressing(io.BytesIO(b"x"), kind)
    with pytest.raises(FormatError, match=kind):
        compressing(io.BytesIO(), kind)


def test_names_tell_the_compression_whatever_their_case() -> None:
    names = {
        "a.csv.gz": "GZIP",
        "A.CSV.BZ2": "BZIP",
        "a.zst": "ZSTD",
        "a.LZ4": "LZ4",
        "a.csv": None,
    }
    assert {name: compression_of_name(name) for name in names} == names
    assert compression_of_name("a.lzo") == "LZO"
    assert without_suffix("a.csv.GZ") == "a.csv"


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("kind", [None, *KINDS])
def test_what_nobody_closes_writes_no_more_and_says_nothing(
    kind: str | None,
    closed: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    said: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    sink, noise = io.BytesIO(), random.Random(1).randbytes(9 << 20)
    packed = compressing(sink, kind)
    packed.write(noise)
    packed.write(b"what is left in the buffer")
    written = len(sink.getvalue())
    if closed:
        sink.close()
    del packed
    gc.collect()
    assert (written > 0, said, capfd.readouterr().err) == (True, [], "")
    assert closed or len(sink.getvalue()) == written
