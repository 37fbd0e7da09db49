"""Packed text through a pipe, of which only the first megabyte is looked at, arrives whole."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 80_000


def text() -> bytes:
    """Return rows that no compression makes small."""
    draw = random.Random(1)
    lines = [f"{number};{draw.getrandbits(128):032x}" for number in range(ROWS)]
    return "\n".join(["id;code", *lines, ""]).encode()


def zstd(data: bytes) -> bytes:
    packed: bytes = pa.Codec("zstd").compress(data, asbytes=True)
    return packed


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
@pytest.mark.parametrize("target", ["out.parquet", "out.csv"])
def test_packed_text_of_more_than_is_looked_at_is_read_from_a_pipe(
    tmp_path: Path, pack: Callable[[bytes], bytes], target: str
) -> None:
    data = text()
    packed = pack(data)
    assert len(packed) > 5 << 18
    command = [str(Path(sys.executable).with_name("mvrec")), "move", "-", str(tmp_path / target)]
    subprocess.run(command, input=packed, check=True, capture_output=True, timeout=120)
    if target == "out.csv":
        assert (tmp_path / target).read_bytes() == data.replace(b";", b",")
    else:
        table = pq.read_table(tmp_path / target)
        assert table.num_rows == ROWS
        assert table.column_names == ["id", "code"]
