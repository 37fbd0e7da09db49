"""Running the core's own steps: each takes a payload and gives a payload."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.bridge import pulled
from records_mover.errors import FormatError
from records_mover.formats import DelimitedRecordsFormat
from records_mover.parts import Batches, Files, Part, Payload, Streams
from records_mover.records.directory import RecordsDirectory, WrittenFile
from records_mover.url.local import absolute_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from records_mover.formats import BaseRecordsFormat
    from records_mover.instructions import ProcessingInstructions
    from records_mover.meter import Cancellation, Meter
    from records_mover.records.carry import Edge
    from records_mover.records.context import Context
    from records_mover.records.ends import TargetEnd
    from records_mover.schema import RecordsSchema

__all__ = ["Work", "run_step"]

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the steps of one move share."""

    context: Context
    target: TargetEnd
    meter: Meter
    cancellation: Cancellation
    instructions: ProcessingInstructions
    schema: Callable[[], RecordsSchema]


@contextmanager
def run_step(edge: Edge, payload: Payload, work: Work) -> Iterator[Payload]:
    """Run one of the core's steps; what it opened is closed when the block ends."""
    with ExitStack() as stack:
        yield _STEPS[edge.name](edge, payload, work, stack)


def _read(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del edge, stack
    files = cast(Files, payload)
    meter, check = work.meter, work.cancellation.check

    def opening(part: Part) -> Part:
        def open_counted() -> BinaryIO:
            check()
            return meter.counting(part.open())

        return replace(part, open=open_counted)

    parts = tuple(opening(part) for part in files.parts)
    return Streams(parts=parts, format=files.format, columns=files.columns)


def _decompress(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del work, stack
    from records_mover.formats.compression import decompressing

    streams = cast(Streams, payload)
    compression = streams.format.compression

    def opening(part: Part) -> Part:
        return replace(part, open=lambda: decompressing(part.open(), compression), size=None)

    return _with(streams, edge.after.format, opening)


def _compress(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del work, stack
    from records_mover.formats.compression import compressing

    target = _format(edge.after.format)

    def opening(part: Part) -> Part:
        def push(sink: BinaryIO) -> None:
            with (
                closing(part.open()) as source,
                closing(compressing(sink, target.compression)) as to,
            ):
                shutil.copyfileobj(source, to, _BLOCK)

        return replace(part, open=lambda: pulled(push), size=None, rereadable=False)

    return _with(cast(Streams, payload), target, opening)


def _decode(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del edge
    from records_mover.formats.reading import read_batches

    streams = cast(Streams, payload)
    schema = work.schema()
    readers = (
        read_batches(
            stack.enter_context(closing(part.open())),
            streams.format,
            schema,
            source=part.name,
            instructions=work.instructions,
        )
        for part in streams.parts
    )
    return Batches(reader=_counted(_chained(readers), work), schema=schema)


def _chained(readers: Iterator[pa.RecordBatchReader]) -> pa.RecordBatchReader:
    """Return one reader over several of one schema, opening each when the one before has ended."""
    import pyarrow as pa

    first = next(readers)

    def batches() -> Iterator[pa.RecordBatch]:
        yield from first
        for reader in readers:
            yield from reader

    return pa.RecordBatchReader.from_batches(first.schema, batches())


def _counted(reader: pa.RecordBatchReader, work: Work) -> pa.RecordBatchReader:
    import pyarrow as pa

    def batches() -> Iterator[pa.RecordBatch]:
        rows = 0
        for batch in reader:
            work.cancellation.check()
            rows += batch.num_rows
            work.meter.rows = rows
            yield batch

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _encode(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del stack
    from records_mover.formats.writing import write_batches

    batches = cast(Batches, payload)
    target = _format(edge.after.format)
    schema = batches.schema

    def push(sink: BinaryIO) -> None:
        write_batches(batches.reader, target, sink, schema=schema)

    name = work.target.title
    part = Part(name=name, open=lambda: pulled(push), rereadable=False)
    return Streams(parts=(part,), format=target, columns=tuple(batches.reader.schema.names))


def _write(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del stack
    streams = cast(Streams, payload)
    url = edge.after.place
    store = work.context.store(url)
    if url.endswith("/"):
        return _write_directory(streams, RecordsDirectory(store, url), work)
    with store.write(url) as sink:
        for position, part in enumerate(streams.parts):
            with closing(part.open()) as source:
                if position and _has_header(streams.format):
                    raise FormatError(
                        f"{part.name!r} has a header row and cannot be joined by its bytes",
                        "write to a format without one",
                    )
                _copy(source, sink, work)
    part = Part(name=url, url=url, open=lambda: store.open(url))
    return Files(parts=(part,), format=streams.format, columns=streams.columns)


def _write_directory(streams: Streams, directory: RecordsDirectory, work: Work) -> Payload:
    """Write each stream as a data file, then what makes the folder a records directory."""
    directory.store.make_folder(directory.url)
    several = len(streams.parts) > 1
    names = [
        streams.format.generate_filename(f"data{number:03}" if several else "data")
        for number in range(1, len(streams.parts) + 1)
    ]
    written: list[WrittenFile] = []
    try:
        for part, name in zip(streams.parts, names, strict=True):
            url = absolute_url(directory.url + name)
            with closing(part.open()) as source, directory.store.write(url) as sink:
                written.append(WrittenFile(url=url, size=_copy(source, sink, work)))
        directory.finish(written, streams.format, work.schema())
    except BaseException:
        directory.remove(names)
        raise
    parts = tuple(
        Part(
            name=file.url,
            url=file.url,
            size=file.size,
            open=partial(directory.store.open, file.url),
        )
        for file in written
    )
    return Files(parts=parts, format=streams.format, columns=streams.columns)


def _copy(source: BinaryIO, sink: BinaryIO, work: Work) -> int:
    """Copy what is left of a stream, and return how many bytes that was."""
    copied = 0
    while block := source.read(_BLOCK):
        work.cancellation.check()
        copied += sink.write(block)
    return copied


def _has_header(form: BaseRecordsFormat) -> bool:
    return isinstance(form, DelimitedRecordsFormat) and bool(form.hints["header-row"])


def _copy_in_store(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del stack
    files = cast(Files, payload)
    url = edge.after.place
    store = work.context.store(url)
    (part,) = files.parts
    store.copy(part.url or part.name, url)
    work.meter.bytes += part.size or 0
    return Files(
        parts=(Part(name=url, url=url, open=lambda: store.open(url)),),
        format=files.format,
        columns=files.columns,
    )


def _with(
    streams: Streams, form: BaseRecordsFormat | None, opening: Callable[[Part], Part]
) -> Streams:
    parts = tuple(opening(part) for part in streams.parts)
    return Streams(parts=parts, format=_format(form), columns=streams.columns)


def _format(form: BaseRecordsFormat | None) -> BaseRecordsFormat:
    if form is None:
        raise FormatError("a step of bytes was planned without a format")
    return form


_STEPS: dict[str, Callable[[Edge, Payload, Work, ExitStack], Payload]] = {
    "read": _read,
    "decompress": _decompress,
    "compress": _compress,
    "decode": _decode,
    "encode": _encode,
    "write": _write,
    "copy": _copy_in_store,
}
