"""What an error advises is said in the words of the command line, and works when it is pasted."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from records_mover import move
from records_mover.errors import FormatError
from records_mover.formats.delimited.hints import VARIANTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from click.testing import Result

    Runner = Callable[..., Result]


@pytest.fixture
def typed(tmp_path: Path) -> Path:
    """A folder of files with a column of each type that a variant may not keep."""
    (tmp_path / "dir").mkdir()
    texts = pa.array(["2020-02-29 13:14:15", None]).cast(pa.timestamp("us"))
    columns = {
        "a date": texts.cast(pa.date32()),
        "moment": texts,
        "zoned": texts.cast(pa.timestamp("us", "UTC")),
        "clock": texts.cast(pa.time64("us")),
        "word": pa.array(["x", None]),
    }
    parquet.write_table(pa.table(columns), tmp_path / "dir" / "a.parquet")
    return tmp_path / "dir"


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("way", ["keep it with", "or allow that with"])
def test_what_keeps_a_column_can_be_pasted(
    runner: Runner, typed: Path, variant: str, way: str
) -> None:
    target = typed.parent / "out.csv.zst"
    command = ["move", f"{typed}/", target, "--target-variant", variant]
    ran = runner(*command)
    if ran.exit_code:
        found = re.search(rf"{way} (--.*?)(?:, or allow that with|$)", ran.stderr.strip())
        assert found is not None, ran.stderr
        assert not target.exists()
        ran = runner(*command, *shlex.split(found[1]))
    assert ran.exit_code == 0, ran.stderr
    assert target.stat().st_size > 0


def test_a_date_without_its_century_is_told_of_in_one_line(runner: Runner, typed: Path) -> None:
    ran = runner("move", f"{typed}/", typed.parent / "out.csv.zst", "--target-variant", "csv")
    assert ran.exit_code == 1
    assert ran.stderr == (
        "mvrec: column 'a date' may lose something as date: dateformat MM/DD/YY does not keep the "
        "century; 2 more may, too; keep it with --target-hint dateformat=YYYY-MM-DD --target-hint "
        "'datetimeformat=YYYY-MM-DD HH24:MI:SS' --target-hint "
        "'datetimeformattz=YYYY-MM-DD HH24:MI:SSOF', or allow that with --allow-lossy 'a date' "
        "--allow-lossy moment --allow-lossy zoned\n"
    )


def test_text_whose_dates_lose_their_century_is_told_of_so_too(
    runner: Runner, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("d,n\n2020-02-29,1\n1905-01-01,2\n")
    command = ["move", tmp_path / "a.csv", tmp_path / "b.csv", "--target-variant", "csv"]
    ran = runner(*command)
    assert "keep it with --target-hint dateformat=YYYY-MM-DD, or" in ran.stderr
    ran = runner(*command, "--target-hint", "dateformat=YYYY-MM-DD")
    assert ran.exit_code == 0, ran.stderr


def test_a_hint_that_cannot_be_used_is_told_of_without_a_word_of_python(
    runner: Runner, trips: Path
) -> None:
    target = trips.with_name("b.csv")
    ran = runner("move", trips, target, "--hint", "quoting=some")
    assert "the value 'some' of the hint 'quoting' cannot be used" in ran.stderr
    assert "fail_if" not in ran.stderr
    with pytest.raises(FormatError, match="or pass fail_if_cant_handle_hint=False"):
        move(trips, target, hints={"quoting": "some"})


def test_what_there_is_one_of_is_told_of_as_one(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,name\n1,x\n")
    ran = runner("sniff", tmp_path / "a.csv")
    assert "1 column holds numbers or dates below a word" in ran.output
    assert "1 columns" not in ran.output
