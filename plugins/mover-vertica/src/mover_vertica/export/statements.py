"""EXPORT and S3EXPORT as text; nothing in them is secret, as credentials are the session's."""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mover_vertica.words import option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mover_vertica.export.options import ExportOptions

__all__ = ["ExportStatement", "LibraryStatement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportStatement:
    """An EXPORT of a query into a folder, of which there is nothing yet."""

    query: str
    folder: str
    options: ExportOptions
    file_mb: int | None = None

    def __str__(self) -> str:
        form = self.options.mode.upper()
        said = ", ".join(f"{name} = {value}" for name, value in self._parameters())
        return f"EXPORT TO {form} ({said}) AS {self.query}"

    def _parameters(self) -> Iterator[tuple[str, str]]:
        options = self.options
        yield "directory", option(self.folder.rstrip("/"))
        if self.file_mb is not None:
            yield "fileSizeMB", str(self.file_mb)
        if options.mode == "parquet":
            yield "compression", "'Snappy'"
            yield "int96AsTimestamp", "false"
            return
        yield "compression", option(options.codec)
        yield "delimiter", option(options.delimiter)
        yield "recordTerminator", option(options.terminator)
        if options.quote:
            yield "enclosedBy", option(options.quote)
        yield "escapeAs", option(options.escape)
        yield "nullAs", option(options.null)
        yield "addHeader", str(options.header).lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryStatement:
    """A SELECT of S3EXPORT: ``columns`` of ``source``, as they are written in SQL."""

    columns: tuple[str, ...]
    source: str
    url: str
    options: ExportOptions
    chunk_bytes: int

    def __str__(self) -> str:
        said = ", ".join(f"{name} = {value}" for name, value in self._parameters())
        call = f"S3EXPORT({', '.join(self.columns)} USING PARAMETERS {said})"
        return f"SELECT {call} OVER(PARTITION BEST) FROM {self.source}"

    def _parameters(self) -> Iterator[tuple[str, str]]:
        options = self.options
        yield "url", option(self.url)
        yield "delimiter", option(options.delimiter)
        yield "record_terminator", option(options.terminator)
        yield "enclosed_by", option(options.quote)
        yield "escape_as", option(options.escape)
        yield "null_as", option(options.null)
        yield "compression", option(options.codec)
        yield "chunksize", str(self.chunk_bytes)
