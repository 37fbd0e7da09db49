"""Rows are cut into files at whole records, with the header above each, and none is lost."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records_mover.formats import (
    BaseRecordsFormat,
    DelimitedRecordsFormat,
    JsonLinesRecordsFormat,
    ParquetRecordsFormat,
)
from records_mover.formats.delimited import records as records_module
from records_mover.formats.reading import read_batches
from records_mover.parts import Part
from records_mover.records.folders.cutting import can_cut, cut_text, file_size

if TYPE_CHECKING:
    from collections.abc import Iterator

CSV = DelimitedRecordsFormat("csv", {"compression": None, "header-row": True})
BARE = CSV.alter_hints({"header-row": False})
PIPES = DelimitedRecordsFormat("bluelabs", {"compression": None})


class Files:
    """Files in memory."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    @contextmanager
    def new(self) -> Iterator[BinaryIO]:
        sink = io.BytesIO()
        yield sink
        self.bodies.append(sink.getvalue())


def _cut(body: bytes, form: BaseRecordsFormat, size: int) -> list[bytes]:
    files = Files()
    part = Part(name="p", open=lambda: io.BytesIO(body))
    cut_text(part, form, size, files.new, lambda: None)
    return files.bodies


def _rows(body: bytes, form: BaseRecordsFormat) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = read_batches(io.BytesIO(body), form).read_all().to_pylist()
    return rows


@pytest.fixture(scope="module", autouse=True)
def small_chunks() -> Iterator[None]:
    """Let chunks end in the middle of these few rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records_module, "_LEAST", 16)
        patch.setitem(records_module.chunks.__kwdefaults__ or {}, "size", 64)
        yield


@pytest.mark.parametrize(
    ("wanted", "multiple", "total", "count"),
    [(128, 1, 1000, 8), (128, 3, 1000, 9), (1000, 4, 10, 4), (1000, 4, 4001, 8)],
)
def test_the_number_of_files_is_a_multiple(
    wanted: int, multiple: int, total: int, count: int
) -> None:
    mib = 1 << 20
    size = file_size(wanted * mib, multiple, total * mib)
    assert -(-total * mib // size) == count


def test_small_files_are_not_cut_for_the_sake_of_a_multiple() -> None:
    assert file_size(128 << 20, 16, 1000) == 1 << 20
    assert file_size(128 << 20, 16, None) == 128 << 20


def test_each_file_has_the_header_and_whole_records() -> None:
    rows = b"".join(b'%d,"two\nlines ""%d"""\n' % (n, n) for n in range(50))
    bodies = _cut(b"id,name\n" + rows, CSV, 100)
    assert len(bodies) > 5
    longest = len(b'49,"two\nlines ""49"""\n')
    assert max(map(len, bodies)) <= len(b"id,name\n") + 100 + longest
    assert all(body.startswith(b"id,name\n") for body in bodies)
    assert b"".join(body.removeprefix(b"id,name\n") for body in bodies) == rows
    assert [row for body in bodies for row in _rows(body, CSV)] == [
        {"id": str(n), "name": f'two\nlines "{n}"'} for n in range(50)
    ]


@pytest.mark.parametrize("form", [CSV, BARE, PIPES, JsonLinesRecordsFormat()])
def test_without_rows_there_is_one_file(form: BaseRecordsFormat) -> None:
    assert len(_cut(b"", form, 10)) == 1
    assert _cut(b"a,b\n", CSV, 10) == [b"a,b\n"]
    assert _cut(b"a,b", CSV, 10) == [b"a,b\n"]


_TEXT = st.text(st.sampled_from('ab",\\\n\r|é '), max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(_TEXT, _TEXT), max_size=60), st.integers(1, 300))
@pytest.mark.parametrize("form", [CSV, BARE, PIPES, CSV.alter_hints({"encoding": "LATIN1"})])
def test_no_row_is_lost_or_changed(
    form: DelimitedRecordsFormat, rows: list[tuple[str, str]], size: int
) -> None:
    from records_mover.formats.writing import write_batches

    schema = pa.schema([("a", pa.string()), ("b", pa.string())])
    batch = pa.RecordBatch.from_pylist([{"a": a, "b": b} for a, b in rows], schema)
    sink = io.BytesIO()
    write_batches(pa.RecordBatchReader.from_batches(schema, [batch]), form, sink)
    bodies = _cut(sink.getvalue(), form, size)
    whole = _rows(sink.getvalue(), form)
    assert [row for body in bodies for row in _rows(body, form) if body] == whole


def test_what_cannot_be_cut_is_known() -> None:
    assert can_cut(CSV)
    assert can_cut(JsonLinesRecordsFormat())
    assert not can_cut(ParquetRecordsFormat())
    for hints in ({"compression": "GZIP"}, {"encoding": "UTF16"}, {"skip-lines": 2}):
        assert not can_cut(CSV.alter_hints(hints))
