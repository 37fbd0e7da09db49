"""The first rows of a source as they will land, their types, and what was guessed."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

from records_mover.errors import DatabaseError
from records_mover.formats.names import PLAIN_CSV
from records_mover.parts import Form
from records_mover.records.ends.end import TargetEnd
from records_mover.records.ends.table import TableSource
from records_mover.records.options import MoveOptions
from records_mover.redaction import redact
from records_mover.schema.fidelity import type_words
from records_mover.utils.tables import aligned, as_html
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from records_mover.formats.sniff import Finding
    from records_mover.parts import Batches
    from records_mover.records.context import Context
    from records_mover.records.ends.end import RecordsSource, SourceEnd, TableSide
    from records_mover.schema import RecordsSchema

__all__ = ["Preview", "PreviewColumn", "preview"]

logger = logging.getLogger(__name__)

SAMPLE_ROWS = 100_000
"""About so many rows of a file are read to guess its types."""

WIDEST = 32
"""Characters of a value that are shown."""

LIMIT = "LIMIT {rows}"
"""How most databases are told; where one is not, the rows are read until there are enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewColumn:
    """A column: its name, its type, and its first values as text, None for NULL."""

    name: str
    type: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows of a source, a column at a time.

    ``types`` says what the types were told by. ``findings`` are what was found out of how a file
    is written, ``notes`` what may as well be read another way.
    """

    title: str
    types: str
    columns: tuple[PreviewColumn, ...]
    rows: int
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def heads(self) -> tuple[str, ...]:
        """What stands above the ``lines``."""
        return ("column", "type", *(f"row {row}" for row in range(1, self.rows + 1)))

    @property
    def lines(self) -> list[tuple[str, ...]]:
        """The columns as they are shown: a line each, its values on one line."""
        return [(one.name, one.type, *map(_shown, one.values)) for one in self.columns]

    def __str__(self) -> str:
        unsure = (f"unsure: {note}" for note in self.notes)
        told = (self.title, *unsure, f"types: {self.types}", "")
        return "\n".join((*told, aligned(self.heads, self.lines)))

    def _repr_html_(self) -> str:
        """Show a table in a notebook."""
        return as_html(self.heads, self.lines)

    def to_data(self) -> Mapping[str, object]:
        """Return the values as ``mvrec preview --json`` prints them."""
        return {
            "source": self.title,
            "types": self.types,
            "rows": self.rows,
            "columns": [
                {"name": one.name, "type": one.type, "values": list(one.values)}
                for one in self.columns
            ],
            "guessed": [
                {"hint": one.hint, "value": one.value, "sureness": one.sureness, "why": one.why}
                for one in self.findings
            ],
            "notes": list(self.notes),
        }


def _shown(value: str | None) -> str:
    """Show a value on one line; NULL is told from text, and long text is cut."""
    if value is None:
        return "NULL"
    plain = "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in redact(value))
    if plain in ("", "NULL") or plain != plain.strip():
        plain = f'"{plain}"'
    return plain if len(plain) <= WIDEST else f"{plain[: WIDEST - 1]}…"


def preview(
    source: RecordsSource,
    context: Context,
    options: MoveOptions,
    *,
    rows: int = 5,
    whole: bool = False,
) -> Preview:
    """Read the first rows of a source, into memory and no further.

    The types of a file are guessed from its first ``SAMPLE_ROWS`` rows or so, unless ``whole`` asks
    for every one.
    """
    if not whole and options.instructions.max_inference_rows is None:
        told = replace(options.instructions, max_inference_rows=SAMPLE_ROWS)
        options = replace(options, instructions=told)
    end = source.inspect(context, options)
    schema = end.schema()
    table = _first_rows(end, context, options, rows)
    return Preview(
        title=end.title,
        types=_told_by(end, schema),
        columns=_columns(schema, table),
        rows=table.num_rows,
        findings=end.findings,
        notes=end.notes,
    )


def _told_by(end: SourceEnd, schema: RecordsSchema) -> str:
    """Say what the types were told by."""
    if end.types_given:
        return "as the schema says"
    if end.typed:
        return "as the table says" if end.table is not None else "as the source says"
    seen = [field.statistics for field in schema.fields if field.statistics is not None]
    if all(statistics.complete for statistics in seen):
        return "guessed from every row"
    rows = max(one.rows_sampled or 0 for one in seen)
    return f"guessed from the first {'row' if rows == 1 else many(rows, 'row')}"


@dataclass(kw_only=True)
class _Head:
    """Keeps the first rows that come."""

    wanted: int
    table: pa.Table | None = field(default=None, init=False)

    def end(self) -> TargetEnd:
        """Return it as an end that takes batches."""
        form = Form(kind="batches", place="frame")
        return TargetEnd(title="the first rows", form=form, collect=self._collect)

    def _collect(self, batches: Batches) -> int:
        import pyarrow as pa

        taken, missing = [], self.wanted
        for batch in batches.reader:
            taken.append(batch.slice(0, missing))
            missing -= taken[-1].num_rows
            if not missing:
                break
        self.table = pa.Table.from_batches(taken, batches.reader.schema)
        return self.wanted - missing


def _first_rows(end: SourceEnd, context: Context, options: MoveOptions, rows: int) -> pa.Table:
    """Read the first rows; a database is asked for no more, where it understands that."""
    if end.table is not None:
        try:
            return _read(_limited(end, context, rows), context, options, rows)
        except DatabaseError:
            logger.debug("the database does not know LIMIT", exc_info=True)
    return _read(end, context, options, rows)


def _limited(end: SourceEnd, context: Context, rows: int) -> SourceEnd:
    from records_mover.db.rows.parts import as_sql
    from records_mover.db.selecting import select_statement

    side = cast("TableSide", end.table)
    whole = replace(side.selection, columns=end.columns)
    statement = select_statement(as_sql(side.database), whole)
    query = f"{statement} {LIMIT.format(rows=rows)}"
    source = TableSource(database=side.database.engine, query=query)
    return source.inspect(context, MoveOptions())


def _read(end: SourceEnd, context: Context, options: MoveOptions, rows: int) -> pa.Table:
    from records_mover.records.moving import run_untold
    from records_mover.records.route.planner import make_plan

    head = _Head(wanted=rows)
    run_untold(make_plan(end, head.end(), options), context, options)
    return cast("pa.Table", head.table)


def _columns(schema: RecordsSchema, table: pa.Table) -> tuple[PreviewColumn, ...]:
    from records_mover.formats.delimited.render import render

    hints = PLAIN_CSV.validate()
    return tuple(
        PreviewColumn(
            name=one.name,
            type=type_words(one),
            values=tuple(render(column.combine_chunks(), hints).to_pylist()),
        )
        for one, column in zip(schema.fields, table.columns, strict=True)
    )
