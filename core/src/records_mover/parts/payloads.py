"""Rows on their way: files, streams or batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts.tables import Fingerprint
    from records_mover.schema import RecordsSchema

__all__ = ["Batches", "Files", "Part", "Streams"]


@frozen
class Part:
    """One run of bytes: a file or a stream.

    ``name`` is what messages call it. ``open`` may be called again where ``rereadable``.
    """

    name: str
    open: Callable[[], BinaryIO]
    size: int | None = None
    url: str | None = None
    rereadable: bool = True


@frozen
class Files:
    """Files in a store, all of one format; ``columns`` as in ``Streams``.

    ``manifest`` is the URL of a file that names them all, if a loader asked for one and there was
    a place for it. It looks as Redshift reads it, see ``records/folders/directory.py``.
    """

    parts: tuple[Part, ...]
    format: BaseRecordsFormat
    columns: tuple[str, ...] | None = None
    manifest: str | None = None


@frozen
class Streams:
    """Byte streams of one format; several may be read at the same time.

    ``columns`` names the columns in the order in which they come, where that is known. ``proof``
    asks a database that the rows come from what they amount to, in the snapshot that they were
    read in; it may be called once every stream was read to its end. ``again`` then reads them once
    more, in that snapshot too.
    """

    parts: tuple[Part, ...]
    format: BaseRecordsFormat
    columns: tuple[str, ...] | None = None
    proof: Callable[[], Fingerprint] | None = None
    again: Callable[[], AbstractContextManager[Batches]] | None = None


@frozen
class Batches:
    """Arrow record batches, read once.

    ``place`` tells the file and the line of a row that was read of text, by its number from 1 on.
    """

    reader: pa.RecordBatchReader
    schema: RecordsSchema | None = None
    place: Callable[[int], tuple[str, int] | None] | None = None
