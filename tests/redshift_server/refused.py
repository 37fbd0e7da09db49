"""What PostgreSQL has and Redshift has not: page c_unsupported-postgresql-features and others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.errors import RedshiftError, syntax_error
from redshift_server.grammar.types import UNSUPPORTED_TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standins.lexer import Token

__all__ = ["check_refused", "refuse_command"]

_FUNCTIONS_WORDS = (
    "array_agg string_agg unnest gen_random_uuid json_agg jsonb_agg json_object_agg to_json"
    " to_jsonb row_to_json json_build_object jsonb_build_object json_populate_recordset"
    " pg_advisory_lock pg_advisory_unlock pg_advisory_xact_lock pg_try_advisory_lock"
    " pg_try_advisory_xact_lock pg_advisory_lock_shared nextval currval setval lastval"
    " pg_notify lo_import lo_export lo_create lo_from_bytea xmlelement xmlparse xmlagg"
    " regexp_matches regexp_split_to_table regexp_split_to_array jsonb_each json_each"
    " jsonb_array_elements json_array_elements percent_rank_disc to_tsvector to_tsquery"
    " pg_export_snapshot make_date make_timestamp pg_relation_size pg_total_relation_size"
    " pg_size_pretty clock_timestamp format every"
    " to_regclass to_regtype pg_typeof num_nulls num_nonnulls encode decode_bytea"
)
_FUNCTIONS = frozenset(_FUNCTIONS_WORDS.split())
_CREATED = {
    "index", "unique", "domain", "type", "sequence", "extension", "trigger", "rule", "aggregate",
    "operator", "cast", "tablespace", "conversion", "collation", "server", "foreign", "policy",
    "publication", "subscription", "statistics", "event", "text", "access", "transform",
    "unlogged", "recursive", "constraint", "language",
}  # fmt: skip
_COMMANDS_WORDS = (
    "savepoint release listen notify unlisten cluster reindex checkpoint do security import"
    " discard load move reassign values table"
)
_COMMANDS = frozenset(_COMMANDS_WORDS.split())

_NO_CASTS = UNSUPPORTED_TYPES - {"oid", "name", "regclass"}


def refuse_command(words: Sequence[str]) -> None:
    """Refuse a statement by its first words."""
    first, second = (*words, "", "")[:2]
    if first in _COMMANDS or (first == "rollback" and "to" in words[1:4]):
        raise _no_command(words)
    if first in ("create", "drop", "alter") and second in _CREATED:
        raise _no_command(words)
    if words[:2] == ["create", "or"] and words[3:4] and words[3] in _CREATED:
        raise _no_command(words)


def _no_command(words: Sequence[str]) -> RedshiftError:
    shown = " ".join(words[:2]).upper()
    return RedshiftError(f'SQL command "{shown}" not supported.', sqlstate="0A000")


def check_refused(tokens: Sequence[Token]) -> None:
    """Refuse words inside a statement that is handed on; blanks are left out already."""
    first = tokens[0].value if tokens else ""
    for place, token in enumerate(tokens):
        if token.kind != "word" and not token.is_op("::"):
            continue
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        before = tokens[place - 1] if place else None
        if before is not None and before.is_op("."):
            continue
        _check_clause(token, after, first)
        _check_call(token, after)
        _check_cast(token, after)


def _check_clause(token: Token, after: Token | None, first: str) -> None:
    if first not in ("insert", "update", "delete", "with"):
        return
    if token.is_word("returning") or (first == "with" and token.is_word("merge")):
        raise syntax_error(token.text)
    if token.is_word("on") and after is not None and after.is_word("conflict"):
        raise syntax_error(token.text)


def _check_call(token: Token, after: Token | None) -> None:
    if token.is_word(*_FUNCTIONS) and after is not None and after.is_op("("):
        said = f"function {token.value}() does not exist"
        hint = "No function matches the given name and argument types."
        raise RedshiftError(said, sqlstate="42883", hint=hint)
    if token.is_word("lateral") or (
        token.is_word("filter") and after is not None and after.is_op("(")
    ):
        raise syntax_error(token.text)


def _check_cast(token: Token, after: Token | None) -> None:
    if not token.is_op("::") or after is None:
        return
    if after.is_word(*_NO_CASTS):
        raise RedshiftError(f'type "{after.value}" does not exist', sqlstate="42704")
