"""Writing the data files of a records directory: a file a stream, or files of a wanted size."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.parts import Files, Part
from records_mover.records.directory import WrittenFile
from records_mover.records.filling import filling
from records_mover.streams import CountedSink
from records_mover.url.local import absolute_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from records_mover.formats import BaseRecordsFormat
    from records_mover.meter import Cancellation
    from records_mover.parts import Batches, Payload, Streams
    from records_mover.records.directory import RecordsDirectory
    from records_mover.records.filling import Written
    from records_mover.records.steps import Work

__all__ = ["copy_bytes", "copy_into_folder", "split_into_folder", "write_folder"]

_BLOCK = 1 << 20
_AT_ONCE = 4


def write_folder(streams: Streams, directory: RecordsDirectory, work: Work) -> Payload:
    """Write each stream as a data file, then what makes the folder a records directory."""
    several = len(streams.parts) > 1
    with _filling(directory, streams.format, work) as folder:
        for number, part in enumerate(streams.parts, start=1):
            sink_of = folder.file(f"data{number:03}" if several else "data")
            with closing(part.open()) as source, sink_of as sink:
                copy_bytes(source, sink, work.cancellation)
    return folder.files(streams.columns)


def split_into_folder(
    batches: Batches, form: BaseRecordsFormat, directory: RecordsDirectory, work: Work
) -> Payload:
    """Write batches as data files of the size that was asked for, and what belongs to them."""
    from records_mover.formats import write_files

    with _filling(directory, form, work) as folder:
        write_files(
            batches.reader,
            form,
            lambda number: folder.file(f"data{number + 1:03}"),
            rows_per_file=work.rows_per_file,
            bytes_per_file=work.bytes_per_file,
            schema=batches.schema,
        )
    return folder.files(tuple(batches.reader.schema.names))


def copy_into_folder(files: Files, directory: RecordsDirectory, work: Work) -> Payload:
    """Have a store copy files into a folder, several at the same time, and write what belongs."""
    several = len(files.parts) > 1
    with _filling(directory, files.format, work) as folder, ExitStack() as stack:
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="mover-copy")
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        names = [f"data{n:03}" if several else "data" for n in range(1, len(files.parts) + 1)]
        copies = [
            pool.submit(folder.copy, part, name, work)
            for part, name in zip(files.parts, names, strict=True)
        ]
        folder.written = [copy.result() for copy in copies]
    return folder.files(files.columns)


def copy_bytes(source: BinaryIO, sink: BinaryIO, cancellation: Cancellation) -> None:
    """Copy what is left of a stream."""
    while block := source.read(_BLOCK):
        cancellation.check()
        sink.write(block)


@contextmanager
def _filling(directory: RecordsDirectory, form: BaseRecordsFormat, work: Work) -> Iterator[_Folder]:
    """Give a folder to fill; it is finished when all went well, and emptied otherwise."""
    directory.store.make_folder(directory.url)
    directory.sweep()
    with filling(directory.url) as noted:
        folder = _Folder(directory, form, noted)
        try:
            yield folder
            if work.prove is not None:
                work.prove(folder.files(None))
            noted.begin(*directory.finishing_names(form))
            directory.finish(folder.written, form, work.schema())
        except BaseException:
            directory.remove(folder.names)
            noted.note.done()
            raise


class _Folder:
    """The data files of a records directory while they are written."""

    def __init__(
        self, directory: RecordsDirectory, form: BaseRecordsFormat, noted: Written
    ) -> None:
        self._directory, self._format, self._noted = directory, form, noted
        self.names: list[str] = []
        self.written: list[WrittenFile] = []

    @contextmanager
    def file(self, basename: str) -> Iterator[BinaryIO]:
        """Open the next data file; it counts when the block has ended well."""
        name = self._format.generate_filename(basename)
        self._begin(name)
        url = absolute_url(self._directory.url + name)
        with self._directory.store.write(url) as sink:
            counted = CountedSink(sink)
            yield cast(BinaryIO, counted)
        self._noted.ended(name, counted.written)
        self.written.append(WrittenFile(url=url, size=counted.written))

    def _begin(self, name: str) -> None:
        self.names.append(name)
        self._noted.begin(name)

    def copy(self, part: Part, basename: str, work: Work) -> WrittenFile:
        """Copy a file within the store; several threads may do so."""
        work.cancellation.check()
        name = self._format.generate_filename(basename)
        self._begin(name)
        store, url = self._directory.store, absolute_url(self._directory.url + name)
        store.copy(part.url or part.name, url)
        size = store.size(url) if part.size is None else part.size
        self._noted.ended(name, size or 0)
        work.meter.add_bytes(size or 0)
        return WrittenFile(url=url, size=size or 0)

    def files(self, columns: Sequence[str] | None) -> Files:
        """Return what was written."""
        opened = self._directory.store.open
        parts = tuple(
            Part(name=file.url, url=file.url, size=file.size, open=partial(opened, file.url))
            for file in self.written
        )
        names = None if columns is None else tuple(columns)
        return Files(parts=parts, format=self._format, columns=names)
