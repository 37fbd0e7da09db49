"""From the bytes of an object to the reader of its format: codec, encoding, options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from redshift_server.errors import RedshiftError
from redshift_server.grammar.settings import one_byte, unescaped
from redshift_server.load.csvtext import Csv
from redshift_server.load.delimited import Delimited
from redshift_server.load.fixed import FixedWidth
from standins.lzop import decompress_lzop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.record import Record

__all__ = ["TextReader", "decoded", "text_reader"]

_ARROW_CODECS = {"gzip": "gzip", "bzip2": "bz2", "zstd": "zstd"}


class TextReader(Protocol):
    """Cuts the text of one object into records."""

    def records(self, data: bytes, header: int) -> Iterator[Record]:
        """Yield the records behind so many header lines."""
        ...


def text_reader(statement: CopyStatement) -> TextReader:
    """Return the reader that the statement's options describe."""
    null = unescaped(statement.text("null", "\\N")).encode()
    if statement.options.get("null") in ("\\0", "\\000"):
        null = b"\0"
    blank = statement.flag("ignoreblanklines")
    if statement.format == "fixedwidth":
        return FixedWidth(spec=statement.text("fixedwidth"), null=null, ignore_blank=blank)
    if statement.format == "csv":
        return Csv(
            delimiter=one_byte(statement.text("delimiter", ","), "delimiter").encode(),
            quote=one_byte(statement.text("quote", '"'), "quote").encode(),
            null=null,
            ignore_blank=blank,
        )
    return Delimited(
        delimiter=one_byte(statement.text("delimiter", "|"), "delimiter").encode(),
        escape=statement.flag("escape"),
        remove_quotes=statement.flag("removequotes"),
        null=null,
        ignore_blank=blank,
    )


def decoded(data: bytes, statement: CopyStatement, url: str) -> bytes:
    """Return the text of an object, decompressed and in UTF-8."""
    return _in_utf8(_inflated(data, statement, url), statement, url)


def _inflated(data: bytes, statement: CopyStatement, url: str) -> bytes:
    codec = next((name for name in (*_ARROW_CODECS, "lzop") if statement.flag(name)), None)
    if codec is None:
        return data
    try:
        if codec == "lzop":
            return decompress_lzop(data)
        import pyarrow as pa

        with pa.CompressedInputStream(pa.BufferReader(data), _ARROW_CODECS[codec]) as stream:
            return bytes(stream.read())
    except (OSError, ValueError) as error:
        said = f"{codec} decompression failed: {url}"
        raise RedshiftError(said, detail=f"error: {error} code: 8001") from error


def _in_utf8(data: bytes, statement: CopyStatement, url: str) -> bytes:
    name = statement.text("encoding", "UTF8")
    if name in ("UTF8", "UTF-8"):
        return data.removeprefix(b"\xef\xbb\xbf")
    if name == "UTF16" and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise RedshiftError(f"UTF16 file without a byte order mark: {url}")
    python = {"UTF16": "utf-16", "UTF16LE": "utf-16-le", "UTF16BE": "utf-16-be"}
    try:
        return data.decode(python.get(name, "latin-1")).encode()
    except UnicodeDecodeError as error:
        raise RedshiftError(f"invalid {name} data in {url}", detail=str(error)) from error
