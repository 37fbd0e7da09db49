"""Objects into lines of PostgreSQL's COPY, good rows and bad ones told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.backend import literal
from redshift_server.load.convert import converter
from redshift_server.load.problem import FieldProblem, LineProblem
from redshift_server.load.readers import records_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.columns import TableColumn
    from redshift_server.load.errors import Rejects
    from redshift_server.load.record import Record
    from redshift_server.load.source import Source
    from redshift_server.session import Session
    from redshift_server.store import Store

__all__ = ["Loader", "escaped_value"]

_CHUNK = 1 << 20
_MAX_ROW = 4 << 20
_STRINGS = ("varchar", "bpchar")
_ESCAPES = ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))


class Loader:
    """Reads every source once and counts what it gave."""

    def __init__(
        self,
        statement: CopyStatement,
        session: Session,
        store: Store,
        columns: Sequence[TableColumn],
        rejects: Rejects,
    ) -> None:
        self._statement = statement
        self._session = session
        self._store = store
        self._rejects = rejects
        self.columns = columns
        self._converters = [converter(column, statement) for column in columns]
        self.loaded = 0
        self.commits: list[str] = []

    def chunks(self, found: Sequence[Source]) -> Iterator[bytes]:
        """Yield the rows of all sources."""
        for place, source in enumerate(found):
            self._session.check_cancel()
            yield from self._object(source, place % self._session.config.slices)

    def _object(self, source: Source, file_slice: int) -> Iterator[bytes]:
        before, bad, made = self.loaded, self._rejects.count, bytearray()
        for record in records_of(source.url, self._statement, self._store, self.columns):
            line = self._line(record, source.url, file_slice)
            if line is None:
                continue
            self.loaded += 1
            made += line
            if len(made) > _CHUNK:
                yield bytes(made)
                made.clear()
        yield bytes(made)
        facts = [
            self._session.last_query_id, file_slice, self._statement.table[1], source.url[-256:],
            self.loaded - before, self._rejects.count - bad, 1, self._statement.format,
        ]  # fmt: skip
        user = f"(SELECT oid::int FROM pg_roles WHERE rolname = {literal(self._session.user)})"
        self.commits.append(f"({user}, {', '.join(map(literal, facts))})")

    def _line(self, record: Record, url: str, file_slice: int) -> bytes | None:
        fields = record.fields
        try:
            if record.problem is not None:
                raise record.problem
            if len(record.raw) > _MAX_ROW:
                raise LineProblem(1216, "Input line exceeds 4 MB")
            fields = self._counted(record)
        except LineProblem as problem:
            self._rejects.add(url, file_slice, record, problem)
            return None
        values = list[bytes]()
        for convert, field in zip(self._converters, fields, strict=True):
            try:
                values.append(escaped_value(convert(field)))
            except FieldProblem as problem:
                self._rejects.add(url, file_slice, record, problem, convert.column, field)
                return None
        return b"\t".join(values) + b"\n"

    def _counted(self, record: Record) -> list[bytes | None]:
        """Return as many fields as there are columns, or the error that they are not."""
        fields, wanted = record.fields, len(self.columns)
        if len(fields) == wanted:
            return fields
        if not record.raw and wanted > 1:
            raise LineProblem(1211, "Input line contained no data")
        if len(fields) == wanted + 1 and not fields[-1] and self._statement.format == "delimited":
            return fields[:-1]  # the manual's own samples end their lines with a delimiter
        if len(fields) > wanted:
            raise LineProblem(1202, "Extra column(s) found")
        if len(fields) < wanted and not self._statement.flag("fillrecord"):
            raise LineProblem(1214, "Delimiter not found")
        return fields + [self._filled(column) for column in self.columns[len(fields) :]]

    def _filled(self, column: TableColumn) -> bytes | None:
        empty = column.type in _STRINGS and not self._statement.flag("emptyasnull")
        return b"" if empty else None


def escaped_value(value: bytes | None) -> bytes:
    """Write a value, or NULL, as PostgreSQL's COPY reads it."""
    if value is None:
        return b"\\N"
    for letter, written in _ESCAPES:
        if letter in value:
            value = value.replace(letter, written)
    return value
