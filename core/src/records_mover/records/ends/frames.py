"""Several frames, one after the other, as the rows of one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

from records_mover.errors import SchemaError, StoreError, UsageError
from records_mover.records.ends.frame import ArrowSource, is_frame
from records_mover.utils import lazyprop

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

    from records_mover.records.context import Context
    from records_mover.records.ends.end import SourceEnd
    from records_mover.records.options import MoveOptions
    from records_mover.schema import RecordsSchema

__all__ = ["FramesSource"]


@dataclass(frozen=True, kw_only=True)
class FramesSource:
    """Frames of like columns; those of a list can be moved again, those of a generator once."""

    frames: Iterable[Any] = field(repr=False)
    schema: RecordsSchema | None = None
    include_index: bool = False
    nan_is_null: bool = True
    _read: list[bool] = field(default_factory=list, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if is_frame(self.frames):
            raise UsageError("one frame is no list of frames", "use sources.dataframe")

    def repeatable(self, context: Context) -> bool:
        """Whether it is a list of frames, each of which can be read again."""
        return isinstance(self.frames, Sequence) and all(
            self._source(frame).repeatable(context) for frame in self.frames
        )

    def inspect(self, context: Context, options: MoveOptions) -> SourceEnd:
        """Read the schema: of every frame of a list, of the first one of anything else."""
        return ArrowSource(data=self._reader(), schema=self.schema).inspect(context, options)

    def _reader(self) -> pa.RecordBatchReader:
        import pyarrow as pa

        if isinstance(self.frames, Sequence):
            tables = [self._table(frame) for frame in self.frames]
            wanted = self._wanted(_together([table.schema for table in tables]))
            return pa.RecordBatchReader.from_batches(wanted, _batches(tables, wanted))
        if self._read:
            raise StoreError("these frames can be read once only", "give a list of them")
        first, _ = self._begun
        wanted = self._wanted(None if first is None else first.schema)
        return pa.RecordBatchReader.from_batches(wanted, _batches(self._each(), wanted))

    def _each(self) -> Iterator[pa.Table]:
        self._read.append(True)
        first, rest = self._begun
        yield from chain([] if first is None else [first], map(self._table, rest))

    @lazyprop
    def _begun(self) -> tuple[pa.Table | None, Iterator[Any]]:
        """The first frame and those that follow; a generator gives them once."""
        frames = iter(self.frames)
        first = next(frames, None)
        return None if first is None else self._table(first), frames

    def _wanted(self, found: pa.Schema | None) -> pa.Schema:
        if found is not None:
            return found
        if self.schema is None:
            raise UsageError("there are no frames, and so no columns", "give a records_schema")
        return self.schema.to_arrow()

    def _table(self, frame: Any) -> pa.Table:
        return self._source(frame).table()

    def _source(self, frame: Any) -> ArrowSource:
        return ArrowSource(
            data=frame, include_index=self.include_index, nan_is_null=self.nan_is_null
        )


def _together(schemas: list[pa.Schema]) -> pa.Schema | None:
    """Return the columns of the first frame with types that hold the values of all."""
    import pyarrow as pa

    if not schemas:
        return None
    for number, schema in enumerate(schemas[1:], start=2):
        _check_names(schema, schemas[0], number)
    try:
        return pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowException as error:
        what = f"the frames have columns of types that do not go together: {error}"
        raise SchemaError(what, "give each column one type in all of them") from error


def _batches(tables: Iterable[pa.Table], wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    for number, table in enumerate(tables, start=1):
        yield from _as_wanted(table, wanted, number).to_batches()


def _as_wanted(table: pa.Table, wanted: pa.Schema, number: int) -> pa.Table:
    import pyarrow as pa

    _check_names(table.schema, wanted, number)
    columns = []
    for column in wanted:
        try:
            columns.append(table.column(column.name).cast(column.type))
        except pa.ArrowException as error:
            what = f"column '{column.name}' of frame {number} does not fit {column.type}: {error}"
            raise SchemaError(what, "give a list of frames, or a records_schema") from error
    return pa.Table.from_arrays(columns, schema=wanted)


def _check_names(schema: pa.Schema, wanted: pa.Schema, number: int) -> None:
    if set(schema.names) != set(wanted.names):
        what = f"frame {number} has the columns {schema.names}, and the first {wanted.names}"
        raise SchemaError(what, "give them the same columns, or move them one by one")
