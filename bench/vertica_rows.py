"""Read a table of Vertica's and count its rows: ``python -m bench.vertica_rows WAY LOGIN ROWS``.

``fetchall`` and ``iterate`` are vertica-python's own, the latter with its converters off;
``columns`` is what ``mover-vertica`` makes of the same answer: Arrow record batches. All ask for
binary, which takes the stand-in longer to write. The login is the driver's options as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from mover_vertica.connect import open_connection

__all__ = ["main"]

_QUERY = "SELECT * FROM lineitem"


def _fetchall(connection: Any) -> int:
    cursor = connection.cursor()
    cursor.execute(_QUERY)
    return len(cursor.fetchall())


def _iterate(connection: Any) -> int:
    cursor = connection.cursor()
    cursor.disable_sqldata_converter = True
    cursor.execute(_QUERY)
    return sum(1 for _ in cursor.iterate())


def _columns(connection: Any) -> int:
    from mover_vertica.queries import query_fields
    from mover_vertica.select.columns import Decoder
    from mover_vertica.select.wire import ask
    from records_mover.schema import RecordsSchema

    schema = RecordsSchema(query_fields(connection, _QUERY)).to_arrow()
    rows = ask(connection, _QUERY)
    decoder, count = Decoder.of(rows.columns, schema, "lineitem"), 0
    for block in rows.blocks():
        count += decoder.batch(block, count).num_rows
    return count


_WAYS = {"fetchall": _fetchall, "iterate": _iterate, "columns": _columns}


def main(way: str, login: str, rows: str) -> None:
    """Read the table in one of the ways; fail unless it has so many rows."""
    connection = open_connection({**json.loads(login), "tlsmode": "disable"})
    try:
        found = _WAYS[way](connection)
    finally:
        connection.close()
    if found != int(rows):
        raise SystemExit(f"{found} rows were read instead of {rows}")


if __name__ == "__main__":
    main(*sys.argv[1:])
