"""Arrow batches to files of every format."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, BinaryIO

from records_mover.formats.delimited.format import DelimitedRecordsFormat
from records_mover.formats.fidelity import losses

if TYPE_CHECKING:
    import pyarrow as pa

    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.schema import RecordsSchema

__all__ = ["warn_of_losses", "warn_of_untyped_losses", "write_batches", "write_rows"]

log = logging.getLogger(__name__)


def write_batches(
    reader: pa.RecordBatchReader,
    fmt: BaseRecordsFormat,
    sink: BinaryIO,
    *,
    schema: RecordsSchema | None = None,
) -> int:
    """Write every batch as one whole file and return the number of rows.

    ``schema`` says what the columns are where Arrow's types do not; ``sink`` is left open. What
    the format cannot keep is warned about, a column at a time.
    """
    from records_mover.schema import RecordsSchema

    known = schema if schema is not None else RecordsSchema.from_arrow(reader.schema)
    warn_of_losses(known, fmt)
    return write_rows(reader, fmt, sink, known)


def warn_of_losses(schema: RecordsSchema, fmt: BaseRecordsFormat) -> None:
    """Warn of what the format cannot keep, a column at a time."""
    for loss in losses(schema, fmt):
        log.warning("%s", loss)


def warn_of_untyped_losses(fmt: BaseRecordsFormat) -> None:
    """Warn once of what the format cannot keep of text, where no types of columns are known."""
    from records_mover.schema import Field, RecordsSchema

    for loss in losses(RecordsSchema([Field("any", "string")]), fmt):
        log.warning("columns of text: %s", loss.why)


def write_rows(
    reader: pa.RecordBatchReader, fmt: BaseRecordsFormat, sink: BinaryIO, known: RecordsSchema
) -> int:
    """Write every batch as one whole file, whose losses were told before."""
    if isinstance(fmt, DelimitedRecordsFormat):
        from records_mover.formats.delimited import writer as delimited_writer

        return delimited_writer.write(reader, sink, known, fmt.validate())
    from records_mover.formats import self_described

    return self_described.writer(fmt)(reader, sink, known)
