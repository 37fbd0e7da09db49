"""The formats that need no hints: their files say themselves how to read them."""

from __future__ import annotations

from typing import Any, ClassVar

from records_mover.errors import FormatError
from records_mover.formats.base import BaseRecordsFormat
from records_mover.formats.compression import COMPRESSIONS, compression_of_name, suffix_of

__all__ = [
    "AvroRecordsFormat",
    "JsonLinesRecordsFormat",
    "OrcRecordsFormat",
    "ParquetRecordsFormat",
]


class _SelfDescribed(BaseRecordsFormat):
    __slots__ = ()

    def __str__(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def generate_filename(self, basename: str) -> str:
        """Return the name of a file of this format."""
        return f"{basename}.{self.format_type}"

    def for_name(self, filename: str) -> BaseRecordsFormat:
        """Return the format itself: the name of a file adds nothing to it."""
        del filename
        return self


class ParquetRecordsFormat(_SelfDescribed):
    """Apache Parquet."""

    __slots__ = ()
    format_type: ClassVar[str] = "parquet"


class AvroRecordsFormat(_SelfDescribed):
    """Apache Avro object container files."""

    __slots__ = ()
    format_type: ClassVar[str] = "avro"


class OrcRecordsFormat(_SelfDescribed):
    """Apache ORC, for servers that read it: Arrow's reader takes no moment past the year 2262."""

    __slots__ = ()
    format_type: ClassVar[str] = "orc"
    opaque: ClassVar[bool] = True


class JsonLinesRecordsFormat(BaseRecordsFormat):
    """One JSON object a line, in UTF-8."""

    __slots__ = ("_compression",)
    format_type: ClassVar[str] = "jsonl"

    _compression: str | None

    def __init__(self, compression: str | None = None) -> None:
        if compression is not None and compression not in COMPRESSIONS:
            what = f"compression '{compression}' of JSON lines is unknown"
            raise FormatError(what, f"use one of: {', '.join(COMPRESSIONS)}, or none")
        self._compression = compression

    @property
    def compression(self) -> str | None:
        """The compression of the whole file, or None."""
        return self._compression

    def config(self) -> dict[str, Any] | None:
        """Return what a reader must know besides the type of the format."""
        return {"type": self.format_type, "hints": {"compression": self._compression}}

    def generate_filename(self, basename: str) -> str:
        """Return the name of a file of this format."""
        return f"{basename}.jsonl{suffix_of(self._compression)}"

    def for_name(self, filename: str) -> JsonLinesRecordsFormat:
        """Return the format compressed as the name of the file says, if nothing else was said."""
        return self if self._compression else JsonLinesRecordsFormat(compression_of_name(filename))

    def __repr__(self) -> str:
        return f"JsonLinesRecordsFormat({self._compression!r})" if self._compression else str(self)

    def __str__(self) -> str:
        return "JsonLinesRecordsFormat" + (f"({self._compression})" if self._compression else "")
