"""Which reader reads which format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.load.text import decoded, text_reader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.columns import TableColumn
    from redshift_server.load.record import Record
    from redshift_server.store import Store

__all__ = ["records_of"]


def records_of(
    url: str, statement: CopyStatement, store: Store, columns: Sequence[TableColumn]
) -> Iterator[Record]:
    """Yield the records of one object."""
    data = store.read(url)
    if statement.format in ("parquet", "orc"):
        from redshift_server.load.columnar import columnar_records

        return columnar_records(data, statement, columns, url)
    if statement.format == "avro":
        from redshift_server.load.avro import avro_records

        return avro_records(data, statement, store, columns)
    text = decoded(data, statement, url)
    if statement.format == "json":
        from redshift_server.load.jsontext import json_records

        return json_records(text, statement, store, columns)
    return text_reader(statement).records(text, statement.count("ignoreheader"))
