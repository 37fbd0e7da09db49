"""Tables by name, what there is to know of them, and which of their rows are wanted."""

from __future__ import annotations

from typing import Literal

from records_mover.frozen import frozen

__all__ = ["Column", "Fingerprint", "Reshape", "Selection", "TableInfo", "TableName"]


@frozen
class TableName:
    """A table's name as the database spells it; ``schema`` None leaves it to the search path."""

    name: str
    schema: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@frozen
class Column:
    """A column of an existing table.

    ``filled`` says that the server gives a value when none is sent (default, identity);
    ``generated`` that none may be sent at all. ``type`` is the server's own spelling.
    """

    name: str
    type: str
    nullable: bool = True
    filled: bool = False
    generated: bool = False


@frozen
class TableInfo:
    """What there is to know of a table before a move; ``rows`` and ``bytes`` are estimates."""

    name: TableName
    columns: tuple[Column, ...]
    kind: Literal["table", "view", "other"] = "table"
    rows: int | None = None
    bytes: int | None = None

    @property
    def writable_columns(self) -> tuple[Column, ...]:
        """The columns that a load may send values for."""
        return tuple(column for column in self.columns if not column.generated)


@frozen
class Reshape:
    """How a table's columns change, so that rows of another shape can take the place of its own.

    ``retyped`` holds (column, type) and ``loosened`` columns that may lose their NOT NULL: each
    only where a row that comes does not fit without.
    """

    added: tuple[Column, ...] = ()
    dropped: tuple[str, ...] = ()
    retyped: tuple[tuple[str, str], ...] = ()
    loosened: tuple[str, ...] = ()

    @property
    def types(self) -> dict[str, str]:
        """The types that rows are to land in, of the columns that differ from the table's."""
        return dict(self.retyped) | {column.name: column.type for column in self.added}

    def __bool__(self) -> bool:
        return bool(self.added or self.dropped or self.retyped or self.loosened)


@frozen
class Selection:
    """Which rows of a database are wanted: a table, some of its columns, or a query's result."""

    table: TableName | None = None
    query: str | None = None
    columns: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return str(self.table) if self.table is not None else "query"


@frozen
class Fingerprint:
    """What rows amount to, in whatever order they come.

    ``sums`` has one checksum a column, and is empty where rows were only counted. ``kinds`` says
    what each was taken of: two that differ say nothing about each other. Sums of the same kind add
    up, so that those of rows which were there before can be taken off.
    """

    rows: int
    sums: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
