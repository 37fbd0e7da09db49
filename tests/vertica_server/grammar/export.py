"""EXPORT TO and S3EXPORT by their pages: parameters with their defaults, and the query."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError, syntax_error

if TYPE_CHECKING:
    from standins.lexer import Token
    from vertica_server.sql.cursor import Cursor

__all__ = ["Export", "ExportText", "parse_export", "parse_s3export", "truth"]

_COMMON = {"directory": "", "filename": "", "compression": "", "filesizemb": "10000",
           "filemode": "660", "dirmode": "755", "ifdirexists": "fail",
           "fileextension": ""}  # fmt: skip
_KNOWN: dict[str, dict[str, str]] = {
    "parquet": {**_COMMON, "compression": "snappy", "rowgroupsizemb": "512",
                "int96astimestamp": "true"},
    "orc": {**_COMMON, "compression": "zlib", "stripesizemb": "250", "rowindexstride": "1000"},
    "json": {**_COMMON, "compression": "uncompressed", "omitnullfields": "false"},
    "delimited": {**_COMMON, "compression": "uncompressed", "delimiter": "|",
                  "recordterminator": "\n", "enclosedby": "", "escapeas": "\\", "nullas": "",
                  "addheader": "false", "binarytypesformat": "default"},
}  # fmt: skip
_CODECS = {
    "parquet": ("snappy", "gzip", "brotli", "zstd", "uncompressed"),
    "orc": ("snappy", "zlib", "uncompressed"),
    "json": ("uncompressed", "bzip", "gzip", "zstd"),
    "delimited": ("uncompressed", "bzip", "gzip", "zstd"),
}
_S3 = {"url": "", "delimiter": ",", "chunksize": "10485760", "compression": "none",
       "enclosed_by": "\"", "escape_as": "\\", "null_as": "", "record_terminator": "\n",
       "from_charset": "", "to_charset": "", "prepend_hash": "false"}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Export:
    """EXPORT TO form (...) OVER (...) AS SELECT."""

    form: str
    said: dict[str, str]
    partition: list[str] = field(default_factory=list)
    order: str = ""
    query: list[Token] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class ExportText:
    """SELECT S3EXPORT(columns USING PARAMETERS ...) OVER (...) FROM ..."""

    said: dict[str, str]
    partition: list[str] = field(default_factory=list)
    query: list[Token] = field(default_factory=list)


def parse_export(cursor: Cursor) -> Export:
    """Take EXPORT TO."""
    cursor.need("export", "to")
    form = cursor.one_of(*_KNOWN) or cursor.fail()
    cursor.need_op("(")
    made = Export(form=form, said=dict(_KNOWN[form]))
    given = _parameters(cursor, _KNOWN[form], f"EXPORT TO {form.upper()}")
    made.said |= given
    if not made.said["directory"]:
        raise VerticaError(
            f"EXPORT TO {form.upper()} needs a directory", sqlstate="22023", code=3399
        )
    if cursor.take("over"):
        made.partition, made.order = _over(cursor)
    cursor.need("as")
    if not (cursor.at("select") or cursor.at("with") or cursor.at_op("(")):
        cursor.fail()
    made.query = cursor.rest()
    _check_query(made.query)
    _check(made, given)
    return made


def _check(made: Export, given: dict[str, str]) -> None:
    codec = made.said["compression"].lower()
    if codec not in _CODECS[made.form]:
        raise _invalid("compression", made.said["compression"])
    for name in ("filesizemb", "rowgroupsizemb", "stripesizemb", "rowindexstride"):
        if name in given and not given[name].isdigit():
            raise _invalid(name, given[name])
    if made.form == "parquet" and not 1 <= int(made.said["rowgroupsizemb"]) <= 512:
        raise _invalid("rowGroupSizeMB", made.said["rowgroupsizemb"])
    if made.said["ifdirexists"].lower() not in ("fail", "overwrite", "append"):
        raise _invalid("ifDirExists", made.said["ifdirexists"])
    for name in ("addheader", "int96astimestamp", "omitnullfields"):
        if name in given:
            truth(name, given[name])
    if made.partition and made.said["filename"]:
        raise VerticaError(
            "Parameter filename cannot be used with PARTITION BY", sqlstate="22023", code=3399
        )


def _check_query(query: list[Token]) -> None:
    """No ORDER BY, LIMIT or DISTINCT at the top (page Query restrictions)."""
    depth = 0
    for place, token in enumerate(query):
        depth += token.is_op("(") - token.is_op(")")
        if depth or (place and query[place - 1].is_op(".")):
            continue
        if token.is_word("order", "limit", "offset") and not (
            token.is_word("order") and not _is_order(query, place)
        ):
            raise VerticaError(
                f"{token.text.upper()} is not allowed at the top of an exported query",
                sqlstate="0A000", code=5366, position=token.position,
            )  # fmt: skip


def _is_order(query: list[Token], place: int) -> bool:
    return place + 1 < len(query) and query[place + 1].is_word("by")


def _invalid(name: str, value: str) -> VerticaError:
    said = f"Invalid value '{value}' for parameter {name}"
    return VerticaError(said, sqlstate="22023", code=3399)


def truth(name: str, value: str) -> bool:
    """Read a boolean parameter."""
    word = value.lower()
    if word not in ("true", "false", "t", "f", "1", "0", "yes", "no", "on", "off"):
        raise _invalid(name, value)
    return word in ("true", "t", "1", "yes", "on")


def _parameters(cursor: Cursor, known: dict[str, str], what: str) -> dict[str, str]:
    found = dict[str, str]()
    while True:
        token = cursor.here
        name = cursor.name().lower()
        if name not in known:
            said = f"{what}: unknown parameter '{name}'"
            position = token.position if token is not None else 0
            raise VerticaError(said, sqlstate="22023", code=3399, position=position)
        if name in found:
            raise syntax_error(name, token.position if token is not None else 0)
        cursor.need_op("=")
        found[name] = _value(cursor)
        if not cursor.take_op(","):
            break
    cursor.need_op(")")
    return found


def _value(cursor: Cursor) -> str:
    token = cursor.next()
    if not (token.is_string or token.kind == "number" or token.is_word("true", "false")):
        raise syntax_error(token.text, token.position)
    return token.value


def _over(cursor: Cursor) -> tuple[list[str], str]:
    cursor.need_op("(")
    names, order = list[str](), ""
    if cursor.take("partition") and not cursor.one_of("best", "nodes", "auto"):
        cursor.need("by")
        names = [cursor.name()]
        while cursor.take_op(","):
            names.append(cursor.name())
    if cursor.take("order", "by"):
        order = " ".join(token.text for token in cursor.until(")"))
    cursor.need_op(")")
    return names, order


def parse_s3export(cursor: Cursor) -> ExportText:
    """Take SELECT S3EXPORT."""
    cursor.need("select")
    cursor.one_of("s3export", "s3export_partition") or cursor.fail()
    cursor.need_op("(")
    columns = cursor.until("using")
    cursor.need("using", "parameters")
    made = ExportText(said=dict(_S3))
    made.said |= _parameters(cursor, _S3, "S3EXPORT")
    cursor.need("over")
    made.partition, _ = _over(cursor)
    if cursor.take("as"):
        cursor.names()
    made.query = [*_select(columns), *cursor.rest()]
    _check_s3(made)
    return made


def _select(columns: list[Token]) -> list[Token]:
    from vertica_server.sql.lexer import tokens

    return [*tokens("select"), *columns]


def _check_s3(made: ExportText) -> None:
    """The limits of page S3EXPORT."""
    said = made.said
    url = said["url"]
    if not url.lower().startswith("s3://") or len(url) > 236 or not url.isascii():
        raise _invalid("url", url)
    digits = said["chunksize"]
    if not digits.isdigit() or not 5_242_880 <= int(digits) <= 5_368_709_120:
        raise _invalid("chunksize", said["chunksize"])
    if said["compression"].lower() not in ("none", "bzip"):
        raise _invalid("compression", said["compression"])
    for name in ("delimiter", "enclosed_by", "escape_as"):
        if len(said[name]) > 1 or (name == "delimiter" and not said[name]):
            raise _invalid(name, said[name])
