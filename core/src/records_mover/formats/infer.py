"""The schema of files, from every row of them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, BinaryIO

from records_mover.errors import FormatError
from records_mover.formats.delimited.format import DelimitedRecordsFormat
from records_mover.formats.delimited.opened import open_text
from records_mover.formats.ordered import in_order
from records_mover.formats.reading import match_columns
from records_mover.instructions import ProcessingInstructions
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.formats.delimited.mending import Mender
    from records_mover.formats.delimited.opened import OpenedText
    from records_mover.formats.delimited.parse import Layout
    from records_mover.formats.delimited.records import Chunk
    from records_mover.formats.profile import Facts
    from records_mover.formats.tally import Tally

__all__ = ["infer_schema"]


def infer_schema(
    openers: Sequence[Callable[[], BinaryIO]],
    fmt: BaseRecordsFormat,
    instructions: ProcessingInstructions | None = None,
    *,
    sources: Sequence[str] = (),
) -> RecordsSchema:
    """Return the schema that holds for every row of the files, which are taken as one table.

    Reads as many rows as ``max_inference_rows`` allows, by default all. What was seen is in the
    statistics of the columns; what holds only for the rows that were read is no constraint.
    ``sources`` are the names of the files, for errors.
    """
    if not openers:
        raise FormatError("there is no file to infer a schema from", "name at least one file")
    strictness = instructions or ProcessingInstructions()
    named = list(zip(openers, [*sources, *[""] * len(openers)], strict=False))
    if isinstance(fmt, DelimitedRecordsFormat):
        return _of_delimited(named, fmt, strictness)
    from records_mover.formats import self_described

    return self_described.infer(named, fmt, strictness)


def _of_delimited(
    openers: Sequence[tuple[Callable[[], BinaryIO], str]],
    fmt: DelimitedRecordsFormat,
    instructions: ProcessingInstructions,
) -> RecordsSchema:
    from records_mover.formats.delimited.mending import Mender
    from records_mover.formats.tally import Tally

    tally: Tally | None = None
    schema: RecordsSchema | None = None
    for opener, source in openers:
        opened = open_text(opener(), fmt, source, marked=instructions.tolerant)
        schema = match_columns(opened, schema, source)
        tally = tally or Tally(schema.names, fmt.validate(), instructions.max_inference_rows)
        layout = _layout(opened, schema)
        mender = Mender(layout, source=source, instructions=instructions)
        with closing(_batches(opened, mender, tally)) as batches:
            for _ in batches:
                if tally.full:
                    return tally.schema()
    return tally.schema() if tally is not None else RecordsSchema([])


def _layout(opened: OpenedText, schema: RecordsSchema) -> Layout:
    from records_mover.formats.delimited.parse import layout_of

    return layout_of(opened.names or schema.names, schema, opened.hints, opened.dialect)


def _batches(opened: OpenedText, mender: Mender, tally: Tally) -> Generator[int, None, None]:
    """Tally the rows of one file, chunk by chunk."""

    def look(chunk: Chunk) -> list[Facts]:
        return tally.look(mender.batch(chunk))

    for facts in in_order(opened.chunks(), look):
        yield tally.add(facts)
