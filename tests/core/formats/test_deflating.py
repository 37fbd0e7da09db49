"""Gzip by several threads is one member like any other, and hardly longer than by one."""

from __future__ import annotations

import gzip
import io
import random
import threading
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records_mover.formats import deflating
from records_mover.formats.compression import compressing

TEXT = b"".join(b"%d,some text,%d\n" % (number, number % 97) for number in range(400_000))


def packed(*pieces: bytes) -> bytes:
    sink = io.BytesIO()
    with compressing(sink, "GZIP") as out:
        for piece in pieces:
            out.write(piece)
    return sink.getvalue()


def test_blocks_make_one_member_that_zlib_reads_to_its_end() -> None:
    decoder = zlib.decompressobj(31)
    data = packed(TEXT)
    assert decoder.decompress(data) == TEXT
    assert decoder.eof
    assert decoder.unused_data == b""
    assert len(data) < 1.005 * len(gzip.compress(TEXT, 6))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(0, 3000), max_size=8),
    block=st.sampled_from([1, 7, 1000, 4096]),
    window=st.sampled_from([1, 300, 1 << 15]),
)
def test_what_is_written_in_any_pieces_comes_back(
    monkeypatch: pytest.MonkeyPatch, sizes: list[int], block: int, window: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(deflating, "_BLOCK", block)
        patch.setattr(deflating, "_WINDOW", window)
        sink = io.BytesIO()
        raw: Any = deflating.Gzip(sink)
        pieces = [random.Random(size).randbytes(size // 2) + TEXT[:size] for size in sizes]
        for piece in pieces:
            raw.write(piece)
        raw.close()
    assert gzip.decompress(sink.getvalue()) == b"".join(pieces)


def test_what_fits_into_a_block_needs_no_thread() -> None:
    before = threading.active_count()
    sink = io.BytesIO()
    with compressing(sink, "GZIP") as out:
        out.write(b"a,b\n1,2\n")
        assert threading.active_count() == before
    assert gzip.decompress(sink.getvalue()) == b"a,b\n1,2\n"


class FullDisk(io.RawIOBase):
    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        raise OSError("no space left")


def test_a_sink_that_fails_is_an_error_and_no_thread_is_left() -> None:
    before = threading.active_count()
    out = compressing(FullDisk(), "GZIP")  # type: ignore[arg-type]
    with pytest.raises(OSError, match="no space left"):
        out.write(TEXT * 3)
    with pytest.raises(OSError, match="no space left"):
        out.close()
    assert threading.active_count() == before
