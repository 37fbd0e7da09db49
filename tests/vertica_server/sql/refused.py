"""Statements and words that PostgreSQL knows and Vertica does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError, syntax_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from standins.lexer import Token

__all__ = ["check_refused"]

_FUNCTIONS_WORDS = (
    "generate_series string_agg json_agg jsonb_agg row_to_json to_json to_jsonb unnest"
    " gen_random_uuid pg_sleep pg_typeof array_to_string regexp_matches format xmlagg"
    " json_build_object jsonb_build_object pg_table_size pg_relation_size txid_current"
    " pg_backend_pid set_config current_setting obj_description col_description to_regclass"
    " pg_get_viewdef pg_get_expr has_table_privilege num_nulls make_date make_timestamp"
)
_FUNCTIONS = frozenset(_FUNCTIONS_WORDS.split())


def check_refused(tokens: Sequence[Token]) -> None:
    """Refuse words inside a statement that is handed on; blanks are left out already."""
    first = tokens[0].value if tokens else ""
    for place, token in enumerate(tokens):
        if token.kind != "word" or (place and tokens[place - 1].is_op(".")):
            continue
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        _check_clause(token, after, first)
        _check_call(token, after)
    if first == "insert":
        _check_one_row(tokens)


def _check_clause(token: Token, after: Token | None, first: str) -> None:
    if first in ("insert", "update", "delete", "merge") and token.is_word("returning"):
        raise syntax_error(token.text, token.position)
    if (
        first == "insert"
        and token.is_word("on")
        and after is not None
        and after.is_word("conflict")
    ):
        raise syntax_error(token.text, token.position)
    if token.is_word("lateral") and (after is None or not after.is_op("(")):
        raise syntax_error(token.text, token.position)
    if first == "merge" and token.is_word("delete", "nothing", "source", "target"):
        raise syntax_error(token.text, token.position)  # page MERGE: UPDATE and INSERT alone


def _check_call(token: Token, after: Token | None) -> None:
    if after is None or not after.is_op("("):
        return
    if token.is_word("filter"):
        raise syntax_error(after.text, after.position)
    if token.value in _FUNCTIONS or token.value.startswith("pg_"):
        said = f"Function {token.name}() does not exist, or permission is denied for {token.name}()"
        raise VerticaError(said, sqlstate="42883", code=3457, position=token.position)


def _check_one_row(tokens: Sequence[Token]) -> None:
    """INSERT ... VALUES takes one tuple (page INSERT: one complete tuple at a time)."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += token.is_op("(") - token.is_op(")")
        if depth == 0 and token.is_op(",") and tokens[place - 1].is_op(")"):
            words = [one.value for one in tokens[:place]]
            if "values" in words and "select" not in words:
                raise syntax_error(token.text, token.position)
