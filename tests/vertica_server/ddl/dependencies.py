"""What keeps a column from being dropped or getting another type.

By the pages Dropping table columns and Changing column data type.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError
from vertica_server.sql.names import literal

if TYPE_CHECKING:
    from vertica_server.grammar.types import VType
    from vertica_server.session import Session

__all__ = ["check_droppable", "check_type"]

_TEXTS = ("char", "varchar")
_BANDS = 19  # precisions of NUMERIC that are kept alike: 0 to 18 digits, 19 to 37 and so on


def check_droppable(name: str, oid: int, session: Session, *, cascade: bool) -> None:
    """Refuse what would reorganise how rows lie; the rest goes where CASCADE says so."""
    lies = _lies_by(name, oid, session)
    if "segmentation" in lies or "partition" in lies or "primary key" in lies:
        raise _depended(name, lies[0])
    held = [*lies, *_constraints(name, oid, session, "ufc")]
    if held and not cascade:
        raise _depended(name, held[0])
    if "first sort column" in lies:
        raise _depended(name, "first sort column")
    left = session.engine.texts(f"SELECT count(*) FROM v_internal.column_facts WHERE relid = {oid}")
    if left[0][0] == "1":
        raise _depended(name, "it is the only column")


def _depended(name: str, what: str) -> VerticaError:
    said = f'DROP failed due to dependencies: Cannot drop column "{name}" since it is used: {what}'
    return VerticaError(said, sqlstate="2BP01", code=3128)


def _lies_by(name: str, oid: int, session: Session) -> list[str]:
    """Say how the rows lie by a column: by their order, segments or partitions, or by a key."""
    found = list[str]()
    rows = session.engine.texts(
        "SELECT segmented, array_to_string(orders, chr(1)) FROM v_internal.projection_facts"
        f" WHERE relid = {oid}"
    )
    for segmented, orders in rows:
        order = [one.lower() for one in str(orders or "").split("\1")]
        found += ["segmentation"] if _mentions(str(segmented or ""), name) else []
        found += ["first sort column"] if order[0] == name.lower() else []
        found += ["sort order"] if name.lower() in order else []
    partition = session.engine.texts(
        f"SELECT partition_expression FROM v_internal.table_facts WHERE relid = {oid}"
    )
    found += ["partition"] if partition and _mentions(str(partition[0][0] or ""), name) else []
    found += ["primary key"] if _constraints(name, oid, session, "p") else []
    return found


def _constraints(name: str, oid: int, session: Session, kinds: str) -> list[str]:
    rows = session.engine.texts(
        "SELECT name, array_to_string(columns, chr(1)), predicate FROM v_internal.constraint_facts"
        f" WHERE (relid = {oid} OR other = {oid}) AND position(kind IN {literal(kinds)}) > 0"
    )
    return [
        f"constraint {constraint}"
        for constraint, columns, predicate in rows
        if name.lower() in str(columns or "").lower().split("\1")
        or _mentions(str(predicate or ""), name)
    ]


def _mentions(expression: str, name: str) -> bool:
    words = re.findall(r'"((?:[^"]|"")*)"|(\w+)', expression)
    return name.lower() in {(quoted or bare).lower() for quoted, bare in words}


def check_type(name: str, oid: int, kind: VType, session: Session) -> None:
    """Refuse a type that would have the rows written anew, or that of a key or a segmentation."""
    rows = session.engine.texts(
        "SELECT type FROM v_internal.column_facts"
        f" WHERE relid = {oid} AND lower(spelled) = {literal(name.lower())}"
    )
    old = str(rows[0][0])
    segmented = "segmentation" in _lies_by(name, oid, session)
    if segmented or _constraints(name, oid, session, "pf") or not _is_alike(old, kind):
        said = f'Cannot convert column "{name}" from type {old} to type {kind.shown}'
        raise VerticaError(said, sqlstate="0A000", code=2353)


def _is_alike(old: str, kind: VType) -> bool:
    had, _, args = old.rstrip(")").partition("(")
    if old == kind.shown or (had in _TEXTS and kind.kind in _TEXTS):
        return True
    if had == kind.kind and had in ("binary", "varbinary", "long varbinary", "long varchar"):
        return True
    if had == "numeric" == kind.kind:
        digits, scale = (int(each) for each in args.split(","))
        return scale == kind.scale and digits // _BANDS == kind.precision // _BANDS
    return False
