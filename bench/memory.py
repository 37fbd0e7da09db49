"""Shows the peak memory of reading, recoding and inferring a file of any size.

``make bench`` runs it for 50 MB and for 500 MB, to show that the peak does not grow; by hand it is
``python -m bench.memory [gigabytes]``. The file is made as it is read: the rows of one generated
table over and over, so that it takes no room on disk.
"""

from __future__ import annotations

import io
import random
import resource
import sys
import time
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from records_mover.formats import ParquetRecordsFormat, infer_schema
from records_mover.formats.names import PLAIN_CSV
from records_mover.formats.recode.files import recode

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = b"id,price,day,name,comment\n"


class Repeated(io.RawIOBase):
    """A header, then the same rows until there are enough bytes."""

    def __init__(self, rows: bytes, size: int) -> None:
        self._parts = [HEADER, *[rows] * (size // len(rows))]
        self._spot = 0

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer from the rows, over and over."""
        while self._parts and self._spot == len(self._parts[0]):
            self._parts.pop(0)
            self._spot = 0
        if not self._parts:
            return 0
        data = self._parts[0][self._spot : self._spot + len(buffer)]
        buffer[: len(data)] = data
        self._spot += len(data)
        return len(data)


class Nowhere(io.RawIOBase):
    """A sink that keeps nothing."""

    def writable(self) -> bool:
        """Say that this can be written."""
        return True

    def write(self, data: Any) -> int:
        """Drop what is given."""
        return memoryview(data).nbytes


def table() -> bytes:
    """Return 4 MB of rows."""
    draw = random.Random(1)
    words = ["slyly", "final", "deposits, bold", 'the "carefully"', "über", "x\ny"]
    lines = []
    for number in range(50_000):
        text = " ".join(draw.choices(words, k=6)).replace('"', '""')
        price = draw.randint(0, 10**7) / 100
        lines.append(f'{number},{price:.2f},20{number % 90 + 10}-01-02,n{number % 7},"{text}"\n')
    return "".join(lines).encode()


def main(gigabytes: float) -> None:
    """Print the peak after each job."""
    rows, size = table(), int(gigabytes * 1e9)

    def opened() -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(Repeated(rows, size), 1 << 20))

    schema = infer_schema([lambda: cast("BinaryIO", io.BytesIO(HEADER + rows))], PLAIN_CSV)
    bluelabs = PLAIN_CSV.alter_variant("bluelabs").alter_hints({"compression": None})
    sink = cast("BinaryIO", io.BufferedWriter(Nowhere(), 1 << 20))
    jobs: dict[str, Callable[[], object]] = {
        "CSV -> CSV": lambda: recode([opened], PLAIN_CSV, sink, bluelabs, schema=schema),
        "infer": lambda: infer_schema([opened], PLAIN_CSV),
        "CSV -> Parquet": lambda: recode(
            [opened], PLAIN_CSV, sink, ParquetRecordsFormat(), schema=schema
        ),
    }
    for name, job in jobs.items():
        start = time.perf_counter()
        job()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{name}: {gigabytes} GB in {seconds:.1f} s, peak {peak:.0f} MB so far", flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
