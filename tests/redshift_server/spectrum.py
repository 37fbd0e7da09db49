"""External tables read from S3: hidden files left out, Parquet by name, partitions from paths."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from redshift_server.backend import literal
from redshift_server.grammar.access import Access
from redshift_server.grammar.copy import CopyStatement
from redshift_server.grammar.cursor import spelled
from redshift_server.load.columns import table_columns
from redshift_server.load.convert import converter
from redshift_server.load.problem import FieldProblem
from redshift_server.load.rows import escaped_value
from redshift_server.load.source import read_manifest
from redshift_server.store import open_store
from redshift_server.unload.partitions import NULL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redshift_server.load.columns import TableColumn
    from redshift_server.session import Session
    from redshift_server.store import Store

__all__ = ["refresh"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    name: tuple[str, str]
    location: str
    format: str
    delimiter: str
    properties: dict[str, str]
    partitions: list[str]
    role: str


def refresh(name: tuple[str, str], session: Session) -> None:
    """Put what lies in S3 now into the table behind, committed at once."""
    table = _described(name, session)
    store = open_store(session.config, Access(role=table.role))
    statement = CopyStatement(table=name, source=table.location, access=Access(role=table.role))
    columns = table_columns(statement, session)
    lines = list(_lines(table, columns, statement, store, session))
    session.server.replace_rows(spelled(name), lines)


def _described(name: tuple[str, str], session: Session) -> _Table:
    row = session.server.admin(
        "SELECT t.location, t.format, t.delimiter, t.properties, to_json(t.partition_columns),"
        " s.role FROM rs_catalog.external_tables t JOIN pg_catalog.pg_class c ON c.oid = t.reloid"
        " JOIN rs_catalog.external_schemas s ON s.esoid = c.relnamespace"
        f" WHERE t.reloid = {literal(spelled(name))}::regclass"
    )[0]
    location, form, delimiter, properties, partitions, role = (str(value) for value in row)
    return _Table(
        name=name, location=location, format=form, delimiter=delimiter, role=role,
        properties=json.loads(properties), partitions=json.loads(partitions),
    )  # fmt: skip


def _lines(
    table: _Table,
    columns: list[TableColumn],
    statement: CopyStatement,
    store: Store,
    session: Session,
) -> Iterator[bytes]:
    outside = set(table.partitions)
    inside = [column for column in columns if column.name not in outside]
    keys = [column for column in columns if column.name in outside]
    for location, values in _places(table, session):
        for url in _visible(location, store):
            for row in _rows(store.read(url), table, inside, url):
                fields = [*row, *values]
                yield _line(fields, [*inside, *keys], statement)


def _line(
    fields: list[bytes | None], columns: list[TableColumn], statement: CopyStatement
) -> bytes:
    values = list[bytes]()
    for field, column in zip(fields, columns, strict=True):
        unlimited = column if column.type == "numeric" else replace(column, size=0)
        try:
            values.append(escaped_value(converter(unlimited, statement)(field)))
        except FieldProblem:
            values.append(b"\\N")  # Spectrum reads what does not fit as NULL
    return b"\t".join(values) + b"\n"


def _places(table: _Table, session: Session) -> Iterator[tuple[str, list[bytes | None]]]:
    if not table.partitions:
        yield table.location, []
        return
    found = session.server.admin(
        "SELECT p.location, to_json(p.spec) FROM rs_catalog.external_partitions p"
        f" WHERE p.reloid = {literal(spelled(table.name))}::regclass"
    )
    for location, spec in found:
        values = [str(value) for value in json.loads(str(spec))]
        yield str(location), [None if each == NULL else each.encode() for each in values]


def _visible(location: str, store: Store) -> list[str]:
    if not location.endswith("/") and store.size(location) is not None:
        return [str(entry["url"]) for entry in read_manifest(store.read(location), location)]
    folder = location if location.endswith("/") else location + "/"
    found = [url for url, size in store.listed(folder) if size]
    return [url for url in found if not _hidden(url[len(folder) :])]


def _hidden(path: str) -> bool:
    parts = path.split("/")
    return any(part.startswith(("_", ".")) for part in parts) or path.endswith("~")


def _rows(
    data: bytes, table: _Table, columns: list[TableColumn], url: str
) -> Iterator[list[bytes | None]]:
    if table.format == "textfile":
        yield from _text_rows(data, table, len(columns))
        return
    from redshift_server.load.columnar import columnar_by_name

    yield from columnar_by_name(data, table.format, columns, url)


def _text_rows(data: bytes, table: _Table, count: int) -> Iterator[list[bytes | None]]:
    skipped = int(table.properties.get("skip.header.line.count", "0"))
    null = table.properties.get("serialization.null.format", "\\N").encode()
    for line in data.splitlines()[skipped:]:
        fields: list[Any] = line.split(table.delimiter.encode())
        padded = (fields + [None] * count)[:count]
        yield [None if field == null else field for field in padded]
