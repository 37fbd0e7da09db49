"""The columns that a COPY fills: read from a field, computed, or left to their default."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError
from vertica_server.grammar.copy_options import Options
from vertica_server.grammar.types import VType, parse_type
from vertica_server.sql.cursor import Cursor
from vertica_server.sql.lexer import tokens
from vertica_server.sql.names import inner

if TYPE_CHECKING:
    from standins.lexer import Token
    from vertica_server.grammar.copy import CopyStatement
    from vertica_server.session import Session

__all__ = ["Input", "Targets", "targets"]


@dataclass(slots=True, kw_only=True)
class Input:
    """A field of the input and the column, or the filler, that it becomes."""

    name: str
    type: VType
    not_null: bool = False
    is_filler: bool = False
    options: Options = field(default_factory=Options)


@dataclass(slots=True, kw_only=True)
class Targets:
    """What is read, and what is computed from it."""

    inputs: list[Input]
    computed: list[tuple[str, list[Token]]]

    @property
    def is_direct(self) -> bool:
        """Whether fields go into the table as they are."""
        return not self.computed and not any(one.is_filler for one in self.inputs)


def targets(statement: CopyStatement, oid: int, session: Session) -> Targets:
    """Return what this COPY fills."""
    known = _known(oid, session)
    found = Targets(inputs=[], computed=[])
    for column in statement.columns:
        if column.filler is not None:
            if inner(column.name) in known:
                said = f'Filler column "{column.name}" cannot have the name of a table column'
                raise VerticaError(said, sqlstate="42701", code=3145)
            found.inputs.append(
                Input(name=column.name, type=column.filler, is_filler=True, options=column.options)
            )
            continue
        if inner(column.name) not in known:
            said = f'Column "{column.name}" does not exist'
            raise VerticaError(said, sqlstate="42703", code=2624)
        one = known[inner(column.name)]
        if column.expression:
            found.computed.append((one.name, column.expression))
        else:
            one.options = column.options
            found.inputs.append(one)
    if not statement.columns:
        found.inputs = [one for one in known.values() if one.options.hint != "identity"]
    _set_options(statement, found)
    return found


def _set_options(statement: CopyStatement, found: Targets) -> None:
    names = {inner(one.name): one for one in found.inputs}
    for name, said in statement.column_options.items():
        if name not in names:
            text = f'Column "{name}" does not exist'
            raise VerticaError(text, sqlstate="42703", code=2624)
        names[name].options = said
    listed = [inner(one.name) for one in found.inputs] + [inner(n) for n, _ in found.computed]
    if len(set(listed)) < len(listed):
        raise VerticaError("Duplicate column in COPY column list", sqlstate="42701", code=3145)


def _known(oid: int, session: Session) -> dict[str, Input]:
    rows = session.engine.texts(
        "SELECT spelled, type, not_null, identity FROM v_internal.column_facts"
        f" WHERE relid = {oid} ORDER BY number"
    )
    found = dict[str, Input]()
    for name, kind, not_null, identity in rows:
        one = Input(
            name=str(name),
            type=parse_type(Cursor(tokens(str(kind)))),
            not_null=not_null == "t",
        )
        if identity == "t":
            one.options.hint = "identity"
        found[inner(str(name))] = one
    return found
