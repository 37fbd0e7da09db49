"""COPY by its page: the target, what is read, how it is parsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError, syntax_error
from vertica_server.grammar.copy_options import Options, column_options, options
from vertica_server.grammar.types import VType, parse_type
from vertica_server.sql.names import Name, inner

if TYPE_CHECKING:
    from standins.lexer import Token
    from vertica_server.sql.cursor import Cursor

__all__ = ["CopyColumn", "CopyStatement", "Source", "parse_copy"]

_CODECS = ("uncompressed", "gzip", "bzip", "zstd", "lzo")
_PARSERS = ("fcsvparser", "fdelimitedparser", "fjsonparser", "favroparser", "fdelimitedpairparser",
            "fregexparser", "fcefparser", "fshapeparser")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file, a pattern of files, or standard input."""

    path: str
    codec: str = "uncompressed"


@dataclass(slots=True, kw_only=True)
class CopyColumn:
    """A field of the input, or a column that is computed."""

    name: str
    filler: VType | None = None
    expression: list[Token] = field(default_factory=list)
    options: Options = field(default_factory=Options)


@dataclass(slots=True, kw_only=True)
class CopyStatement:
    """The statement."""

    table: Name
    columns: list[CopyColumn] = field(default_factory=list)
    column_options: dict[str, Options] = field(default_factory=dict)
    is_local: bool = False
    is_stdin: bool = False
    sources: list[Source] = field(default_factory=list)
    parser: str = "delimited"
    arguments: dict[str, str] = field(default_factory=dict)
    options: Options = field(default_factory=Options)


def parse_copy(cursor: Cursor) -> CopyStatement:
    """Take the statement."""
    cursor.need("copy")
    statement = CopyStatement(table=cursor.qualified())
    if cursor.at_op("("):
        statement.columns = _columns(cursor)
    if cursor.take("column", "option"):
        _column_options(cursor, statement)
    cursor.need("from")
    _sources(cursor, statement)
    _parser(cursor, statement)
    statement.options = options(cursor)
    cursor.end()
    _check(statement)
    return statement


def _columns(cursor: Cursor) -> list[CopyColumn]:
    cursor.need_op("(")
    found = list[CopyColumn]()
    while True:
        column = CopyColumn(name=cursor.name())
        if cursor.take("as"):
            column.expression = cursor.until(",")
        else:
            if cursor.take("filler"):
                column.filler = parse_type(cursor)
            column.options = column_options(cursor)
        found.append(column)
        if not cursor.take_op(","):
            break
    cursor.need_op(")")
    return found


def _column_options(cursor: Cursor, statement: CopyStatement) -> None:
    if statement.columns and any(column.expression for column in statement.columns):
        pass
    cursor.need_op("(")
    while True:
        name = cursor.name()
        statement.column_options[inner(name)] = column_options(cursor)
        if not cursor.take_op(","):
            break
    cursor.need_op(")")


def _sources(cursor: Cursor, statement: CopyStatement) -> None:
    if cursor.at("vertica") or cursor.at("with", "source") or cursor.at("source"):
        raise VerticaError(
            "COPY FROM VERTICA and WITH SOURCE are not known to this stand-in",
            sqlstate="0A000", code=5366,
        )  # fmt: skip
    statement.is_local = cursor.take("local")
    if cursor.take("stdin"):
        statement.is_stdin = True
        statement.sources = [Source(path="STDIN", codec=_codec(cursor))]
        return
    while True:
        path = cursor.string()
        if cursor.at("on"):
            _node(cursor, statement)
        statement.sources.append(Source(path=path, codec=_codec(cursor)))
        if not cursor.take_op(","):
            return


def _codec(cursor: Cursor) -> str:
    return cursor.one_of(*_CODECS) or "uncompressed"


def _node(cursor: Cursor, statement: CopyStatement) -> None:
    if statement.is_local:
        cursor.fail()
    cursor.need("on")
    if cursor.take("any", "node") or cursor.take("each", "node"):
        return
    if cursor.at_op("("):
        cursor.names()
    else:
        cursor.name()


def _parser(cursor: Cursor, statement: CopyStatement) -> None:
    """A parser stands before every option (page COPY)."""
    if cursor.take("native"):
        statement.parser = "native varchar" if cursor.take("varchar") else "native"
    elif cursor.take("fixedwidth"):
        statement.parser = "fixedwidth"
        cursor.need("colsizes")
        cursor.need_op("(")
        sizes = [str(cursor.integer())]
        while cursor.take_op(","):
            sizes.append(str(cursor.integer()))
        cursor.need_op(")")
        statement.arguments = {"colsizes": ",".join(sizes)}
    elif cursor.at("orc") or cursor.at("parquet"):
        statement.parser = cursor.next().value
        if cursor.at_op("("):
            statement.arguments = _arguments(cursor)
    elif cursor.at("with", "parser") or cursor.at("parser"):
        cursor.take("with")
        cursor.need("parser")
        _user_parser(cursor, statement)


def _user_parser(cursor: Cursor, statement: CopyStatement) -> None:
    if cursor.one_of("public", "flex"):
        cursor.need_op(".")
    token = cursor.next()
    if token.value not in _PARSERS:
        said = f'Parser "{token.name}" does not exist'
        raise VerticaError(said, sqlstate="42883", code=4388, position=token.position)
    statement.parser = token.value
    statement.arguments = _arguments(cursor)


def _arguments(cursor: Cursor) -> dict[str, str]:
    cursor.need_op("(")
    found = dict[str, str]()
    while not cursor.at_op(")"):
        name = cursor.name().lower()
        cursor.need_op("=")
        if name in found:
            raise syntax_error(name)
        token = cursor.next()
        if not (token.is_string or token.kind == "number" or token.is_word("true", "false")):
            raise syntax_error(token.text, token.position)
        found[name] = token.value
        if not cursor.take_op(","):
            break
    cursor.need_op(")")
    return found


def _check(statement: CopyStatement) -> None:
    """What cannot go together (pages COPY parameters, COPY LOCAL, Option dependencies)."""
    said = statement.options
    if statement.is_local and statement.parser in ("orc", "parquet"):
        raise VerticaError(
            f"COPY LOCAL is not supported with parser {statement.parser.upper()}",
            sqlstate="0A000", code=2863,
        )  # fmt: skip
    if said.return_rejected and (said.rejected_data or said.exceptions):
        raise VerticaError(
            "COPY LOCAL does not support rejected row numbers with exceptions or rejected data"
            " options", sqlstate="0A000", code=5764,
        )  # fmt: skip
    if said.abort_on_error and said.reject_max is not None:
        raise _together("ABORT ON ERROR", "REJECTMAX")
    if said.rejected_table is not None and said.exceptions:
        raise _together("REJECTED DATA AS TABLE", "EXCEPTIONS")
    if statement.parser != "delimited":
        _check_parser(statement)


def _check_parser(statement: CopyStatement) -> None:
    said = statement.options
    text_only = {
        "DELIMITER": said.delimiter is not None,
        "ENCLOSED BY": said.enclosed_by is not None,
        "ESCAPE AS": said.escape is not None or said.no_escape,
        "TRAILING NULLCOLS": said.trailing_nullcols,
    }
    if statement.parser == "fixedwidth":
        text_only["ESCAPE AS"] = False
    for name, was_said in text_only.items():
        if was_said:
            raise VerticaError(
                f"COPY option {name} is not supported with parser {statement.parser}",
                sqlstate="0A000", code=2862,
            )  # fmt: skip


def _together(first: str, second: str) -> VerticaError:
    said = f"Cannot specify both {first} and {second} in COPY"
    return VerticaError(said, sqlstate="42601", code=2507)
