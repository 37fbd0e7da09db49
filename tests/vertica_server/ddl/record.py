"""The facts of a relation, written down and copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError, missing_relation, missing_schema
from vertica_server.grammar.shown import type_of
from vertica_server.sql.names import Name, inner, literal, quoted, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vertica_server.grammar.table import ColumnDef
    from vertica_server.grammar.types import VType
    from vertica_server.session import Session

__all__ = ["array", "forget_relation", "learn_columns", "relation", "write_column", "write_table"]


def relation(session: Session, name: Name, *, kinds: str = "rpv") -> int:
    """Return the oid of a relation that has to be there."""
    if name.schema is not None:
        need_schema(session, name.schema)
    found = session.engine.texts(
        f"SELECT c.oid FROM pg_class c WHERE c.oid = to_regclass({literal(spelled(name))})"
        f" AND relkind = ANY (string_to_array({literal(','.join(kinds))}, ',')::\"char\"[])"
    )
    if not found:
        raise missing_relation(name.shown)
    return int(found[0][0] or 0)


def need_schema(session: Session, schema: str) -> None:
    """Fail unless the schema is there."""
    said = f"SELECT 1 FROM pg_namespace WHERE nspname = {literal(inner(schema))}"
    if not session.engine.texts(said):
        raise missing_schema(schema)


def write_table(session: Session, oid: int, name: str, **more: object) -> None:
    """Write down a new relation."""
    facts = {"is_view": False, "is_temp": False, "partition_expression": "", "definition": ""}
    facts |= more
    session.engine.run(
        "INSERT INTO v_internal.table_facts (relid, schema, spelled, is_view, is_temp,"
        f" partition_expression, definition, owner, created) SELECT {oid}, relnamespace,"
        f" {literal(name)}, {literal(facts['is_view'])}, {literal(facts['is_temp'])},"
        f" {literal(facts['partition_expression'])}, {literal(facts['definition'])},"
        f" {literal(session.user)}, now() FROM pg_class WHERE oid = {oid}"
    )
    session.engine.run(
        "INSERT INTO v_internal.schema_facts SELECT relnamespace, 'public' FROM pg_class"
        f" WHERE oid = {oid} ON CONFLICT DO NOTHING"
    )


def write_column(session: Session, oid: int, column: ColumnDef, default: str = "") -> None:
    """Write down a new column."""
    kind = column.type
    session.engine.run(
        "INSERT INTO v_internal.column_facts SELECT"
        f" {oid}, attnum, {literal(column.name)}, {literal(kind.shown)}, {kind.oid},"
        f" {kind.modifier}, {_size(kind)}, attnotnull, {literal(column.identity is not None)},"
        f" {literal(default)}, {literal(column.encoding)} FROM pg_attribute"
        f" WHERE attrelid = {oid} AND attname = {literal(inner(column.name))}"
    )


def _size(kind: VType) -> int:
    """DATA_TYPE_LENGTH: the most octets that a value takes."""
    if kind.kind == "numeric":
        return (kind.precision // 19 + 1) * 8
    return kind.length or {"bool": 1, "uuid": 16}.get(kind.kind, 8)


def learn_columns(session: Session, oid: int, names: dict[str, str]) -> None:
    """Write down the columns that a query gave a relation."""
    found = session.engine.texts(
        "SELECT attnum, attname, atttypid, atttypmod, attnotnull FROM pg_attribute"
        f" WHERE attrelid = {oid} AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )
    own = session.server.facts.own
    for number, name, kind, modifier, not_null in found:
        shown = type_of(int(kind or 0), int(modifier or -1), own)
        session.engine.run(
            f"INSERT INTO v_internal.column_facts VALUES ({oid}, {number},"
            f" {literal(names.get(str(name), name))}, {literal(shown.shown)}, {shown.oid},"
            f" {shown.modifier}, {_size(shown)}, {literal(not_null == 't')}, false, '', 'AUTO')"
        )


def forget_relation(session: Session, oid: int) -> None:
    """Strike out a relation that is gone."""
    for table in ("table", "column", "constraint", "projection", "comment", "grant"):
        session.engine.run(f"DELETE FROM v_internal.{table}_facts WHERE relid = {oid}")


def array(values: Sequence[str]) -> str:
    """Write an array of texts for the PostgreSQL behind."""
    return f"ARRAY[{', '.join(literal(value) for value in values)}]::varchar[]"


def target_schema(session: Session, name: Name) -> str:
    """Return where a new relation goes, as the PostgreSQL behind calls it."""
    if name.schema is None:
        return quoted(session.settings.search_path[0])
    need_schema(session, name.schema)
    if name.schema.lower().startswith("v_"):
        said = f'Permission denied for schema "{name.schema}"'
        raise VerticaError(said, sqlstate="42501", code=4367)
    return quoted(name.schema)
