"""Load a CSV file by vertica-python alone: ``python -m bench.vertica_copy WAY URL PATH ROWS``."""

from __future__ import annotations

import csv
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import vertica_python

__all__ = ["main"]

_AT_ONCE = 10_000


def _copy(cursor: Any, path: Path) -> None:
    with path.open("rb") as file:
        cursor.copy(
            "COPY lineitem FROM STDIN DELIMITER ',' ENCLOSED BY '\"' SKIP 1 NO COMMIT", file
        )


def _executemany(cursor: Any, path: Path) -> None:
    with path.open(newline="") as file:
        rows = csv.reader(file)
        names = next(rows)
        marks = ", ".join(["%s"] * len(names))
        insert = f"INSERT INTO lineitem ({', '.join(names)}) VALUES ({marks})"
        while some := list(islice(rows, _AT_ONCE)):
            cursor.executemany(insert, some)


_WAYS = {"copy": _copy, "executemany": _executemany}


def main(way: str, url: str, path: str, rows: str) -> None:
    """Load the file in one of the ways; fail unless there are so many rows then."""
    with vertica_python.connect(dsn=url) as connection:
        cursor = connection.cursor()
        cursor.execute("TRUNCATE TABLE lineitem")
        _WAYS[way](cursor, Path(path))
        cursor.execute("COMMIT")
        cursor.execute("SELECT COUNT(*) FROM lineitem")
        (found,) = cursor.fetchone()
    if found != int(rows):
        raise SystemExit(f"{found} rows are there instead of {rows}")


if __name__ == "__main__":
    main(*sys.argv[1:])
