"""Data in memory as a source and as a target: DataFrames, Arrow tables and readers of batches."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from records_mover.errors import SchemaError, UsageError
from records_mover.parts import Batches, Form
from records_mover.records.ends.end import SourceEnd, TargetEnd
from records_mover.schema import Field, RecordsSchema

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from records_mover.records.context import Context
    from records_mover.records.options import MoveOptions

__all__ = ["FRAME_KINDS", "ArrowSource", "FrameTarget", "is_frame"]

T = TypeVar("T")

FRAME_KINDS = ("pandas", "polars", "arrow")
BACKENDS = ("numpy_nullable", "pyarrow")


def is_frame(data: object) -> bool:
    """Whether ``ArrowSource`` takes this: it has an Arrow interface, or is a lazy frame."""
    if isinstance(data, type):  # a class has the methods of what it makes
        return False
    arrow = hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__")
    return arrow or _is_of(data, "polars", "LazyFrame") or _is_of(data, "pandas", "DataFrame")


def _is_of(data: object, module: str, name: str) -> bool:
    # By name, as importing either library takes most of a second.
    return any(
        base.__name__ == name and base.__module__.partition(".")[0] == module
        for base in type(data).__mro__
    )


@dataclass(frozen=True, kw_only=True)
class ArrowSource:
    """A pandas or polars frame, or anything else with the Arrow PyCapsule interface.

    ``include_index`` makes columns of a pandas index; ``nan_is_null`` False keeps NaN in columns
    of numpy's floats, where pandas takes it for NULL.
    """

    data: Any = field(repr=False)
    schema: RecordsSchema | None = None
    include_index: bool = False
    nan_is_null: bool = True

    def __post_init__(self) -> None:
        if not is_frame(self.data):
            raise UsageError(
                f"{type(self.data).__name__!r} is no frame",
                "give a DataFrame, or what has the Arrow PyCapsule interface",
            )

    def repeatable(self, context: Context) -> bool:
        """Whether it can be read more than once: tables and frames can, and who knows of others."""
        del context
        lasting = (("pandas", "DataFrame"), ("polars", "DataFrame"), ("polars", "LazyFrame"))
        return hasattr(self.data, "num_rows") or any(_is_of(self.data, *kind) for kind in lasting)

    def inspect(self, context: Context, options: MoveOptions) -> SourceEnd:
        """Read the schema; the batches follow when the move runs."""
        del context
        options.refuse(
            ("query", "columns", "format", "variant", "hints", "schema"), "a frame to read"
        )
        data = self._plain()
        given = _schema_of(data)
        schema = self.schema or _records_schema(given)
        rows = getattr(data, "num_rows", None)
        return SourceEnd(
            title=f"{type(self.data).__name__} in memory",
            form=Form(kind="batches"),
            schema=lambda: schema,
            declared=lambda: schema,
            columns=tuple(schema.names),
            payload=lambda: _payload(data, schema),
            rows=rows if isinstance(rows, int) else None,
            typed=True,
        )

    def table(self) -> pa.Table:
        """Return the rows, all of them in memory, with text for what no column can hold."""
        import pyarrow as pa

        data = self._plain()
        schema = self.schema or _records_schema(_schema_of(data))
        with pa.RecordBatchReader.from_stream(data) as reader:
            return _readable(reader, schema).read_all()

    def _plain(self) -> Any:
        """Return what has the Arrow interface and loses nothing through it."""
        if _is_of(self.data, "pandas", "DataFrame"):
            from records_mover.schema.frames import frame_to_arrow

            return frame_to_arrow(
                self.data, include_index=self.include_index, nan_is_null=self.nan_is_null
            )
        if self.include_index:
            raise UsageError(f"{type(self.data).__name__!r} has no index", "leave it out")
        if _is_of(self.data, "polars", "LazyFrame"):
            return self.data.collect()
        if not hasattr(self.data, "__arrow_c_stream__"):
            import pyarrow as pa

            try:
                return pa.table(pa.record_batch(self.data))
            except pa.ArrowInvalid as error:
                raise _no_columns(self.data, error) from error
        return self.data


def _schema_of(data: Any) -> pa.Schema:
    """Return the schema; a stream that can be read once is left for the move."""
    import pyarrow as pa

    if isinstance(data, pa.RecordBatchReader):
        return data.schema
    try:
        if hasattr(data, "__arrow_c_schema__"):
            return pa.schema(data)
        with pa.RecordBatchReader.from_stream(data) as reader:
            return reader.schema
    except pa.ArrowInvalid as error:
        raise _no_columns(data, error) from error


def _no_columns(data: object, error: Exception) -> UsageError:
    what = f"{type(data).__name__!r} is no frame: {error}"
    return UsageError(what, "give a DataFrame, as to_frame() makes one of a Series")


def _records_schema(given: pa.Schema) -> RecordsSchema:
    known = RecordsSchema.from_arrow(given)
    fields = [
        Field(field.name, "json", field.constraints) if _is_document(kind.type) else field
        for field, kind in zip(known.fields, given, strict=True)
    ]
    return RecordsSchema(fields)


def _is_document(kind: pa.DataType) -> bool:
    """Whether a column of lists holds what only JSON can say."""
    import pyarrow.types as pat

    if pat.is_list(kind) or pat.is_large_list(kind) or pat.is_fixed_size_list(kind):
        return pat.is_struct(kind.value_type) or _is_document(kind.value_type)
    return bool(pat.is_struct(kind) or pat.is_map(kind) or pat.is_union(kind))


def _is_word(kind: pa.DataType) -> bool:
    """Whether values are looked up in a dictionary of views, as polars has its categories."""
    import pyarrow.types as pat

    return bool(pat.is_dictionary(kind) and pat.is_string_view(kind.value_type))


@contextmanager
def _payload(data: Any, schema: RecordsSchema) -> Iterator[Batches]:
    import pyarrow as pa

    reader = data
    if not isinstance(data, pa.RecordBatchReader):  # through which its own exceptions would not go
        reader = pa.RecordBatchReader.from_stream(data)
    with reader:
        yield Batches(reader=_readable(reader, schema), schema=schema)


def _readable(reader: pa.RecordBatchReader, schema: RecordsSchema) -> pa.RecordBatchReader:
    """Return the batches with text for documents, and for words that Arrow itself cannot look up.

    The other columns stay as they are; whoever takes them makes of them what it needs.
    """
    import pyarrow as pa

    from records_mover.formats.columns.conform import recast

    wanted = schema.to_arrow()
    fields = [
        wanted.field(field.name) if _is_document(field.type) or _is_word(field.type) else field
        for field in reader.schema
    ]
    return recast(reader, pa.schema(fields))


@dataclass(kw_only=True)
class FrameTarget(Generic[T]):
    """Makes a frame of the rows; ``frame`` is it once the move is done.

    ``kind`` is one of ``FRAME_KINDS``. ``backend`` is for pandas: ``numpy_nullable``, in which NaN
    and NULL are one so that a NaN is refused, or ``pyarrow``, which holds every value.
    """

    kind: str = "pandas"
    backend: str = "numpy_nullable"
    _made: T | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        for value, known in ((self.kind, FRAME_KINDS), (self.backend, BACKENDS)):
            if value not in known:
                raise UsageError(f"no frame is {value!r}", f"use one of {', '.join(known)}")

    @property
    def frame(self) -> T:
        """The frame that the last move made."""
        if self._made is None:
            raise UsageError("no rows were moved into this frame", "move them first")
        return self._made

    def inspect(self, context: Context, options: MoveOptions, source: SourceEnd) -> TargetEnd:
        """Say that batches are taken."""
        del context, source
        self._made = None
        if self.kind != "arrow" and find_spec(self.kind) is None:
            advice = f"pip install 'records-mover[{self.kind}]'"
            raise UsageError(f"{self.kind} is not installed", advice)
        options.refuse(
            (
                *("if_exists", "key", "user_grants", "group_grants"),
                *("target_format", "target_variant", "target_hints"),
                *("rows_per_file", "bytes_per_file"),
            ),
            "a frame to make",
        )
        return TargetEnd(
            title=f"{self.kind} frame in memory",
            form=Form(kind="batches", place="frame"),
            collect=self._collect,
        )

    def _collect(self, batches: Batches) -> int:
        table = batches.reader.read_all()
        self._made = _FRAMES[self.kind](self, table)
        return cast(int, table.num_rows)

    def _pandas(self, table: pa.Table) -> Any:
        from records_mover.schema.frames import to_arrow_frame, to_frame

        return to_arrow_frame(table) if self.backend == "pyarrow" else to_frame(table)

    def _polars(self, table: pa.Table) -> Any:
        import polars as pl

        wide = [field.name for field in table.schema if _is_wide(field.type)]
        if wide:
            what = f"polars holds no decimals as long as those of the column {wide[0]!r}"
            raise SchemaError(what, "make a pandas frame with backend='pyarrow', or an Arrow one")
        return pl.from_arrow(table)

    def _arrow(self, table: pa.Table) -> Any:
        return table


def _is_wide(kind: pa.DataType) -> bool:
    import pyarrow.types as pat

    return bool(pat.is_decimal256(kind) or (pat.is_list(kind) and _is_wide(kind.value_type)))


_FRAMES = {
    "pandas": FrameTarget._pandas,  # noqa: SLF001 - of this module
    "polars": FrameTarget._polars,  # noqa: SLF001
    "arrow": FrameTarget._arrow,  # noqa: SLF001
}
