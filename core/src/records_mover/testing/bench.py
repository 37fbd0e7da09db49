"""A backend as the kit sees it from outside: without the mover, by the author's own driver."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from records_mover.testing.texts import spelt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from records_mover.schema import Field

__all__ = ["Bench", "SqlBench", "Table"]

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table for one test: as a move names it, and by its name alone."""

    name: str
    endpoint: str


class Bench(Protocol):
    """What the suites ask of a database from outside; ``SqlBench`` is one for those with SQL.

    ``look``, ``count`` and ``tables`` may be called from another thread than the one that made it.
    """

    @property
    def url(self) -> str:
        """The database, as an endpoint string names it before ``::``."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """What a ``Session`` of the tests is given, as ``scratch_s3_url``."""
        ...

    @property
    def env(self) -> Mapping[str, str]:
        """What a child process needs in its environment beyond what is there."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """What must not be shown: at least the password."""
        ...

    def new_table(self) -> Table:
        """Name a table that nobody has used; it is not made."""
        ...

    def look(self, table: Table, field: Field) -> list[str | None]:
        """Return the values of a column, by ``id``, as ``canonical`` spells them."""
        ...

    def count(self, table: Table) -> int:
        """Return how many rows a table, or a view, has."""
        ...

    def tables(self) -> Iterable[str]:
        """Return the names of all tables where the tests make theirs."""
        ...

    def make_view(self, view: Table, table: Table) -> None:
        """Make a view of all columns of a table."""
        ...

    def grant(self, table: Table) -> None:
        """Let somebody else read a table."""
        ...

    def grants(self, table: Table) -> object:
        """Return who may do what with a table, in any shape that can be compared."""
        ...

    def scratch_left(self) -> Sequence[str]:
        """Return what lies in scratch space."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlBench:
    """A database that is looked at in SQL.

    ``run`` runs a statement and commits it, ``rows`` returns those of a query; each by a connection
    of its own, or under a lock. ``schema`` is where tables are made. ``names`` is a query for the
    names of all tables there. ``shown`` is how a column is selected where its driver's values will
    not do. ``grantee`` is a user or role to grant to, ``privileges`` a query, with ``{table}``, for
    who may do what. ``scratch`` returns what lies in scratch space.
    """

    url: str = field(repr=False)
    run: Callable[[str], object]
    rows: Callable[[str], Sequence[Sequence[object]]]
    names: str
    schema: str = ""
    quote: Callable[[str], str] = lambda name: '"' + name.replace('"', '""') + '"'
    shown: Callable[[str, Field], str] = lambda column, _: column
    grantee: str = ""
    privileges: str = ""
    scratch: Callable[[], Sequence[str]] = list
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)

    def new_table(self) -> Table:
        """Name a table that nobody has used."""
        name = f"kit_{os.getpid()}_{next(_numbers)}"
        return Table(name=name, endpoint=f"{self.url}::{self._with_schema(name, '.')}")

    def look(self, table: Table, field: Field) -> list[str | None]:
        """Select the values of the column by ``id``."""
        shown = self.shown(self.quote(field.name), field)
        name, number = self.sql_name(table), self.quote("id")
        found = self.rows(f"SELECT {number}, {shown} FROM {name}")  # noqa: S608 - quoted
        return [spelt(field, row[1]) for row in sorted(found, key=lambda row: int(str(row[0])))]

    def count(self, table: Table) -> int:
        """Count the rows."""
        found = self.rows(f"SELECT count(*) FROM {self.sql_name(table)}")  # noqa: S608 - quoted
        return int(str(found[0][0]))

    def tables(self) -> set[str]:
        """Ask for the names."""
        return {str(row[0]) for row in self.rows(self.names)}

    def make_view(self, view: Table, table: Table) -> None:
        """Create the view."""
        source = self.sql_name(table)
        self.run(f"CREATE VIEW {self.sql_name(view)} AS SELECT * FROM {source}")  # noqa: S608

    def grant(self, table: Table) -> None:
        """Grant SELECT."""
        self.run(f"GRANT SELECT ON {self.sql_name(table)} TO {self.quote(self.grantee)}")

    def grants(self, table: Table) -> object:
        """Ask for the privileges."""
        return sorted(map(str, self.rows(self.privileges.format(table=table.name))))

    def scratch_left(self) -> Sequence[str]:
        """Ask for what lies in scratch space."""
        return self.scratch()

    def sql_name(self, table: Table) -> str:
        """Return a table's name as SQL has it."""
        schema = f"{self.quote(self.schema)}." if self.schema else ""
        return f"{schema}{self.quote(table.name)}"

    def _with_schema(self, name: str, dot: str) -> str:
        return f"{self.schema}{dot}{name}" if self.schema else name
