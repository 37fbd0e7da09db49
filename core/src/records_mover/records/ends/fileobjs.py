"""Streams that the caller has opened, as a source and as a target."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

from records_mover.errors import StoreError, UsageError
from records_mover.parts import Part
from records_mover.records.ends.file import FileSource
from records_mover.records.ends.file_format import check_format
from records_mover.records.ends.file_target import FileTarget
from records_mover.records.once import ReadOnce
from records_mover.records.words import describe_format
from records_mover.streams import CountedSink, Reader
from records_mover.url import Entry, Scheme

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.formats import BaseRecordsFormat
    from records_mover.records.context import Context
    from records_mover.records.ends.end import SourceEnd, TargetEnd
    from records_mover.records.folders.directory import RecordsDirectory
    from records_mover.records.options import MoveOptions

__all__ = ["FileobjTarget", "FileobjsSource"]

SCHEME = "stream"
"""Of the places of streams in plans; nobody owns it, so that no store takes them for its own."""


@dataclass(frozen=True, kw_only=True)
class FileobjsSource(FileSource):
    """Binary streams by name; they stay open, and are read from where they stand."""

    url: str = f"{SCHEME}://input"
    streams: Mapping[str, BinaryIO] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        streams: object = self.streams
        if not isinstance(streams, Mapping):
            what = f"{type(streams).__name__!r} is no dict of streams"
            raise UsageError(what, "give them by the names of what is in them: {'a.csv': stream}")
        if not self.streams:
            raise UsageError("there is no stream to read", "give at least one")
        for name, stream in self.streams.items():
            _check_binary(stream, name)

    @property
    def title(self) -> str:
        """What messages call it."""
        return ", ".join(self.streams)

    def directory(self, context: Context) -> RecordsDirectory | None:
        """Return None: streams are no directory."""
        del context
        return None

    def parts(self, context: Context) -> list[Part]:
        """Return a part for each stream."""
        del context
        return [_part(name, stream) for name, stream in self.streams.items()]

    def repeatable(self, context: Context) -> bool:
        """Whether each can be sought."""
        return all(part.rereadable for part in self.parts(context))


def _part(name: str, stream: BinaryIO) -> Part:
    if not _can_seek(stream):
        opened = Part(name=name, open=lambda: cast(BinaryIO, _Borrowed(stream)), rereadable=False)
        return ReadOnce(opened).part()
    start = stream.tell()
    return Part(name=name, size=_size(stream, start), open=partial(_from, stream, start))


def _can_seek(stream: BinaryIO) -> bool:
    """Whether a stream can be sought; some have no more than ``read`` or ``write``."""
    return hasattr(stream, "seekable") and stream.seekable()


def _size(stream: BinaryIO, start: int) -> int | None:
    """Return how much is left of a stream; None where it cannot be sought from its end."""
    try:
        return stream.seek(0, io.SEEK_END) - start
    except (OSError, ValueError):
        return None
    finally:
        stream.seek(start)


def _from(stream: BinaryIO, start: int) -> BinaryIO:
    return cast(BinaryIO, _Sought(stream, start))


def _check_binary(stream: object, name: str) -> None:
    if isinstance(stream, io.TextIOBase):
        raise UsageError(f"{name!r} is a stream of text", "open it in binary mode: 'rb' or 'wb'")


class _Borrowed(Reader):
    """Reads a stream that somebody else closes."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream

    def read(self, size: int | None = -1, /) -> bytes:
        return self._stream.read(-1 if size is None else size)


class _Sought(Reader):
    """One reading of a stream that can be sought, which stands afterwards where it stood before.

    It keeps its own position, so that a second reading, begun when this one was not closed yet,
    begins at the start.
    """

    def __init__(self, stream: BinaryIO, start: int) -> None:
        super().__init__()
        self._stream, self._start, self._position = stream, start, start

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position - self._start

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_END:
            self._position = self._stream.seek(offset, whence)
        else:
            base = self._start if whence == io.SEEK_SET else self._position
            self._position = base + offset
        return self.tell()

    def read(self, size: int | None = -1, /) -> bytes:
        self._stream.seek(self._position)
        block = self._stream.read(-1 if size is None else size)
        self._position += len(block)
        return block

    def close(self) -> None:
        if not self.closed and not self._stream.closed:
            self._stream.seek(self._start)
        super().close()


@dataclass(frozen=True, kw_only=True)
class FileobjTarget:
    """A binary stream to write to from where it stands; it stays open."""

    stream: BinaryIO = field(repr=False)
    format: BaseRecordsFormat

    def __post_init__(self) -> None:
        _check_binary(self.stream, "the target")
        check_format(self.format)

    def inspect(self, context: Context, options: MoveOptions, source: SourceEnd) -> TargetEnd:
        """Lend the stream to this move, under a URL that means it alone."""
        url = f"{SCHEME}://output/{id(self.stream)}"
        store = _OneStream(self.stream)
        context.lent[url] = Scheme(
            name=SCHEME, store=lambda _: store, readable=False, rereadable=False
        )
        end = FileTarget(url=url, format=self.format).inspect(context, options, source)
        form = end.form.format
        return replace(end, title=f"a stream ({describe_format(form)})" if form else "a stream")


class _OneStream:
    """A store of one stream that was lent to a move."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    @contextmanager
    def write(self, url: str) -> Iterator[BinaryIO]:
        """Write to the stream; when that fails, put it back to where it was if that can be."""
        del url
        start = self._stream.tell() if _can_seek(self._stream) else None
        try:
            yield cast(BinaryIO, CountedSink(self._stream))
            if hasattr(self._stream, "flush"):
                self._stream.flush()
        except BaseException:
            if start is not None:
                self._stream.seek(start)
                self._stream.truncate()
            raise

    def list(self, url: str) -> Iterator[Entry]:
        """Yield the one entry there is."""
        yield Entry(url=url, rereadable=False)

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        """Refuse: it is written to."""
        del offset, length
        raise self._no(url)

    def make_folder(self, url: str) -> None:
        """Refuse: a stream is no folder."""
        raise self._no(url)

    def delete(self, url: str) -> None:
        """Refuse: a stream cannot be deleted."""
        raise self._no(url)

    def copy(self, source: str, target: str) -> None:
        """Refuse: a stream cannot be copied."""
        del source
        raise self._no(target)

    def size(self, url: str) -> int | None:
        """Return None: a stream's size is not known."""
        del url
        return None

    @staticmethod
    def _no(url: str) -> StoreError:
        return StoreError(f"{url!r} is a stream, and can only be written to", "name a file")
