"""Tables as sources and targets."""

from __future__ import annotations

from dataclasses import field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from records_mover.db import match_columns
from records_mover.errors import MoverError, NotFoundError, UsageError
from records_mover.frozen import frozen
from records_mover.parts import (
    Database,
    ExistingMode,
    Form,
    PublishRequest,
    Reshaping,
    Selection,
    TableInfo,
    TableName,
)
from records_mover.records.ends.end import SourceEnd, TableSide, TargetEnd
from records_mover.records.ends.reshape import reshaped
from records_mover.utils.words import meant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Engine

    from records_mover.parts import Reshape
    from records_mover.records.context import Context
    from records_mover.records.options import MoveOptions

__all__ = ["TableSource", "TableTarget"]


@frozen
class TableSource:
    """A table, some of its columns, or a query's result."""

    database: str | Engine = field(repr=False)
    table: TableName | None = None
    query: str | None = None
    columns: tuple[str, ...] | None = None

    def repeatable(self, context: Context) -> bool:
        """Say that it can be read more than once."""
        del context
        return True

    def inspect(self, context: Context, options: MoveOptions) -> SourceEnd:
        """Look up the table's columns and size, or the query's columns."""
        options.refuse(("format", "variant", "hints", "schema"), "a table or query to read")
        _check_there(self.database)
        database = _open(self.database, context)
        query = self.query or options.query
        if self.query is not None:
            options.refuse(("query",), "a source that is a query itself")
        _check_what(query, self.table)
        if query is not None:
            options.refuse(("columns",), "a query, which names its own")
            return self._query_end(database, query, context)
        return self._table_end(database, cast(TableName, self.table), context, options)

    def _table_end(
        self, database: Database, table: TableName, context: Context, options: MoveOptions
    ) -> SourceEnd:
        info = database.inspect(table)
        if info is None:
            title = _title(database, Selection(table=table))
            near = meant(table.name, _neighbours(database, table))
            raise NotFoundError(f"there is no table {title!r}{near}", "check its name")
        wanted = self.columns or options.columns
        if wanted is None:
            columns = tuple(column.name for column in info.columns)
            selection = Selection(table=info.name)
            if not columns:
                what = f"the table {_title(database, selection)!r} has no columns"
                raise UsageError(what, "there is nothing in it that could be moved")
        else:
            columns = _known(wanted, info)
            selection = Selection(table=info.name, columns=columns)
        return _end(database, selection, context, info=info, columns=columns)

    def _query_end(self, database: Database, query: str, context: Context) -> SourceEnd:
        selection = Selection(query=query)
        columns = tuple(database.schema_of(selection).names)
        return _end(database, selection, context, info=None, columns=columns)


def _end(
    database: Database,
    selection: Selection,
    context: Context,
    *,
    info: TableInfo | None,
    columns: tuple[str, ...],
) -> SourceEnd:
    side = TableSide(
        database=database,
        selection=selection,
        info=info,
        unloaders=context.plugins.unloaders(database.dialect),
    )
    schema = cache(partial(database.schema_of, selection))
    return SourceEnd(
        title=_title(database, selection),
        form=Form(kind="table", place=f"{database.identity()}::{selection}"),
        schema=schema,
        declared=schema,
        columns=columns,
        table=side,
        typed=True,
        rows=info.rows if info else None,
        bytes=None,
        remedy=_remedy(context, database),
    )


def _check_there(database: str | Engine) -> None:
    """Refuse a file of a database that is not there: to open it would make it."""
    if isinstance(database, str) and database.startswith("sqlite"):
        from records_mover.db.sqlite import check_file

        check_file(database)


def _check_what(query: str | None, table: TableName | None) -> None:
    if query is not None and table is not None:
        raise UsageError(
            "a database source takes a table or a query, not both", "write DATABASE:: with --query"
        )
    if query is None and table is None:
        raise UsageError(
            "the source names no table", "write DATABASE::TABLE, or DATABASE:: with --query"
        )
    if query is not None and not query.strip():
        raise UsageError("the query is empty", "write a SELECT")


def _neighbours(database: Database, table: TableName) -> Sequence[str]:
    """Return the names of the tables beside one that is not there, where they can be listed."""
    from records_mover.db import SqlDatabase

    if not isinstance(database, SqlDatabase):
        return ()
    try:
        return database.table_names(table.schema)
    except (MoverError, NotImplementedError):  # then the error is told without a suggestion
        return ()


@frozen
class TableTarget:
    """A table that rows go into; made from the records schema when it is not there.

    ``recreate_on_error`` makes it anew where it does not take the rows, if they can be read again.
    """

    database: str | Engine = field(repr=False)
    table: TableName
    if_exists: str = "append"
    recreate_on_error: bool = False
    user_grants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    group_grants: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def inspect(self, context: Context, options: MoveOptions, source: SourceEnd) -> TargetEnd:
        """Look up the table, and match the source's columns to its own by name."""
        of_files = ("target_format", "target_variant", "target_hints")
        options.refuse((*of_files, "rows_per_file", "bytes_per_file"), "a table to write")
        database = _open(self.database, context)
        info = database.inspect(self.table)
        mode = options.if_exists or self.if_exists
        request = PublishRequest(
            table=info.name if info else self.table,
            mode=cast(ExistingMode, mode),
            info=info,
            key=options.key,
            user_grants=options.user_grants or self.user_grants,
            group_grants=options.group_grants or self.group_grants,
        )
        columns: tuple[str, ...] | None = None
        reshape: Reshape | None = None
        leaves_out: tuple[str, ...] = ()
        if info is not None and mode != "drop":
            _writable(info)
            leaves_out = _computed_twice(source, info)
            source = source.without(leaves_out)
            if source.columns is not None and mode == "replace" and isinstance(database, Reshaping):
                columns, reshape = reshaped(database, info, source, database.column_name)
            elif source.columns is not None:
                columns = match_columns(source.columns, info, stored=database.column_name)
            else:
                columns = tuple(column.name for column in info.writable_columns)
        end = self._end(
            context, database, replace(request, columns=columns, reshape=reshape), columns
        )
        return replace(end, leaves_out=leaves_out)

    def _end(
        self,
        context: Context,
        database: Database,
        request: PublishRequest,
        columns: tuple[str, ...] | None,
    ) -> TargetEnd:
        side = TableSide(
            database=database,
            selection=Selection(table=request.table),
            info=request.info,
            loaders=context.plugins.loaders(database.dialect),
            publish=request,
        )
        return TargetEnd(
            title=_title(database, side.selection),
            form=Form(kind="table", place=f"{database.identity()}::{request.table} (target)"),
            table=side,
            columns=columns,
            notes=(database.explain_publish(request),),
            remedy=_remedy(context, database),
        )


def _computed_twice(source: SourceEnd, info: TableInfo) -> tuple[str, ...]:
    """Return the columns that both tables compute; those that were asked for by name are not."""
    side = source.table
    if side is None or side.info is None or side.selection.columns is not None:
        return ()
    there = {column.name for column in info.columns if column.generated}
    return tuple(
        column.name for column in side.info.columns if column.generated and column.name in there
    )


def _writable(info: TableInfo) -> None:
    if info.kind == "view":
        raise UsageError(f"{str(info.name)!r} is a view", "name the table that it reads")


def _known(wanted: Sequence[str], info: TableInfo) -> tuple[str, ...]:
    there = {column.name for column in info.columns}
    unknown = [name for name in wanted if name not in there]
    if unknown:
        raise UsageError(
            f"{str(info.name)!r} has no column {unknown[0]!r}",
            f"it has {', '.join(column.name for column in info.columns)}",
        )
    return tuple(wanted)


def _title(database: Database, selection: Selection) -> str:
    """Name a table as an endpoint string would, without user and password."""
    url = database.engine.url
    host = f"[{url.host}]" if ":" in (url.host or "") else url.host or ""
    port = f":{url.port}" if url.port is not None else ""
    name = f"/{quote(url.database, safe=' +/')}" if url.database is not None else ""
    return f"{database.dialect}://{host}{port}{name}::{selection}"


def _open(database: str | Engine, context: Context) -> Database:
    return context.database(database)


def _remedy(context: Context, database: Database) -> str:
    owned = {dialect for kind in context.plugins.databases for dialect in kind.dialects}
    if database.dialect in owned:
        return ""
    return context.plugins.remedy("dialects", database.dialect)
