"""Which parser reads a file, with the options that it takes and their defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError
from vertica_server.load.delimited import FieldRule, Rules, delimited_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vertica_server.grammar.copy import CopyStatement
    from vertica_server.grammar.copy_options import Options
    from vertica_server.load.columns import Input
    from vertica_server.load.record import Record

__all__ = ["parser_of"]

Parse = "Callable[[Iterable[bytes]], Iterator[Record]]"


def parser_of(
    statement: CopyStatement, inputs: Sequence[Input]
) -> Callable[[Iterable[bytes]], Iterator[Record]]:
    """Return what reads the records of one file."""
    kind = statement.parser
    if kind == "delimited":
        rules = _rules(statement.options, inputs)
        return lambda chunks: delimited_records(chunks, rules)
    if kind in ("fcsvparser", "fdelimitedparser"):
        from vertica_server.load.named import named_records

        return lambda chunks: named_records(chunks, statement, inputs)
    if kind == "fjsonparser":
        from vertica_server.load.jsontext import json_records

        return lambda chunks: json_records(chunks, statement, inputs)
    if kind == "favroparser":
        from vertica_server.load.jsontext import avro_records

        return lambda chunks: avro_records(chunks, statement, inputs)
    if kind in ("parquet", "orc"):
        from vertica_server.load.columnar import columnar_records

        return lambda chunks: columnar_records(chunks, statement, inputs)
    if kind == "fixedwidth":
        from vertica_server.load.fixed import fixed_records

        return lambda chunks: fixed_records(chunks, statement)
    raise VerticaError(
        f"The parser {kind.upper()} is not known to this stand-in", sqlstate="0A000", code=5366
    )


def _rules(said: Options, inputs: Sequence[Input]) -> Rules:
    rules = Rules(
        fields=[_field(said, one.options) for one in inputs],
        terminator=(said.record_terminator or "\n").encode("utf-8", "surrogateescape"),
        trailing_nullcols=said.trailing_nullcols,
        skip=said.skip or 0,
        skip_bytes=said.skip_bytes or 0,
    )
    for rule in rules.fields:
        _check(rule)
    return rules


def _field(whole: Options, own: Options) -> FieldRule:
    no_escape = own.no_escape or (whole.no_escape and own.escape is None)
    escape = "" if no_escape else own.escape or whole.escape or "\\"
    null = own.null if own.null is not None else whole.null
    return FieldRule(
        delimiter=_octets(own.delimiter or whole.delimiter or "|"),
        enclosed_by=_octets(own.enclosed_by or whole.enclosed_by or ""),
        escape=_octets(escape),
        null=_octets(null or ""),
        trim=_octets(own.trim or whole.trim or ""),
    )


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _check(rule: FieldRule) -> None:
    """Each of them has to mean one thing (page DELIMITED)."""
    pairs = [
        ("delimiter", rule.delimiter, "escape", rule.escape),
        ("delimiter", rule.delimiter, "enclosed by", rule.enclosed_by),
        ("escape", rule.escape, "enclosed by", rule.enclosed_by),
        ("delimiter", rule.delimiter, "null", rule.null),
    ]
    for first, one, second, other in pairs:
        if one and one == other:
            said = f"COPY {first} character cannot be the same as {second} character"
            raise VerticaError(said, sqlstate="22023", code=2734)
