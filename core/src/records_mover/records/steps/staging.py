"""Files staged in scratch space: where they go, how they are cut, and the manifest of them."""

from __future__ import annotations

import logging
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, BinaryIO

from records_mover.parts import Batches, Files, Part, Staging, Streams
from records_mover.records.at_once import at_once
from records_mover.records.folders.cutting import can_cut, cut_text, file_size
from records_mover.records.folders.directory import WrittenFile, manifest_text
from records_mover.records.route.carry import without_compression
from records_mover.streams import copy_bytes
from records_mover.url.scratch import scratch_space

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from records_mover.formats import BaseRecordsFormat
    from records_mover.records.context import Context
    from records_mover.url import Store

__all__ = ["Stage", "open_stage"]

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Stage:
    """The scratch folder of one move; ``folder`` makes one in it for each step that writes."""

    store: Store
    url: str
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def folder(self) -> str:
        """Make a new folder and return its URL."""
        url = f"{self.url}{next(self._numbers)}/"
        self.store.make_folder(url)
        return url

    def manifest(self, files: Files) -> Files:
        """Write a manifest of files beside the folders, and return the files with it."""
        written = [
            WrittenFile(url=part.url or part.name, size=self._size(part)) for part in files.parts
        ]
        url = f"{self.url}manifest{next(self._numbers)}.json"
        with self.store.write(url) as sink:
            sink.write(manifest_text(written).encode())
        return replace(files, manifest=url)

    def _size(self, part: Part) -> int:
        size = self.store.size(part.url or part.name) if part.size is None else part.size
        return size or 0

    def put(
        self,
        rows: Streams | Batches,
        form: BaseRecordsFormat,
        staging: Staging,
        *,
        total: int | None,
        check: Callable[[], None],
    ) -> Files:
        """Write rows as files of this format, of the size and number that a loader wants."""
        from records_mover.formats import write_files

        size = file_size(staging.size, staging.multiple, total) if staging.several else 1 << 62
        new = _NewFiles(self.store, self.folder(), form)
        if isinstance(rows, Batches):
            plain = without_compression(form)  # files are sized as they are without it
            write_files(
                rows.reader,
                plain or form,
                lambda _number: new.packed() if plain else new.file(),
                bytes_per_file=size,
                schema=rows.schema,
            )
            columns: tuple[str, ...] | None = tuple(rows.reader.schema.names)
        else:
            _put_streams(rows, new, size, check)
            columns = rows.columns
        return Files(parts=tuple(map(self.part, new.written())), format=form, columns=columns)

    def part(self, file: WrittenFile) -> Part:
        """Return a file that was written as one to read."""
        opening = partial(self.store.open, file.url)
        return Part(name=file.url, url=file.url, size=file.size, open=opening)


@contextmanager
def open_stage(context: Context, base: str) -> Iterator[Stage]:
    """Make a scratch folder below ``base``; it is emptied when the block ends."""
    store = context.store(base)
    with scratch_space(store, base) as url:
        logger.debug("staging below %s", url)
        yield Stage(store=store, url=url)


class _NewFiles:
    """Names files in one folder, from several threads at once, and keeps what was written."""

    def __init__(self, store: Store, folder: str, form: BaseRecordsFormat) -> None:
        self._store, self._folder, self.form = store, folder, form
        self._numbers = count(1)
        self._written: list[WrittenFile] = []

    @contextmanager
    def file(self) -> Iterator[BinaryIO]:
        """Write one file."""
        name = self.form.generate_filename(f"data{next(self._numbers):05}")
        url = self._folder + name
        with self._store.write(url) as sink:
            yield sink
            size = sink.tell()
        self._written.append(WrittenFile(url=url, size=size))

    @contextmanager
    def packed(self) -> Iterator[BinaryIO]:
        """Write one file, compressed as the format says."""
        from records_mover.formats.compression import compressing

        with self.file() as sink, closing(compressing(sink, self.form.compression)) as packed:
            yield packed

    def written(self) -> Sequence[WrittenFile]:
        """Return the files in the order of their names."""
        return sorted(self._written, key=lambda file: file.url)


def _put_streams(streams: Streams, new: _NewFiles, size: int, check: Callable[[], None]) -> None:
    """Write each part; several at the same time, as each may come from a reader of its own."""
    form = streams.format
    pack = new.file if form.compression == new.form.compression else new.packed

    def put(part: Part, go_on: Callable[[], None]) -> None:
        if can_cut(form):
            cut_text(part, form, size, pack, go_on)
            return
        with closing(part.open()) as source, pack() as sink:
            copy_bytes(source, sink, go_on)

    at_once(streams.parts, put, check)
