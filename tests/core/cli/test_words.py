"""Figures in words."""

from __future__ import annotations

import pytest

from records_mover.cli.words import figures, fraction, moved, size, span
from records_mover.meter import Meter
from records_mover.records.result import MoveResult


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (120_300_000, "120 MB"),
        (999_999, "1.0 MB"),
        (1.2e9, "1.2 GB"),
        (5e18, "5000 PB"),
    ],
)
def test_a_size_has_about_three_digits(count: float, said: str) -> None:
    assert size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.004, "0.00 s"),
        (0.999, "1.00 s"),
        (4.26, "4.3 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.9, "1:00 min"),
        (185, "3:05 min"),
        (7385, "2:03:05 h"),
    ],
)
def test_a_time_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert span(seconds) == said


def test_progress_says_what_is_known_and_nothing_else() -> None:
    meter = Meter()
    assert figures(meter, 1.0) == "no rows yet"
    meter.bytes, meter.rows = 2_000_000, 1000
    assert figures(meter, 2.0) == "1,000 rows, 2.0 MB, 1.0 MB/s"
    meter.total_bytes = 8_000_000
    assert figures(meter, 2.0) == "1,000 rows, 2.0 MB, 1.0 MB/s, 6.0 s left"
    meter.bytes = 8_000_000
    assert "left" not in figures(meter, 2.0)


def test_rows_alone_have_a_rate_and_an_end() -> None:
    meter = Meter()
    meter.rows, meter.total_rows = 500, 1000
    assert figures(meter, 0.5) == "500 rows, 1,000 rows/s, 0.50 s left"


def test_a_table_that_holds_more_than_was_estimated_is_done_at_most() -> None:
    meter = Meter()
    meter.rows, meter.total_rows = 1500, 1000
    assert fraction(meter) == 1.0


def test_a_result_is_one_line() -> None:
    result = MoveResult(rows=1, bytes=1500, seconds=0.5, route=("read", "x"), rejected=2)
    assert moved(result) == "moved 1 row, 2 rejected, 1.5 kB in 0.50 s by read > x"
    result = MoveResult(rows=None, bytes=0, seconds=3, route=("copy",), verified=True)
    assert moved(result) == "moved all rows, verified in 3.0 s by copy"
    result = MoveResult(rows=1, bytes=0, seconds=3, route=("copy",), notes=("'a' was added", "b"))
    assert moved(result) == "moved 1 row in 3.0 s by copy; 'a' was added; b"
