"""Checksums of columns: the same for the same values, whatever holds them and in what order."""

from __future__ import annotations

import decimal

import numpy as np
import pyarrow as pa
import pytest

from records_mover.formats.columns.checksum import Tally, hashes

TEXTS = pa.array(["", "a", "ab", None, "\0", "\0\0", "a", "ba"])


def words(array: pa.Array) -> list[int]:
    return [int(word) for word in hashes(array)]


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view()]
)
def test_a_text_is_the_same_in_every_type_that_holds_it(kind: pa.DataType) -> None:
    assert words(TEXTS.cast(kind)) == words(TEXTS)
    assert words(TEXTS.dictionary_encode()) == words(TEXTS)


def test_texts_that_differ_have_other_hashes_and_equal_ones_the_same() -> None:
    found = words(TEXTS)
    assert found[1] == found[6]
    assert len(set(found)) == len(found) - 1


@pytest.mark.parametrize(
    "array",
    [
        TEXTS,
        pa.array([1, None, 0, -1, 2**62]),
        pa.array([1.5, -0.0, 0.0, None, float("nan")]),
        pa.array([True, None, False]),
        pa.array([decimal.Decimal("1.50"), None, decimal.Decimal(-2)]),
        pa.array([decimal.Decimal(10) ** 50, None]),
        pa.array([[1, 2], [2, 1], [], None, [1], [1, None]]),
        pa.array([{"a": 1, "b": "x"}, None, {"a": 1, "b": "y"}]),
        pa.array([b"ab", None], pa.binary(2)),
        pa.array([0, 1, None], pa.timestamp("us", "UTC")),
        pa.array([0, 1, None], pa.date32()),
        pa.array([None, None]),
    ],
    ids=lambda array: str(array.type),
)
def test_a_part_of_a_column_has_the_hashes_of_its_values(array: pa.Array) -> None:
    for start in range(len(array)):
        assert words(array.slice(start)) == words(array)[start:]
        assert words(array.slice(start, 1)) == words(array)[start : start + 1]
    valid = [word for word, value in zip(words(array), array, strict=True) if value.is_valid]
    assert len(set(valid)) == len(valid) or array is TEXTS


def test_every_nan_is_the_same_and_a_zero_keeps_its_sign() -> None:
    odd = np.array([0x7FF8000000000001, 0xFFF8000000000000], np.uint64).view(np.float64)
    first, second = words(pa.Array.from_buffers(pa.float64(), 2, [None, pa.py_buffer(odd)]))
    assert first == second
    zero, minus = words(pa.array([0.0, -0.0]))
    assert zero != minus


def test_integers_are_the_same_whatever_their_width() -> None:
    values = [1, -1, None]
    assert words(pa.array(values, pa.int16())) == words(pa.array(values, pa.int64()))


def _tally(*columns: pa.Array) -> Tally:
    tally = Tally(len(columns))
    tally.add(pa.record_batch(list(columns), [str(at) for at in range(len(columns))]))
    return tally


def test_the_order_of_rows_does_not_count_and_each_value_does() -> None:
    here = _tally(pa.array([1, 2, None]), pa.array(["a", None, "c"]))
    turned = _tally(pa.array([None, 2, 1]), pa.array(["c", None, "a"]))
    other = _tally(pa.array([1, 3, None]), pa.array(["a", None, "c"]))
    assert (here.rows, here.values, here.sums) == (turned.rows, turned.values, turned.sums)
    assert here.sums[0] != other.sums[0]
    assert here.sums[1] == other.sums[1]


def test_rows_that_were_there_can_be_taken_off() -> None:
    old = _tally(pa.array([5, None]))
    new = _tally(pa.array([7, 5]))
    both = _tally(pa.array([5, 7, None, 5]))
    left = both.less(old)
    assert (left.rows, left.values, left.sums) == (new.rows, new.values, new.sums)


def test_long_columns_are_summed_up_in_parts() -> None:
    texts = pa.array([f"value number {number}" for number in range(50_000)])
    whole, pieces = _tally(texts), Tally(1)
    for start in range(0, len(texts), 777):
        pieces.add(pa.record_batch([texts.slice(start, 777)], ["0"]))
    assert (whole.rows, whole.sums) == (pieces.rows, pieces.sums)
    huge = "x" * (3 << 20)
    assert words(pa.array([huge, huge + "y", huge]))[::2] == [words(pa.array([huge]))[0]] * 2
