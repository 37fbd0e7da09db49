"""Loaders and unloaders: what they are asked, and what they are to do."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from records_mover.frozen import frozen
from records_mover.instructions import ProcessingInstructions
from records_mover.meter import Cancellation, Meter
from records_mover.parts.databases import Stored
from records_mover.parts.payloads import Batches, Files, Streams

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from records_mover.parts.databases import Database, ExistingMode, Landing
    from records_mover.parts.forms import Form, Offer, Refusal
    from records_mover.parts.stores import Stores
    from records_mover.parts.tables import Fingerprint, Reshape, Selection
    from records_mover.schema import RecordsSchema

__all__ = [
    "Ask",
    "FileNames",
    "LoadJob",
    "Loaded",
    "Loader",
    "Payload",
    "Reject",
    "RejectSink",
    "UnloadJob",
    "Unloader",
]

Payload = Files | Streams | Batches | Stored
"""What an unloader gives and a loader takes."""


@frozen
class Ask:
    """The question put to a loader or an unloader before a move.

    ``forms`` are the forms that the other end can give (asked of a loader) or wants (asked of an
    unloader), the most direct first. A part answers each with an ``Offer`` or a ``Refusal``, and
    may add offers of forms that it prefers. ``schema`` is the source's, where no row has to be read
    for it.

    A loader is told more: ``source`` where the rows come from a database, whose form of kind
    ``table`` is then among ``forms``, for a server that can fetch them itself; ``into``, the
    columns of a table that is there, in the order of ``columns``; ``mode``, what becomes of its
    rows; ``reshape``, how its columns will have changed by then; ``single``, whether the source is
    one file. ``parallel`` is how many streams the user wants, None where that is left to the parts.

    ``scratch`` is the place of files that the move may stage, to be named in a form: each format
    there is a folder of its own. It is None where the user has named no scratch space.
    """

    database: Database
    selection: Selection
    forms: tuple[Form, ...] = ()
    schema: RecordsSchema | None = None
    columns: tuple[str, ...] | None = None
    source: Stored | None = None
    into: tuple[str, ...] | None = None
    mode: ExistingMode | None = None
    reshape: Reshape | None = None
    exists: bool = True
    bytes: int | None = None
    rows: int | None = None
    parallel: int | None = None
    single: bool = True
    scratch: str | None = None
    instructions: ProcessingInstructions = field(default_factory=ProcessingInstructions)


class FileNames(Protocol):
    """How the names of the files begin that a server writes for one move alone.

    What a killed move leaves is known by that again, and nobody else's files are.
    """

    @property
    def beginning(self) -> str:
        """How they should begin, where the server can be told."""
        ...

    def claim(self, beginning: str) -> None:
        """Note how they begin instead, as soon as that is known."""
        ...


@frozen
class UnloadJob:
    """What an unloader is to do: these rows, in this form.

    Where that is files in a store, they go directly below the folder that the form names, which is
    empty, and ``stores`` tells of them. ``names`` says how to name them where they are to stay.
    ``single`` says that they are to be one file in the end, for which several streams would have to
    be joined.
    """

    database: Database
    selection: Selection
    form: Form
    schema: RecordsSchema | None = None
    instructions: ProcessingInstructions = field(default_factory=ProcessingInstructions)
    meter: Meter = field(default_factory=Meter)
    cancellation: Cancellation = field(default_factory=Cancellation)
    parallel: int | None = None
    single: bool = False
    stores: Stores | None = None
    names: FileNames | None = None


@frozen
class Reject:
    """A row that was left out: where it stands, why, and its own text.

    ``line`` is the line of ``source`` where the row begins. Where no source is named it is the
    row's number among those that the loader was given, and ``place`` says so in words.
    """

    source: str
    line: int | None
    column: str | None
    reason: str
    text: str
    place: str = ""

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}" if self.source else f"row {self.line}"
        place = self.place or place
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


@frozen
class LoadJob:
    """What a loader is to do: put the payload's rows into the landing table.

    ``columns`` are the table's column names in the order in which values come. ``proof`` asks a
    loader whose server fetches the rows to say what they amount to as well. ``rejects`` takes the
    rows that do not fit; without it the first of them ends the move. ``stores`` are for a loader
    whose server reads files of a store. ``lossy`` are the columns that may lose something, and
    ``fitted`` those whose type was found from every row, so that no digit or hour can be lost.
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
    stores: Stores | None = None
    lossy: tuple[str, ...] = ()
    fitted: tuple[str, ...] = ()


@frozen
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
