"""What excludes what in COPY, and the ranges of its numbers, from the copy-parameters pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError
from redshift_server.grammar.settings import one_byte

if TYPE_CHECKING:
    from collections.abc import Mapping

    from redshift_server.grammar.settings import Option

__all__ = ["check_copy"]

_CODECS = ("gzip", "bzip2", "lzop", "zstd")
_TEXT_ONLY = {"delimiter", "escape", "removequotes", "null", "fillrecord", "ignoreblanklines"}
_COLUMNAR = {
    "delimiter", "quote", "escape", "removequotes", "null", "ignoreblanklines", "ignoreheader",
    "maxerror", "ignoreallerrors", "acceptanydate", "noload", "region", "encoding", "dateformat",
    "timeformat", "emptyasnull", "blanksasnull", "trimblanks", "roundec", "fixedwidth",
    "comprows", "readratio", "ssh", *_CODECS,
}  # fmt: skip
# Page copy-parameters-data-format, "COPY from columnar data formats", names what may be there.
_REFUSED = {
    "delimited": {"quote", "serializetojson"},
    "csv": {"escape", "removequotes", "fixedwidth", "serializetojson"},
    "fixedwidth": {"delimiter", "quote", "escape", "removequotes", "serializetojson"},
    "json": _TEXT_ONLY | {"quote", "fixedwidth", "serializetojson"},
    "avro": _TEXT_ONLY | {"quote", "fixedwidth", "serializetojson", "ignoreheader", *_CODECS},
    "parquet": _COLUMNAR,
    "orc": _COLUMNAR,
}
_RANGES = {
    "maxerror": (0, 100_000),
    "comprows": (1_000, 2_147_483_647),
    "ignoreheader": (0, 2_147_483_647),
    "readratio": (1, 200),
}
_ENCODINGS = {"UTF8", "UTF-8", "UTF16", "UTF16LE", "UTF16BE", "ISO88591"}
_SPEC = re.compile(r"\s*[^:,]+:\d+\s*")


def check_copy(kind: str, argument: str, options: Mapping[str, Option], source: str) -> None:
    """Refuse options that do not go with the format, with each other, or with the source."""
    for name in sorted(_REFUSED[kind] & set(options)):
        raise _clash(name, kind)
    _check_pairs(options)
    _check_ranges(options)
    _check_texts(kind, argument, options)
    if not re.match(r"s3://[^/]+/", source):
        raise RedshiftError(
            "The specified S3 prefix is not valid or the LOAD source is not supported. "
            "(Hint: only S3 or DynamoDB or EMR based load is allowed)",
            sqlstate="0A000",
        )


def _clash(name: str, kind: str) -> RedshiftError:
    shown = {"null": "NULL AS"}.get(name, name.upper())
    if kind in ("parquet", "orc"):
        said = f"{shown} argument is not supported for {kind.upper()} based COPY"
    elif kind == "json":
        said = f"{shown} argument is not supported for JSON based COPY"
    elif kind == "delimited":
        said = f"{shown} requires {'CSV' if name == 'quote' else 'PARQUET or ORC'} format"
    else:
        said = f"{kind.upper()} is not compatible with {shown}"
    return RedshiftError(said, sqlstate="0A000")


def _check_pairs(options: Mapping[str, Option]) -> None:
    if sum(codec in options for codec in _CODECS) > 1:
        raise RedshiftError("conflicting or redundant options", sqlstate="42601")
    if "maxerror" in options and "ignoreallerrors" in options:
        raise RedshiftError("IGNOREALLERRORS cannot be used with MAXERROR", sqlstate="42601")
    for name in ("readratio", "ssh"):
        if name in options:
            raise RedshiftError(
                f"{name.upper()} is not supported for COPY from S3", sqlstate="0A000"
            )
    if ("encrypted" in options) != ("master_symmetric_key" in options):
        raise RedshiftError("ENCRYPTED needs MASTER_SYMMETRIC_KEY", sqlstate="42601")
    if "encrypted" in options:
        raise RedshiftError("this server decrypts nothing by itself", sqlstate="0A000")


def _check_ranges(options: Mapping[str, Option]) -> None:
    for name, (low, high) in _RANGES.items():
        if name in options and not low <= int(options[name]) <= high:
            raise RedshiftError(
                f"{name.upper()} value must be between {low} and {high}", sqlstate="22023"
            )


def _check_texts(kind: str, argument: str, options: Mapping[str, Option]) -> None:
    for name in ("delimiter", "quote"):
        if name in options:
            one_byte(str(options[name]), name)
    if any(letter in str(options.get("null", "")) for letter in "\r\n"):
        raise RedshiftError("NULL AS cannot hold a newline", sqlstate="0A000")
    if "encoding" in options and options["encoding"] not in _ENCODINGS:
        raise RedshiftError(f"Invalid encoding: {options['encoding']}", sqlstate="22023")
    if kind == "fixedwidth" and options.get("encoding", "UTF8") not in ("UTF8", "UTF-8"):
        raise RedshiftError("FIXEDWIDTH requires UTF8 encoding", sqlstate="0A000")
    if isinstance(mark := options.get("acceptinvchars"), str):
        one_byte(mark, "ACCEPTINVCHARS replacement")
    if kind == "fixedwidth" and not all(map(_SPEC.fullmatch, str(options[kind]).split(","))):
        raise RedshiftError("Invalid fixedwidth specification", sqlstate="22023")
    named = {"auto", "auto ignorecase"} | ({"noshred"} if kind == "json" else set())
    if kind in ("json", "avro") and argument not in named and not argument.startswith("s3://"):
        raise RedshiftError(f"Invalid {kind.upper()} option: '{argument}'", sqlstate="22023")
