"""Errors of the PostgreSQL behind, in Vertica's words and numbers."""

from __future__ import annotations

import re

from standins.errors import read_fields
from vertica_server.errors import VerticaError

__all__ = ["translated"]

_RULES: tuple[tuple[str, str, str, str, int], ...] = (
    # PostgreSQL's SQLSTATE, its sentence, Vertica's sentence, SQLSTATE and number
    ("42P01", r'relation "(.*)" does not exist', 'Relation "{0}" does not exist', "42V01", 4566),
    ("42P01", r'missing FROM-clause entry for table "(.*)"',
     'Missing FROM-clause entry for table "{0}"', "42V01", 3944),
    ("3F000", r'schema "(.*)" does not exist', 'Schema "{0}" does not exist', "3F000", 4650),
    ("42703", r'column "?(.*?)"? (?:of relation .* )?does not exist',
     'Column "{0}" does not exist', "42703", 2624),
    ("42702", r'column reference "(.*)" is ambiguous',
     'Column reference "{0}" is ambiguous', "42702", 2671),
    ("42P07", r'(?:relation|type) "(.*)" already exists',
     'Object "{0}" already exists', "42710", 4213),
    ("42P06", r'schema "(.*)" already exists', 'Schema "{0}" already exists', "42V06", 4655),
    ("42701", r'column "(.*)" (?:of relation .* already exists|specified more than once)',
     'Duplicate column "{0}"', "42701", 3145),
    ("42601", r'syntax error at or near "(.*)"', 'Syntax error at or near "{0}"', "42601", 4856),
    ("42601", r"syntax error at end of input", "Syntax error at end of input", "42601", 4856),
    ("42601", r"INSERT has more target columns than expressions",
     "INSERT has more target columns than expressions", "42601", 3669),
    ("42601", r"INSERT has more expressions than target columns",
     "INSERT has more expressions than target columns", "42601", 3668),
    ("42883", r"function (.*?)\((.*)\) does not exist",
     "Function {0}({1}) does not exist, or permission is denied for {0}({1})", "42883", 3457),
    ("42883", r"operator does not exist: (.*)",
     "Operator does not exist: {0}", "42883", 4286),
    ("42803", r'column "(.*)" must appear in the GROUP BY clause.*',
     'Column "{0}" must appear in the GROUP BY clause or be used in an aggregate function',
     "42803", 2640),
    ("22012", r".*", "Division by zero", "22012", 3117),
    ("22P02", r'invalid input syntax for type (?:bigint|integer|smallint): "(.*)"',
     'Invalid input syntax for integer: "{0}"', "22V02", 3681),
    ("22P02", r'invalid input syntax for type (.*): "(.*)"',
     'Invalid input syntax for {0}: "{1}"', "22V02", 3679),
    ("22007", r'invalid input syntax for type (.*): "(.*)"',
     'Invalid input syntax for {0}: "{1}"', "22007", 3679),
    ("22008", r"(.*)", "Date/time field value out of range: {0}", "22008", 2992),
    ("22003", r'value "(.*)" is out of range for type .*',
     'Value "{0}" is out of range for type int8', "22003", 5416),
    ("22003", r"(.*)", "Value exceeds range of type: {0}", "22003", 5411),
    ("22001", r"value too long for type character varying\((.*)\)",
     "String is too long for type Varchar({0})", "22001", 4800),
    ("22001", r"value too long for type character\((.*)\)",
     "String is too long for type Char({0})", "22001", 4800),
    ("42501", r"permission denied for (?:table|view|relation) (.*)",
     "Permission denied for relation {0}", "42501", 4367),
    ("42501", r"permission denied for schema (.*)",
     "Permission denied for schema {0}", "42501", 4367),
    ("42501", r"must be owner of (?:table|relation|view) (.*)",
     "Must be owner of relation {0}", "42501", 3989),
    ("2BP01", r"cannot drop (.*) because other objects depend on it",
     "DROP failed due to dependencies", "2BP01", 3128),
    ("21000", r"MERGE command cannot affect row a second time",
     "MERGE command cannot affect row a second time", "21000", 3983),
    ("21000", r"more than one row returned by a subquery.*",
     "Subquery used as an expression returned more than one row", "21000", 4840),
    ("57014", r".*", "Execution canceled by operator", "57014", 3326),
    ("55P03", r".*", "Unavailable: lock table - timeout error Timed out", "55V03", 5156),
    ("40P01", r".*", "Deadlock detected: deadlock on locking table", "55V03", 3010),
    ("42804", r"(.*)", "{0}", "42804", 2631),
    ("42704", r'type "(.*)" does not exist', 'Type "{0}" does not exist', "42704", 5108),
)  # fmt: skip


def translated(body: bytes) -> VerticaError:
    """Read the body of an ErrorResponse."""
    said = read_fields(body, "surrogateescape")
    state, text = said.get("C", "XX000"), said.get("M", "")
    special = _constraint(state, said) or _thrown(state, text, said)
    if special is not None:
        return special
    for rule_state, pattern, sentence, sqlstate, code in _RULES:
        if rule_state == state and (found := re.fullmatch(pattern, text, re.DOTALL)):
            return VerticaError(
                sentence.format(*found.groups()),
                sqlstate=sqlstate,
                code=code,
                detail=said.get("D", ""),
                hint=said.get("H", "") if state != "42703" else "",
            )
    return VerticaError(
        text[:1].upper() + text[1:], sqlstate=state, code=2999, detail=said.get("D", "")
    )


def _constraint(state: str, said: dict[str, str]) -> VerticaError | None:
    said = {**said, "n": re.sub(r"~\d+$", "", said.get("n", ""))}  # behind it names its table too
    if state == "23502":
        text = f"Cannot set a NOT NULL column ({said.get('c', '')}) to a NULL value"
        return VerticaError(f"{text} in INSERT/UPDATE statement", sqlstate="22004", code=2501)
    if state == "23505":
        found = re.search(r"Key \((.*)\)=\((.*)\) already", said.get("D", ""))
        keys = "" if found is None else f"{found.group(1)}={found.group(2)}"
        where = f"{said.get('s', '')}.{said.get('t', '')}.{said.get('n', '')}"
        text = f"Duplicate key values: '{keys}' -- violates constraint '{where}'"
        return VerticaError(text, sqlstate="23505", code=6745)
    if state == "23514":
        where = f"{said.get('s', '')}.{said.get('t', '')}.{said.get('n', '')}"
        text = f"Check constraint '{where}' violated"
        return VerticaError(text, sqlstate="23514", code=7230)
    return None


def _thrown(state: str, text: str, said: dict[str, str]) -> VerticaError | None:
    """Errors of the stand-in's own functions carry Vertica's number in the hint."""
    hint = said.get("H", "")
    if state.startswith("V") or hint.startswith("vertica:"):
        _, sqlstate, code = (*hint.split(":"), "", "")[:3]
        return VerticaError(text, sqlstate=sqlstate or state, code=int(code or 2999))
    if state == "23503":
        return VerticaError(text, sqlstate="23503", code=4165)
    return None
