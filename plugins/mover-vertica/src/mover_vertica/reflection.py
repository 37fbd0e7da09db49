"""What SQLAlchemy's inspector asks, answered from V_CATALOG."""

# ruff: noqa: S608 - every name and text in these statements is quoted by words.py

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import types as sqltypes
from sqlalchemy.exc import NoSuchTableError

from mover_vertica import catalog
from mover_vertica.words import literal
from records_mover.db.sql.spelled import Spelled
from records_mover.parts import TableName

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine

    from mover_vertica.catalog import Described

__all__ = ["Reflection", "type_of"]

_SPELLING = re.compile(r"(?P<name>[a-z][a-z ]*?) ?\((?P<args>\d+(?:,\d+)?)\)")
_OUR_OWN = "'v_catalog', 'v_monitor', 'v_internal', 'v_func', 'v_txtindex'"


def type_of(spelling: str) -> TypeEngine[Any]:
    """Return SQLAlchemy's type for one that V_CATALOG spells; its spelling for any other."""
    found = _SPELLING.fullmatch(spelling)
    name = found["name"] if found else spelling
    sizes = [int(size) for size in found["args"].split(",")] if found else []
    size = sizes[0] if sizes else None
    known: dict[str, Any] = {
        "boolean": sqltypes.BOOLEAN,
        "int": sqltypes.INTEGER,
        "float": lambda: sqltypes.FLOAT(53),
        "numeric": lambda: sqltypes.NUMERIC(sizes[0], sizes[-1]),
        "char": lambda: sqltypes.CHAR(size),
        "varchar": lambda: sqltypes.VARCHAR(size),
        "long varchar": lambda: sqltypes.TEXT(size),
        "varbinary": lambda: sqltypes.VARBINARY(size),
        "long varbinary": lambda: sqltypes.LargeBinary(size),
        "date": sqltypes.DATE,
        "uuid": sqltypes.UUID,
    }
    if name in ("time", "timetz") and size is None:
        return sqltypes.TIME(timezone=name == "timetz")
    if name in ("timestamp", "timestamptz") and size is None:
        return sqltypes.TIMESTAMP(timezone=name == "timestamptz")
    return known[name]() if name in known else Spelled(spelling.upper())


class Reflection:
    """The methods of a dialect that look at what there is."""

    def _described(self, connection: Any, name: str, schema: str | None) -> Described:
        found = catalog.describe(_asking(connection), TableName(name=name, schema=schema))
        if found is None:
            raise NoSuchTableError(f"{schema}.{name}" if schema else name)
        return found

    def _schema(self, connection: Any, schema: str | None) -> str:
        asked = schema or str(connection.exec_driver_sql("SELECT CURRENT_SCHEMA()").scalar())
        return literal(asked.lower())

    def has_table(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> bool:
        """Whether there is a table or a view."""
        name = TableName(name=table_name, schema=schema)
        return catalog.describe(_asking(connection), name) is not None

    def has_schema(self, connection: Any, schema_name: str, **_: Any) -> bool:
        """Whether there is a schema."""
        names = [name.lower() for name in self.get_schema_names(connection)]
        return schema_name.lower() in names

    def get_schema_names(self, connection: Any, **_: Any) -> list[str]:
        """Name the schemas, without the system's."""
        return _column(
            connection,
            "SELECT schema_name FROM v_catalog.schemata WHERE schema_name NOT IN "
            f"({_OUR_OWN}) ORDER BY 1",
        )

    def get_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        """Name the tables of a schema."""
        return _column(
            connection,
            "SELECT table_name FROM v_catalog.tables WHERE NOT is_temp_table AND "
            f"LOWER(table_schema) = {self._schema(connection, schema)} ORDER BY 1",
        )

    def get_temp_table_names(self, connection: Any, schema: str | None = None, **_: Any) -> Any:
        """Name the temporary tables of the session."""
        del schema
        return _column(
            connection, "SELECT table_name FROM v_catalog.tables WHERE is_temp_table ORDER BY 1"
        )

    def get_view_names(self, connection: Any, schema: str | None = None, **_: Any) -> list[str]:
        """Name the views of a schema."""
        return _column(
            connection,
            "SELECT table_name FROM v_catalog.views WHERE "
            f"LOWER(table_schema) = {self._schema(connection, schema)} ORDER BY 1",
        )

    def get_view_definition(
        self, connection: Any, view_name: str, schema: str | None = None, **_: Any
    ) -> str:
        """Return the query of a view."""
        found = self._described(connection, view_name, schema)
        rows = _column(
            connection,
            f"SELECT view_definition FROM v_catalog.views WHERE table_name = "
            f"{literal(found.name.name)} AND table_schema = {literal(found.schema)}",
        )
        if not rows:
            raise NoSuchTableError(view_name)
        return rows[0]

    def get_columns(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        """Describe the columns of a table or a view."""
        found = self._described(connection, table_name, schema)
        comments = self._comments(connection, found)
        return [
            {
                "name": column.name,
                "type": type_of(column.type),
                "nullable": not column.required,
                "default": column.default,
                "autoincrement": column.identity,
                "comment": comments.get(column.name.lower()),
            }
            for column in found.columns
        ]

    def get_table_comment(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        """Return the comment of a table."""
        found = self._described(connection, table_name, schema)
        return {"text": self._comments(connection, found).get("")}

    def _comments(self, connection: Any, table: Described) -> dict[str, str]:
        """Return the comments of a table, under "", and of its columns, under their names."""
        rows = _asking(connection)(
            "SELECT child_object, comment FROM v_catalog.comments WHERE object_schema = "
            f"{literal(table.schema)} AND object_name = {literal(table.name.name)} "
            "AND object_type IN ('TABLE', 'VIEW', 'COLUMN')"
        )
        return {str(row[0] or "").lower(): str(row[1]) for row in rows}

    def get_pk_constraint(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        """Return the primary key, which the server enforces only where it is enabled."""
        found = self._constraints(connection, table_name, schema, "p")
        if not found:
            return {"constrained_columns": [], "name": None}
        name, rows = next(iter(found.items()))
        return {"constrained_columns": [str(row[1]) for row in rows], "name": name}

    def get_unique_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        """Return what is said to be unique."""
        found = self._constraints(connection, table_name, schema, "u")
        return [
            {"name": name, "column_names": [str(row[1]) for row in rows]}
            for name, rows in found.items()
        ]

    def get_foreign_keys(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        """Return the foreign keys, which the server does not enforce."""
        found = self._constraints(connection, table_name, schema, "f")
        return [
            {
                "name": name,
                "constrained_columns": [str(row[1]) for row in rows],
                "referred_schema": None if schema is None else str(rows[0][2]),
                "referred_table": str(rows[0][3]),
                "referred_columns": [str(row[4]) for row in rows],
                "options": {},
            }
            for name, rows in found.items()
        ]

    def get_check_constraints(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        """Return the conditions on rows."""
        found = self._described(connection, table_name, schema)
        rows = _asking(connection)(
            "SELECT constraint_name, predicate FROM v_catalog.table_constraints c JOIN "
            "v_catalog.tables t ON t.table_id = c.table_id WHERE c.constraint_type = 'c' AND "
            f"t.table_schema = {literal(found.schema)} AND t.table_name = "
            f"{literal(found.name.name)} ORDER BY 1"
        )
        return [{"name": str(row[0]), "sqltext": str(row[1])} for row in rows]

    def get_indexes(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        """Return none: there are none in Vertica."""
        del connection, table_name, schema
        return []

    def get_table_options(
        self, connection: Any, table_name: str, schema: str | None = None, **_: Any
    ) -> dict[str, Any]:
        """Return how the rows of a table are sorted, segmented and partitioned."""
        found = self._described(connection, table_name, schema)
        layout = catalog.layout_of(_asking(connection), found)
        return {
            f"vertica_{name}": getattr(layout, name)
            for name in ("order_by", "segmented_by", "unsegmented", "ksafe", "partition_by")
        }

    def _constraints(
        self, connection: Any, table_name: str, schema: str | None, kind: str
    ) -> dict[str, list[Any]]:
        table = self._described(connection, table_name, schema)
        rows = _asking(connection)(
            "SELECT constraint_name, column_name, reference_table_schema, reference_table_name, "
            "reference_column_name FROM v_catalog.constraint_columns WHERE constraint_type = "
            f"{literal(kind)} AND table_schema = {literal(table.schema)} AND table_name = "
            f"{literal(table.name.name)} ORDER BY 1"
        )
        found: dict[str, list[Any]] = {}
        for row in rows:
            found.setdefault(str(row[0]), []).append(row)
        return found


def _asking(connection: Any) -> catalog.Ask:
    def ask(query: str) -> list[Any]:
        options = {"no_parameters": True}
        return list(connection.exec_driver_sql(query, execution_options=options))

    return ask


def _column(connection: Any, query: str) -> list[str]:
    return [str(row[0]) for row in _asking(connection)(query)]
