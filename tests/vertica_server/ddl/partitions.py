"""SWAP_PARTITIONS_BETWEEN_TABLES by its page: rows exchanged between two tables alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.control import table_of
from vertica_server.ddl.record import relation
from vertica_server.errors import VerticaError
from vertica_server.sql.cursor import Cursor
from vertica_server.sql.lexer import tokens
from vertica_server.sql.names import Name, literal
from vertica_server.sql.rewrite import rewrite

if TYPE_CHECKING:
    from vertica_server.actions import Result
    from vertica_server.session import Session

__all__ = ["swap"]

_COLUMNS = (
    "SELECT lower(spelled), type, not_null FROM v_internal.column_facts"
    " WHERE relid = {0} ORDER BY number"
)
_KEYS = (
    "SELECT kind, lower(columns::text) FROM v_internal.constraint_facts"
    " WHERE relid = {0} AND kind IN ('p', 'u') ORDER BY 1, 2"
)
_ORDERS = (
    "SELECT DISTINCT lower(orders::text) FROM v_internal.projection_facts"
    " WHERE relid = {0} ORDER BY 1"
)


def swap(given: list[str], session: Session) -> Result:
    """Exchange the partitions between two keys; the key is compared as a text."""
    if len(given) < 4:
        raise VerticaError(
            "Function SWAP_PARTITIONS_BETWEEN_TABLES needs a staging table, two keys and a target",
            sqlstate="42883", code=3457,
        )  # fmt: skip
    staging, low, high, target = given[:4]
    first, second = (relation(session, _name(name), kinds="r") for name in (staging, target))
    expression = _alike(first, second, session)
    inside = rewrite(tokens(expression), session.functions)
    keys = f"({inside})::varchar BETWEEN {literal(low)} AND {literal(high)}"
    names = [_regclass(oid, session) for oid in (first, second)]
    engine = session.engine
    engine.run("DROP TABLE IF EXISTS pg_temp.vertica_swap")
    engine.run(
        f"CREATE TEMP TABLE vertica_swap ON COMMIT DROP AS SELECT * FROM {names[0]} WHERE {keys}"
    )
    engine.run(f"DELETE FROM {names[0]} WHERE {keys}")
    engine.run(f"INSERT INTO {names[0]} SELECT * FROM {names[1]} WHERE {keys}")
    engine.run(f"DELETE FROM {names[1]} WHERE {keys}")
    engine.run(f"INSERT INTO {names[1]} SELECT * FROM pg_temp.vertica_swap")
    said = f"1 partition values from table {staging} and 1 partition values from table {target}"
    return table_of("SELECT", ["SWAP_PARTITIONS_BETWEEN_TABLES"], [[f"{said} are swapped."]])


def _name(text: str) -> Name:
    return Cursor(tokens(text)).qualified()


def _regclass(oid: int, session: Session) -> str:
    return str(session.engine.texts(f"SELECT {oid}::regclass::text")[0][0])


def _alike(first: int, second: int, session: Session) -> str:
    """Columns, NULLs, keys and partition expressions have to be the same."""
    for what, query in (("columns", _COLUMNS), ("constraints", _KEYS), ("projections", _ORDERS)):
        said = [session.engine.texts(query.format(oid)) for oid in (first, second)]
        if said[0] != said[1] and not (what == "projections" and not all(said)):
            raise VerticaError(
                f"Tables do not have identical {what}: partitions cannot be swapped",
                sqlstate="0A000", code=4893,
            )  # fmt: skip
    found = session.engine.texts(
        "SELECT lower(partition_expression), partition_expression FROM v_internal.table_facts"
        f" WHERE relid IN ({first}, {second})"
    )
    if len({row[0] for row in found}) != 1 or not found[0][1]:
        raise VerticaError(
            "Both tables must be partitioned by the same expression", sqlstate="0A000", code=4893
        )
    return str(found[0][1])
