"""What a database answers for, and how a load becomes visible in it."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import URL, Connection, Engine

    from records_mover.parts.forms import Form
    from records_mover.parts.payloads import Batches
    from records_mover.parts.tables import (
        Fingerprint,
        Reshape,
        Selection,
        TableInfo,
        TableName,
    )
    from records_mover.schema import Field, RecordsSchema
    from records_mover.schema.fidelity import Kept

__all__ = [
    "Database",
    "DatabaseKind",
    "ExistingMode",
    "Fingerprinting",
    "Foreseeing",
    "Interruptible",
    "Keeping",
    "Landing",
    "PublishRequest",
    "Relenting",
    "Rereading",
    "Reshaping",
]

ExistingMode = Literal["append", "delete", "truncate", "drop", "replace", "upsert"]


@frozen
class Landing:
    """Where rows land: a table on a connection whose transaction publishing ends.

    A loader neither commits nor rolls back. ``target`` is the table that the rows are for, where
    they land in another one first. ``notes`` says, once publishing has ended, what it did beside
    putting rows into the table. More than one of ``sessions`` says that this one is committed,
    empty and hidden until publishing ends: a loader may fill it by so many connections, this one
    among them, and commit the others.
    """

    connection: Connection
    table: TableName
    target: TableName | None = None
    notes: list[str] = field(default_factory=list)
    sessions: int = 1

    @property
    def shown(self) -> TableName:
        """The table to name in messages."""
        return self.target or self.table


@frozen
class PublishRequest:
    """How a load is to become visible.

    ``columns`` are the columns that the load will fill; None means all that may be written.
    ``check`` is called with the connection and the table that the rows are in by then, just before
    they are committed; whatever it raises leaves everything as it was.
    ``checked`` asks that a row which the table would refuse is refused where it lands already, so
    that the loader can leave it out.
    ``reshape`` is how the table's columns change with its rows; ``columns`` are those of
    afterwards. ``sessions`` is how many connections the loader would load by; a database may answer
    more than one with a landing that they all see.
    """

    table: TableName
    mode: ExistingMode
    info: TableInfo | None
    schema: RecordsSchema | None = None
    columns: tuple[str, ...] | None = None
    key: tuple[str, ...] = ()
    checked: bool = False
    sessions: int = 1
    user_grants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    group_grants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    check: Callable[[Connection, TableName], None] | None = None
    reshape: Reshape | None = None


class Database(Protocol):
    """A database behind an engine: what it holds, and how a load becomes visible in it."""

    @property
    def engine(self) -> Engine:
        """The engine behind it."""
        ...

    @property
    def dialect(self) -> str:
        """The SQLAlchemy dialect's name, which loaders and unloaders go by."""
        ...

    def identity(self) -> str:
        """Name the server and database; two tables with the same one can see each other."""
        ...

    def inspect(self, name: TableName) -> TableInfo | None:
        """Describe a table, or return None when there is none; raise when its schema is absent."""
        ...

    def schema_of(self, selection: Selection) -> RecordsSchema:
        """Return the records schema of a table or of a query's result, without reading rows."""
        ...

    def column_name(self, name: str) -> str:
        """Return ``name`` as this database will store it."""
        ...

    def create_statements(self, name: TableName, schema: RecordsSchema) -> tuple[str, ...]:
        """Return the DDL that makes a table of this schema."""
        ...

    def publish(self, request: PublishRequest) -> AbstractContextManager[Landing]:
        """Open the transaction, make the place to land, and publish when the block ends well."""
        ...

    def explain_publish(self, request: PublishRequest) -> str:
        """Say in a clause what publishing will do."""
        ...


@runtime_checkable
class Fingerprinting(Protocol):
    """A ``Database`` that can say what rows amount to, which makes a move verifiable.

    One that has this calls ``PublishRequest.check`` in every mode.
    """

    def fingerprint(self, connection: Connection, selection: Selection) -> Fingerprint:
        """Count rows as this connection sees them, and sum up their columns if it can."""
        ...

    def hold_still(self, connection: Connection, table: TableName) -> None:
        """Let nobody else write to the table until the transaction ends."""
        ...


@runtime_checkable
class Rereading(Protocol):
    """A ``Database`` whose rows can be read where they were written, before that is committed.

    One that has this calls ``PublishRequest.check`` in every mode; when that is ``upsert``, the
    table in which the rows have landed is still there.
    """

    def reread(
        self, connection: Connection, selection: Selection
    ) -> AbstractContextManager[Batches]:
        """Read rows as this connection sees them; its transaction goes on as it was."""
        ...

    def merged(
        self, landed: TableName, table: TableName, columns: tuple[str, ...], key: tuple[str, ...]
    ) -> Selection:
        """Select those rows of a table that have the key of a row that has landed elsewhere."""
        ...


@runtime_checkable
class Reshaping(Protocol):
    """A ``Database`` whose ``replace`` gives a table that is there the columns of the rows."""

    def reshape(
        self, info: TableInfo, columns: tuple[str, ...], schema: RecordsSchema | None
    ) -> Reshape:
        """Say how the table must change to have ``columns``; raise where it cannot.

        ``schema`` has a field for each column in the same order; None where the source says
        nothing of its types, and brings no column that is not there.
        """
        ...


@runtime_checkable
class Interruptible(Protocol):
    """A ``Database`` that can have its server end what it does, when someone asks to stop."""

    def interrupt(self, thread: int) -> None:
        """End what runs on connections that a thread (``threading.get_ident``) has opened.

        Called from another thread; it does not wait.
        """
        ...


@runtime_checkable
class Relenting(Protocol):
    """An ``Interruptible`` that goes on to end what a thread does until it is told to stop."""

    def relent(self, thread: int) -> None:
        """End no more: the move is over, and the thread may do something else now."""
        ...


@runtime_checkable
class Keeping(Protocol):
    """A ``Database`` that can say what its columns keep of other columns' values."""

    def made_field(self, field: Field) -> Field:
        """Return the column that a new table would have for this one, without a warning."""
        ...

    def keeps(self, source: Field, target: Field, form: Form) -> Kept:
        """Say what becomes of a source's values in a column here, if they come in this form."""
        ...


@runtime_checkable
class Foreseeing(Protocol):
    """A ``Keeping`` database that makes tables of several kinds, which keep more or less."""

    def made_fields(self, request: PublishRequest, schema: RecordsSchema) -> tuple[Field, ...]:
        """Return the columns that a table made for this request would have."""
        ...


@frozen
class DatabaseKind:
    """A kind of database: the SQLAlchemy dialects it goes by, and how to open one.

    ``recognises`` is asked, with an open connection, when one of ``relatives``, other kinds'
    dialects, is in the URL: for servers that speak a relative's protocol. ``driver`` is used where
    the URL names none, and ``connect_args`` are meant for it alone; without ``driver`` they go to
    whichever driver SQLAlchemy picks. ``driver_url`` returns what the driver is to be given for a
    URL that says more than the driver understands; it may raise ConfigError. ``direct`` may open a
    URL without SQLAlchemy, by what behaves as an engine does; it answers None to one that it leaves
    to SQLAlchemy. ``statements`` is False where the core's own SELECT and INSERT are not for it.
    """

    name: str
    dialects: frozenset[str]
    open: Callable[[Engine], Database]
    recognises: Callable[[Connection], bool] | None = None
    relatives: frozenset[str] = frozenset()
    driver: str | None = None
    connect_args: Mapping[str, object] = field(default_factory=dict)
    driver_url: Callable[[URL], URL] | None = None
    direct: Callable[[str], Engine | None] | None = None
    statements: bool = True
