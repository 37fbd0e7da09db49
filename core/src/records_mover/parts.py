"""The values and protocols that cross the plugin line: what a part is asked, offers and does."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol, runtime_checkable

from records_mover.instructions import ProcessingInstructions
from records_mover.meter import Cancellation, Meter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    import pyarrow as pa
    from sqlalchemy import Connection, Engine

    from records_mover.formats import BaseRecordsFormat
    from records_mover.schema import RecordsSchema

__all__ = [
    "Ask",
    "Batches",
    "Column",
    "Creds",
    "Database",
    "DatabaseKind",
    "Files",
    "Fingerprint",
    "Fingerprinting",
    "Form",
    "FormatKind",
    "Landing",
    "LoadJob",
    "Loaded",
    "Loader",
    "Offer",
    "Part",
    "Payload",
    "PublishRequest",
    "Refusal",
    "Reject",
    "RejectSink",
    "Selection",
    "Stored",
    "Streams",
    "TableInfo",
    "TableName",
    "Tier",
    "UnloadJob",
    "Unloader",
]

FormKind = Literal["table", "files", "streams", "batches"]
ExistingMode = Literal["append", "delete", "truncate", "drop", "replace", "upsert"]


class Tier(IntEnum):
    """Named cost tiers: what one gigabyte costs, relative to a copy that a server makes itself.

    A part may offer any figure; these are the ones to start from.
    """

    SERVER_SIDE = 1
    """The bytes never leave the server or store."""
    BULK = 10
    """Bytes pass through this machine as they are."""
    RECODE = 40
    """Every value is parsed and written again, in bulk."""
    ROWS = 1000
    """Rows travel as statements, one batch of parameters after another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Where the rows are and in which shape.

    ``place`` is a URL for files, ``server/database`` for a table (see ``Database.identity``),
    and ``"here"`` for what is in this process: streams and batches. ``format`` is None for tables
    and batches.
    """

    kind: FormKind
    place: str = "here"
    format: BaseRecordsFormat | None = None

    @property
    def scheme(self) -> str:
        """The URL scheme of the place where files are; empty for anything else."""
        from records_mover.url import scheme_of

        return scheme_of(self.place) if self.kind == "files" else ""

    def __str__(self) -> str:
        what = f"{self.format} {self.kind}" if self.format is not None else self.kind
        return what if self.place == "here" else f"{what} at {self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A part can give, or take, rows in this form at this cost; ``note`` is shown by explain."""

    form: Form
    cost: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A part cannot, and why, in words meant for the user; ``form`` is what was asked, if one."""

    why: str
    form: Form | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableName:
    """A table's name as the database spells it; ``schema`` None leaves it to the search path."""

    name: str
    schema: str | None = None

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows of a database are wanted: a table, some of its columns, or a query's result."""

    table: TableName | None = None
    query: str | None = None
    columns: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return str(self.table) if self.table is not None else "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The question put to a loader or an unloader before a move.

    ``forms`` are the forms that the other end can give (asked of a loader) or wants (asked of an
    unloader), the most direct first. A part answers each with an ``Offer`` or a ``Refusal``, and
    may add offers of forms that it prefers.

    A loader is told more: ``source`` where the rows come from a database, whose form of kind
    ``table`` is then among ``forms``, for a server that can fetch them itself; ``into``, the
    columns of a table that is there, in the order of ``columns``; ``mode``, what becomes of its
    rows.
    """

    database: Database
    selection: Selection
    forms: tuple[Form, ...] = ()
    schema: RecordsSchema | None = None
    columns: tuple[str, ...] | None = None
    source: Stored | None = None
    into: tuple[str, ...] | None = None
    mode: ExistingMode | None = None
    exists: bool = True
    bytes: int | None = None
    rows: int | None = None
    scratch: str | None = None
    instructions: ProcessingInstructions = field(default_factory=ProcessingInstructions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One run of bytes: a file or a stream.

    ``name`` is what messages call it. ``open`` may be called again where ``rereadable``.
    """

    name: str
    open: Callable[[], BinaryIO]
    size: int | None = None
    url: str | None = None
    rereadable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files in a store, all of one format; ``columns`` as in ``Streams``."""

    parts: tuple[Part, ...]
    format: BaseRecordsFormat
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Byte streams of one format; several may be read at the same time.

    ``columns`` names the columns in the order in which they come, where that is known. ``proof``
    asks a database that the rows come from what they amount to, in the snapshot that they were
    read in; it may be called once every stream was read to its end.
    """

    parts: tuple[Part, ...]
    format: BaseRecordsFormat
    columns: tuple[str, ...] | None = None
    proof: Callable[[], Fingerprint] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Arrow record batches, read once."""

    reader: pa.RecordBatchReader
    schema: RecordsSchema | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Rows that stay where they are until a loader has its server fetch them."""

    database: Database
    selection: Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What rows amount to, in whatever order they come.

    ``sums`` has one checksum a column, and is empty where rows were only counted. ``kinds`` says
    what each was taken of: two that differ say nothing about each other. Sums of the same kind add
    up, so that those of rows which were there before can be taken off.
    """

    rows: int
    sums: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()


Payload = Files | Streams | Batches | Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class UnloadJob:
    """What an unloader is to do: these rows, in this form."""

    database: Database
    selection: Selection
    form: Form
    schema: RecordsSchema | None = None
    instructions: ProcessingInstructions = field(default_factory=ProcessingInstructions)
    meter: Meter = field(default_factory=Meter)
    cancellation: Cancellation = field(default_factory=Cancellation)
    parallel: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """Where rows land: a table on a connection whose transaction publishing ends.

    A loader neither commits nor rolls back. ``target`` is the table that the rows are for, where
    they land in another one first.
    """

    connection: Connection
    table: TableName
    target: TableName | None = None

    @property
    def shown(self) -> TableName:
        """The table to name in messages."""
        return self.target or self.table


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A row that was left out: where it stands, why, and its own text.

    ``line`` is the line of ``source`` where the row begins, or the row's number where there are no
    lines.
    """

    source: str
    line: int | None
    column: str | None
    reason: str
    text: str

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.source else f"row {self.line}"
        column = f"column '{self.column}': " if self.column else ""
        return f"{place}: {column}{self.reason}"


class RejectSink(Protocol):
    """Where the rows go that do not fit, and how many of them a move tolerates."""

    @property
    def limit(self) -> float:
        """How many rows may be left out; infinity for any number."""
        ...

    @property
    def count(self) -> int:
        """How many there are so far, of all parts of the move."""
        ...

    def add(self, reject: Reject) -> None:
        """Take a row; it never raises because of how many there are."""
        ...

    def check(self) -> None:
        """Raise ``BadRowError`` when there are more rows than the limit."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadJob:
    """What a loader is to do: put the payload's rows into the landing table.

    ``columns`` are the table's column names in the order in which values come. ``proof`` asks a
    loader whose server fetches the rows to say what they amount to as well. ``rejects`` takes the
    rows that do not fit; without it the first of them ends the move.
    """

    database: Database
    landing: Landing
    columns: tuple[str, ...]
    form: Form
    schema: RecordsSchema | None = None
    instructions: ProcessingInstructions = field(default_factory=ProcessingInstructions)
    meter: Meter = field(default_factory=Meter)
    cancellation: Cancellation = field(default_factory=Cancellation)
    parallel: int | None = None
    proof: bool = False
    rejects: RejectSink | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a loader did: rows that landed, and rows it had to leave out.

    ``source`` is what the rows amount to where they came from, if the loader was asked.
    """

    rows: int
    rejected: int = 0
    source: Fingerprint | None = None


class Unloader(Protocol):
    """One way to get rows out of a table. ``name`` is the statement it runs, after its dialect."""

    @property
    def name(self) -> str:
        """Its name, unique among all parts of its kind."""
        ...

    @property
    def dialects(self) -> frozenset[str]:
        """The SQLAlchemy dialects that it is for; ``*`` is any."""
        ...

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Say which forms it can give; it reads no row and changes nothing."""
        ...

    def unload(self, job: UnloadJob) -> AbstractContextManager[Payload]:
        """Give the rows; an error in the middle is raised by the reader, never an early end."""
        ...


class Loader(Protocol):
    """One way to put rows into a table. ``name`` is the statement it runs, after its dialect."""

    @property
    def name(self) -> str:
        """Its name, unique among all parts of its kind."""
        ...

    @property
    def dialects(self) -> frozenset[str]:
        """The SQLAlchemy dialects that it is for; ``*`` is any."""
        ...

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Say which forms it can take; it changes nothing."""
        ...

    def load(self, job: LoadJob, payload: Payload) -> Loaded:
        """Put the rows into the landing table, inside the transaction that is open."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishRequest:
    """How a load is to become visible.

    ``columns`` are the columns that the load will fill; None means all that may be written.
    ``check`` is called with the connection when the rows are in the table, just before they are
    committed; whatever it raises leaves everything as it was.
    ``checked`` asks that a row which the table would refuse is refused where it lands already, so
    that the loader can leave it out.
    """

    table: TableName
    mode: ExistingMode
    info: TableInfo | None
    schema: RecordsSchema | None = None
    columns: tuple[str, ...] | None = None
    key: tuple[str, ...] = ()
    checked: bool = False
    user_grants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    group_grants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    check: Callable[[Connection], None] | None = None


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

    def fingerprint(
        self, connection: Connection, table: TableName, columns: tuple[str, ...] | None = None
    ) -> Fingerprint:
        """Count a table's rows as this connection sees them, and sum up these columns if it can."""
        ...

    def hold_still(self, connection: Connection, table: TableName) -> None:
        """Let nobody else write to the table until the transaction ends."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseKind:
    """A kind of database: the SQLAlchemy dialects it goes by, and how to open one.

    ``recognises`` is asked, with an open connection, when one of ``relatives``, other kinds'
    dialects, is in the URL: for servers that speak a relative's protocol. ``driver`` is used where
    the URL names none, and ``connect_args`` are meant for it alone; without ``driver`` they go to
    whichever driver SQLAlchemy picks.
    """

    name: str
    dialects: frozenset[str]
    open: Callable[[Engine], Database]
    recognises: Callable[[Connection], bool] | None = None
    relatives: frozenset[str] = frozenset()
    driver: str | None = None
    connect_args: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatKind:
    """A format that this process can read or write."""

    name: str
    extensions: tuple[str, ...]
    readable: bool = True
    writable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Creds:
    """What a credentials provider answered: facts by name, or a whole SQLAlchemy URL.

    ``repr`` shows neither, as either may hold a secret.
    """

    provider: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str | None = field(default=None, repr=False)
