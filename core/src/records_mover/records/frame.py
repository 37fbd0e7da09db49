"""Arrow data in memory as a source: DataFrames, tables and readers of record batches."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from records_mover.parts import Batches, Form
from records_mover.records.ends import SourceEnd
from records_mover.schema import RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from records_mover.records.context import Context
    from records_mover.records.options import MoveOptions

__all__ = ["ArrowSource"]


@dataclass(frozen=True, kw_only=True)
class ArrowSource:
    """Anything with the Arrow PyCapsule interface (``__arrow_c_stream__``), read once."""

    data: Any = field(repr=False)
    schema: RecordsSchema | None = None

    def inspect(self, context: Context, options: MoveOptions) -> SourceEnd:
        """Read the schema; the batches follow when the move runs."""
        del context, options
        import pyarrow as pa

        reader = self.data
        if not isinstance(reader, pa.RecordBatchReader):  # whose own exceptions would be wrapped
            reader = pa.RecordBatchReader.from_stream(self.data)
        schema = self.schema or RecordsSchema.from_arrow(reader.schema)
        rows = getattr(self.data, "num_rows", None)
        return SourceEnd(
            title=f"{type(self.data).__name__} in memory",
            form=Form(kind="batches"),
            schema=lambda: schema,
            declared=lambda: schema,
            columns=tuple(schema.names),
            payload=lambda: _payload(reader, schema),
            rows=rows if isinstance(rows, int) else None,
        )


@contextmanager
def _payload(reader: pa.RecordBatchReader, schema: RecordsSchema) -> Iterator[Batches]:
    with reader:
        yield Batches(reader=reader, schema=schema)
