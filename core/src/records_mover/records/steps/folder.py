"""Writing the data files of a records directory: a file a stream, or files of a wanted size."""

from __future__ import annotations

from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.parts import Files, Part
from records_mover.records.at_once import at_once
from records_mover.records.folders.directory import WrittenFile
from records_mover.records.folders.filling import filling
from records_mover.streams import CountedSink, copy_bytes
from records_mover.url.local import absolute_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Batches, Payload, Streams
    from records_mover.records.folders.directory import RecordsDirectory
    from records_mover.records.folders.filling import Written
    from records_mover.records.steps.work import Work

__all__ = ["copy_into_folder", "split_into_folder", "write_folder"]


def write_folder(streams: Streams, directory: RecordsDirectory, work: Work) -> Payload:
    """Write each stream as a data file, several at the same time, and what belongs to them."""
    with _filling(directory, streams.format, work) as folder:
        check = work.cancellation.check
        folder.written = at_once(_named(streams.parts), folder.write, check)
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
    with _filling(directory, files.format, work) as folder:

        def copy(named: tuple[str, Part], check: Callable[[], None]) -> WrittenFile:
            del check  # a copy within the store is one request
            file = folder.copy(named)
            work.meter.add_bytes(file.size)
            return file

        folder.written = at_once(_named(files.parts), copy, work.cancellation.check)
    return folder.files(files.columns)


def _named(parts: Sequence[Part]) -> list[tuple[str, Part]]:
    """Return the parts with the names of their files, still without a suffix."""
    if len(parts) == 1:
        return [("data", parts[0])]
    return [(f"data{number:03}", part) for number, part in enumerate(parts, start=1)]


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
            directory.remove(noted)
            raise


class _Folder:
    """The data files of a records directory while they are written."""

    def __init__(
        self, directory: RecordsDirectory, form: BaseRecordsFormat, noted: Written
    ) -> None:
        self._directory, self._format, self._noted = directory, form, noted
        self.written: list[WrittenFile] = []

    @contextmanager
    def file(self, basename: str) -> Iterator[BinaryIO]:
        """Open the next data file; it counts when the block has ended well."""
        url = self._begun(basename)
        with self._directory.store.write(url) as sink:
            counted = CountedSink(sink)
            yield cast(BinaryIO, counted)
        self.written.append(self._ended(url, counted.written))

    def _begun(self, basename: str) -> str:
        """Note a file that is to be written, and return its URL."""
        name = self._format.generate_filename(basename)
        self._noted.begin(name)
        return absolute_url(self._directory.url + name)

    def _ended(self, url: str, size: int) -> WrittenFile:
        self._noted.ended(url.rsplit("/", 1)[-1], size)
        return WrittenFile(url=url, size=size)

    def write(self, named: tuple[str, Part], check: Callable[[], None]) -> WrittenFile:
        """Write a stream as a data file; several threads may do so."""
        name, part = named
        url = self._begun(name)
        with closing(part.open()) as source, self._directory.store.write(url) as sink:
            size = copy_bytes(source, sink, check)
        return self._ended(url, size)

    def copy(self, named: tuple[str, Part]) -> WrittenFile:
        """Copy a file within the store; several threads may do so."""
        name, part = named
        url = self._begun(name)
        store = self._directory.store
        store.copy(part.url or part.name, url)
        size = store.size(url) if part.size is None else part.size
        return self._ended(url, size or 0)

    def files(self, columns: Sequence[str] | None) -> Files:
        """Return what was written."""
        opened = self._directory.store.open
        parts = tuple(
            Part(name=file.url, url=file.url, size=file.size, open=partial(opened, file.url))
            for file in self.written
        )
        names = None if columns is None else tuple(columns)
        return Files(parts=parts, format=self._format, columns=names)
