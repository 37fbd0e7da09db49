"""Arrow batches to files of every format."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, BinaryIO

from records_mover.formats.delimited import DelimitedRecordsFormat
from records_mover.formats.fidelity import losses

if TYPE_CHECKING:
    import pyarrow as pa

    from records_mover.formats.base import BaseRecordsFormat
    from records_mover.schema import RecordsSchema

__all__ = ["write_batches"]

log = logging.getLogger(__name__)


def write_batches(
    reader: pa.RecordBatchReader,
    fmt: BaseRecordsFormat,
    sink: BinaryIO,
    *,
    schema: RecordsSchema | None = None,
    warn: bool = True,
) -> int:
    """Write every batch as one whole file and return the number of rows.

    ``schema`` says what the columns are where Arrow's types do not; ``sink`` is left open. What
    the format cannot keep is warned about, a column at a time, unless ``warn`` is False.
    """
    from records_mover.schema import RecordsSchema

    known = schema if schema is not None else RecordsSchema.from_arrow(reader.schema)
    for loss in losses(known, fmt) if warn else ():
        log.warning("%s", loss)
    if isinstance(fmt, DelimitedRecordsFormat):
        from records_mover.formats import delimited_writer

        return delimited_writer.write(reader, sink, known, fmt.validate())
    from records_mover.formats import self_described

    return self_described.writer(fmt)(reader, sink, known)
