"""Apache ORC: what a file says of its columns. Its rows are read by servers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from records_mover.errors import FormatError
from records_mover.formats.parquet import seekable
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from pyarrow.orc import ORCFile

__all__ = ["arrow_schema", "schema_of"]


def schema_of(stream: BinaryIO, source: str = "") -> tuple[RecordsSchema, int]:
    """Return the columns of an ORC file and how many rows it has."""
    with seekable(stream) as file:
        found = _open(file, source)
        return RecordsSchema.from_arrow(found.schema), int(found.nrows)


def arrow_schema(stream: BinaryIO, source: str = "") -> pa.Schema:
    """Return the columns as Arrow has them."""
    with seekable(stream) as file:
        return _open(file, source).schema


def _open(stream: BinaryIO, source: str) -> ORCFile:
    from pyarrow import orc

    try:
        return orc.ORCFile(stream)
    except (pa.ArrowInvalid, OSError) as err:
        what = f"{source or 'the file'} is no ORC file: {' '.join(str(err).split())}"
        raise FormatError(what, "it may be cut off, or of another format") from err
