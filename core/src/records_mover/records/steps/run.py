"""Running the core's own steps: each takes a payload and gives a payload."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.bridge import pulled
from records_mover.errors import FormatError, MoverError
from records_mover.formats.cleaning import cleaned_opener
from records_mover.instructions import ProcessingInstructions
from records_mover.parts import Batches, Files, Part, Payload, Streams
from records_mover.records.folders.join import can_join, join_into, joined
from records_mover.records.route.carry import needs_types
from records_mover.records.steps.ahead import read_ahead
from records_mover.records.steps.landing import directory_at, folder_of, shown_once_proved, written
from records_mover.streams import copy_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from records_mover.formats import BaseRecordsFormat
    from records_mover.records.route.carry import Edge
    from records_mover.records.steps.work import Work
    from records_mover.schema import RecordsSchema

__all__ = ["clean_streams", "counted", "run_step"]

_BLOCK = 1 << 20
_LENIENT = ProcessingInstructions(fail_if_row_invalid=False)
"""Where somebody counts the rows that are left out, the reader need not."""


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

    streams = cast(Streams, payload)
    if work.into_one_file:
        streams = _one(streams, work, stack)
    return _with(streams, target, opening)


def clean_streams(streams: Streams, work: Work) -> Streams:
    """Return text without bad bytes where that was asked for."""
    from records_mover.formats.cleaning import plain_format

    form, policy = streams.format, work.instructions.bad_bytes
    plain = plain_format(form)
    if policy == "fail" or plain is None:
        return streams

    def opening(part: Part) -> Part:
        opener = cleaned_opener(part.open, form, policy, work.mended, part.name)
        return replace(part, open=opener, size=None)

    return _with(streams, plain, opening)


def _decode(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del edge
    return _decoded(cast(Streams, payload), work, stack)


def _decoded(streams: Streams, work: Work, stack: ExitStack) -> Batches:
    from records_mover.formats.delimited.places import Places
    from records_mover.formats.reading import read_batches

    schema = work.schema()
    streams = clean_streams(streams, work)
    places = Places() if work.rejects is not None else None
    readers = (
        read_batches(
            stack.enter_context(closing(part.open())),
            streams.format,
            schema,
            source=part.name,
            instructions=work.instructions if work.rejects is None else _LENIENT,
            on_reject=None if work.rejects is None else work.rejects.take,
            note=None if places is None else places.file(part.name),
        )
        for part in streams.parts
    )
    place = None if places is None else places.of
    return counted(Batches(reader=_chained(readers, schema), schema=schema, place=place), work)


def _chained(
    readers: Iterator[pa.RecordBatchReader], schema: RecordsSchema
) -> pa.RecordBatchReader:
    """Return one reader over several of one schema, opening each when the one before has ended."""
    import pyarrow as pa

    first = next(readers, None)
    if first is None:
        return pa.RecordBatchReader.from_batches(schema.to_arrow(), [])

    def batches() -> Iterator[pa.RecordBatch]:
        yield from first
        for reader in readers:
            yield from reader

    return pa.RecordBatchReader.from_batches(first.schema, batches())


def counted(batches: Batches, work: Work) -> Batches:
    """Return batches whose rows are counted as they pass, and which end when the move is to end."""
    import pyarrow as pa

    reader, policy = batches.reader, work.instructions.bad_bytes
    if policy != "fail":
        from records_mover.formats.cleaning.batches import without_nuls

        reader = without_nuls(reader, policy, work.mended)

    def passing() -> Iterator[pa.RecordBatch]:
        rows = 0
        for batch in reader:
            work.cancellation.check()
            rows += batch.num_rows
            work.meter.rows = rows
            yield batch

    told = pa.RecordBatchReader.from_batches(reader.schema, passing())
    return replace(batches, reader=told)


def _transcode(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    """Change the dialect of text; several files become one here where one is wanted."""
    del stack
    streams = cast(Streams, payload)
    target = _format(edge.after.format)
    schema = work.schema() if needs_types(edge) else None
    streams = clean_streams(streams, work)
    groups = [streams.parts] if work.into_one_file else [(part,) for part in streams.parts]

    def made(parts: tuple[Part, ...]) -> Part:
        name = parts[0].name if len(parts) == 1 else work.target.title
        if work.target.table is not None and work.rejects is None:
            name = f"{name}, as it was sent"  # whoever counts its lines counts those of the text
        push = partial(_push_text, parts, streams.format, target, schema, work)
        return Part(name=name, open=lambda: pulled(push), rereadable=False)

    parts = tuple(made(group) for group in groups)
    return Streams(parts=parts, format=target, columns=streams.columns)


def _push_text(
    parts: tuple[Part, ...],
    form: BaseRecordsFormat,
    target: BaseRecordsFormat,
    schema: RecordsSchema | None,
    work: Work,
    sink: BinaryIO,
) -> None:
    from records_mover.formats.delimited.format import DelimitedRecordsFormat
    from records_mover.formats.recode.transcode import transcode

    def counted(rows: int) -> None:
        work.cancellation.check()
        work.meter.add_rows(rows)

    transcode(
        [part.open for part in parts],
        cast(DelimitedRecordsFormat, form),
        sink,
        cast(DelimitedRecordsFormat, target),
        schema=schema,
        sources=[part.name for part in parts],
        instructions=work.instructions if work.rejects is None else _LENIENT,
        on_reject=None if work.rejects is None else work.rejects.take,
        counted=counted,
    )


def _encode(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del stack
    return _encoded(cast(Batches, payload), _format(edge.after.format), work)


def _encoded(batches: Batches, target: BaseRecordsFormat, work: Work) -> Streams:
    from records_mover.formats.writing import write_batches

    def push(sink: BinaryIO) -> None:
        write_batches(batches.reader, target, sink, schema=batches.schema)

    part = Part(name=work.target.title, open=lambda: pulled(push), rereadable=False)
    return Streams(parts=(part,), format=target, columns=tuple(batches.reader.schema.names))


def _one(streams: Streams, work: Work, stack: ExitStack) -> Streams:
    """Return one stream of several: joined by their bytes, or else written anew."""
    if len(streams.parts) == 1:
        return streams
    if can_join(streams.format):
        parts = stack.enter_context(read_ahead(streams.parts, folder_of(work.target.url or "-")))
        return joined(replace(streams, parts=parts), work.target.title)
    return _encoded(_decoded(streams, work, stack), streams.format, work)


def _write(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    streams = cast(Streams, payload)
    url = edge.after.place
    if not work.into_one_file:
        from records_mover.records.steps.folder import write_folder

        return write_folder(streams, directory_at(url, work), work)
    if len(streams.parts) > 1 and can_join(streams.format):
        with (
            shown_once_proved(url, streams, work) as place,
            work.context.write(place) as sink,
            read_ahead(streams.parts, folder_of(url)) as parts,
        ):
            join_into(parts, streams.format, sink, work.cancellation.check)
        return written(url, streams, work)
    (part,) = _one(streams, work, stack).parts
    with (
        shown_once_proved(url, streams, work) as place,
        work.context.write(place) as sink,
        closing(part.open()) as source,
    ):
        copy_bytes(source, sink, work.cancellation.check)
    return written(url, streams, work)


def _stage(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    """Write rows where the target's server can read them."""
    if work.stage is None:
        raise MoverError("files are to be staged, and there is no place", "report this defect")
    rows = cast("Streams | Batches", payload)
    if isinstance(rows, Streams):
        rows = clean_streams(rows, work)
        if not work.staging.several:
            rows = _one(rows, work, stack)
    total = work.meter.total_bytes
    check = work.cancellation.check
    return work.stage.put(rows, _format(edge.after.format), work.staging, total=total, check=check)


def _copy_in_store(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del stack
    files = cast(Files, payload)
    url = edge.after.place
    if url.endswith("/"):
        from records_mover.records.steps.folder import copy_into_folder

        return copy_into_folder(files, directory_at(url, work), work)
    (part,) = files.parts
    work.cancellation.check()
    with shown_once_proved(url, files, work) as place:
        work.context.store(url).copy(part.url or part.name, place)
    work.meter.add_bytes(part.size or 0)
    return written(url, files, work)


def _collect(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del edge, stack
    if work.target.collect is None:
        raise MoverError(f"{work.target.title} takes no batches", "this is a defect; report it")
    work.meter.rows = work.target.collect(cast(Batches, payload))
    return payload


def _with(
    streams: Streams, form: BaseRecordsFormat | None, opening: Callable[[Part], Part]
) -> Streams:
    parts = tuple(opening(part) for part in streams.parts)
    return Streams(parts=parts, format=_format(form), columns=streams.columns)


def _format(form: BaseRecordsFormat | None) -> BaseRecordsFormat:
    if form is None:
        raise FormatError("a step of bytes was planned without a format")
    return form


def _split(edge: Edge, payload: Payload, work: Work, stack: ExitStack) -> Payload:
    del stack
    from records_mover.records.steps.folder import split_into_folder

    directory = directory_at(edge.after.place, work)
    return split_into_folder(cast(Batches, payload), _format(edge.after.format), directory, work)


_STEPS: dict[str, Callable[[Edge, Payload, Work, ExitStack], Payload]] = {
    "read": _read,
    "decompress": _decompress,
    "compress": _compress,
    "decode": _decode,
    "transcode": _transcode,
    "encode": _encode,
    "write": _write,
    "split": _split,
    "copy": _copy_in_store,
    "collect": _collect,
    "stage": _stage,
}
