"""SET, RESET and SHOW: what Redshift lets a session set, and what of it PostgreSQL knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from redshift_server.actions import Action, Forward, Local
from redshift_server.backend import literal
from redshift_server.errors import RedshiftError
from standins.lexer import join

if TYPE_CHECKING:
    from redshift_server.grammar.cursor import Cursor
    from redshift_server.session import Session
    from standins.lexer import Token

__all__ = ["Settings", "reset_setting", "set_setting", "show_setting"]

# Page cm_chap_ConfigurationRef, without those that PostgreSQL has too.
_OWN = {
    "enable_case_sensitive_identifier": "off",
    "enable_case_sensitive_super_attribute": "off",
    "describe_field_name_in_uppercase": "off",
    "downcase_delimited_identifier": "on",
    "enable_result_cache_for_session": "on",
    "enable_vacuum_boost": "off",
    "analyze_threshold_percent": "10",
    "auto_analyze": "on",
    "auto_mv": "on",
    "cast_super_null_on_error": "on",
    "datashare_break_glass_session_var": "",
    "default_geometry_encoding": "1",
    "json_serialization_enable": "off",
    "json_serialization_parse_nested_strings": "off",
    "max_cursor_result_set_size": "0",
    "mv_enable_aqmv_for_session": "on",
    "navigate_super_null_on_error": "on",
    "parse_super_null_on_error": "off",
    "query_group": "unset",
    "spectrum_query_maxerror": "-1",
    "spectrum_enable_pseudo_columns": "on",
    "use_fips_ssl": "off",
    "wlm_query_slot_count": "1",
}
_SHARED = {
    "application_name", "client_encoding", "datestyle", "extra_float_digits", "intervalstyle",
    "search_path", "statement_timeout", "timezone", "transaction", "session", "seed",
    "client_min_messages", "transaction_isolation", "transaction_read_only",
}  # fmt: skip
_SHOWN = {"server_version": "8.0.2", "server_encoding": "UNICODE"}
_ON = {"on", "true", "yes", "1"}


@dataclass(slots=True)
class Settings:
    """The session's own settings."""

    values: dict[str, str] = field(default_factory=lambda: dict(_OWN))

    @property
    def keep_case(self) -> bool:
        """Whether a quoted identifier keeps its case."""
        return self.values["enable_case_sensitive_identifier"] in _ON


def set_setting(cursor: Cursor, tokens: list[Token], session: Session) -> Action:
    """Read SET."""
    cursor.need("set")
    if cursor.at("session", "characteristics") or cursor.at("session", "authorization"):
        return Forward(sql=join(tokens))
    local = cursor.take("local")
    if not local:
        cursor.take("session")
    name = cursor.name()
    if name == "time":
        cursor.need("zone")
        return Forward(sql=join(tokens))
    if name in _OWN:
        return _own(cursor, name, session)
    if name not in _SHARED:
        raise _unknown(name)
    return Forward(sql=join(tokens))


def _own(cursor: Cursor, name: str, session: Session) -> Action:
    if not cursor.take_op("="):
        cursor.need("to")
    token = cursor.next()
    sign = ""
    if token.is_op("-"):
        sign, token = "-", cursor.next()
    cursor.end()
    value = _OWN[name] if token.is_word("default") else sign + token.value.lower()

    def run() -> str:
        session.settings.values[name] = value
        return "SET"

    return Local(run=run)


def reset_setting(cursor: Cursor, tokens: list[Token], session: Session) -> Action:
    """Read RESET."""
    cursor.need("reset")
    name = cursor.name()
    cursor.end()

    def run() -> str:
        chosen = list(_OWN) if name == "all" else [name]
        session.settings.values |= {one: _OWN[one] for one in chosen}
        return "RESET"

    if name in _OWN:
        return Local(run=run)
    if name not in _SHARED | {"all"}:
        raise _unknown(name)
    return Forward(sql=join(tokens))


def show_setting(cursor: Cursor, tokens: list[Token], session: Session) -> Action:
    """Read SHOW."""
    cursor.need("show")
    name = cursor.name()
    found = {**session.settings.values, **_SHOWN}.get(name)
    if found is not None:
        cursor.end()
        return Forward(sql=f"SELECT {literal(found)}::text AS {name}")
    if name not in _SHARED | {"is_superuser", "all"}:
        raise _unknown(name)
    return Forward(sql=join(tokens))


def _unknown(name: str) -> RedshiftError:
    return RedshiftError(f'unrecognized configuration parameter "{name}"', sqlstate="42704")
