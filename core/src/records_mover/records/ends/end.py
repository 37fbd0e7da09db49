"""The two ends of a move after inspection: what is there, and what it can give or take."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Protocol

from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from records_mover.formats.sniff import Finding
    from records_mover.parts import (
        Ask,
        Batches,
        Database,
        Form,
        Loader,
        Offer,
        Payload,
        PublishRequest,
        Refusal,
        Selection,
        TableInfo,
        Unloader,
    )
    from records_mover.records.context import Context
    from records_mover.records.options import MoveOptions
    from records_mover.schema import RecordsSchema

__all__ = ["RecordsSource", "RecordsTarget", "SourceEnd", "TableSide", "TargetEnd"]


@frozen
class TableSide:
    """What an end has when it is a table or a query of a database."""

    database: Database
    selection: Selection
    info: TableInfo | None = None
    unloaders: tuple[Unloader, ...] = ()
    loaders: tuple[Loader, ...] = ()
    publish: PublishRequest | None = None


def _undeclared() -> None:
    return None


@frozen
class SourceEnd:
    """A source that has been looked at, and from which nothing was moved yet.

    ``remedy`` is what to install when no route is found; ``single`` that it is one file;
    ``rereadable`` that its files may be opened again, which those of a pipe may not;
    ``types_given`` that the caller said which types its columns have: other values are errors.
    ``payload`` opens what is not a table. ``columns`` are the names in order, None where the rows
    carry no names. ``schema`` may read the whole source, so it is asked only when it is needed;
    ``declared`` is the schema where the source itself says its types, and None where rows tell.
    ``typed`` says that asking for the schema reads no rows. ``findings`` are what was found out of
    how a file is written.
    """

    title: str
    form: Form
    schema: Callable[[], RecordsSchema]
    columns: tuple[str, ...] | None = None
    payload: Callable[[], AbstractContextManager[Payload]] | None = None
    table: TableSide | None = None
    bytes: int | None = None
    rows: int | None = None
    notes: tuple[str, ...] = ()
    remedy: str = ""
    single: bool = True
    rereadable: bool = True
    declared: Callable[[], RecordsSchema | None] = _undeclared
    types_given: bool = False
    typed: bool = False
    findings: tuple[Finding, ...] = ()

    def without(self, names: tuple[str, ...]) -> SourceEnd:
        """Return the end of a table without some of its columns."""
        if not names or self.table is None or self.columns is None:
            return self
        columns = tuple(name for name in self.columns if name not in names)
        selection = replace(self.table.selection, columns=columns)
        side = replace(self.table, selection=selection)
        schema = cache(partial(side.database.schema_of, selection))
        return replace(self, columns=columns, table=side, schema=schema, declared=schema)


@frozen
class TargetEnd:
    """A target that has been looked at, and in which nothing was changed yet.

    ``columns`` are the names of an existing table's columns in the order of the source's.
    ``leaves_out`` are the source's columns that the target computes itself, as the source does.
    ``copies`` says that its store copies files without this process. ``collect`` takes the batches
    where they stay in this process.
    """

    title: str
    form: Form
    table: TableSide | None = None
    url: str | None = None
    copies: bool = False
    columns: tuple[str, ...] | None = None
    leaves_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    remedy: str = ""
    collect: Callable[[Batches], int] | None = None

    def loaded_by(self, sessions: int) -> TargetEnd:
        """Return the end as a loader of so many connections finds it."""
        if sessions < 2 or self.table is None or self.table.publish is None:
            return self
        request = replace(self.table.publish, sessions=sessions)
        side = replace(self.table, publish=request)
        return replace(self, table=side, notes=(side.database.explain_publish(request),))


class RecordsSource(Protocol):
    """Anything that rows can come from."""

    def inspect(self, context: Context, options: MoveOptions) -> SourceEnd:
        """Look at it without moving or changing anything."""
        ...


class RecordsTarget(Protocol):
    """Anything that rows can go to."""

    def inspect(self, context: Context, options: MoveOptions, source: SourceEnd) -> TargetEnd:
        """Look at it without changing anything."""
        ...


class Offering(Protocol):
    """A loader or an unloader, as far as planning goes."""

    @property
    def name(self) -> str: ...

    def offers(self, ask: Ask) -> Sequence[Offer | Refusal]:
        """Answer an ask."""
        ...
