"""A whole COPY: credentials, objects, rows, the tables that tell of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from redshift_server.backend import literal
from redshift_server.errors import RedshiftError
from redshift_server.grammar.cursor import quoted, spelled
from redshift_server.history import finish, started
from redshift_server.load.columns import table_columns
from redshift_server.load.errors import Rejects
from redshift_server.load.rows import Loader
from redshift_server.load.source import sources
from redshift_server.store import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.source import Source
    from redshift_server.session import Session

__all__ = ["run_copy"]


def run_copy(statement: CopyStatement, session: Session) -> str:
    """Load, and return the command tag, which carries no count."""
    begun = started(session, "COPY", f"COPY {spelled(statement.table)}")
    rejects: Rejects | None = None
    try:
        columns = table_columns(statement, session)
        store = open_store(session.config, statement.access, statement.text("region"))
        found = sources(statement, store)
        rejects = _rejects(statement, session)
        session.last_copy_count = 0
        session.last_copy_id = session.last_query_id
        loader = Loader(statement, session, store, columns, rejects)
        session.atomic(lambda: _insert(loader, statement, session, found))
    except RedshiftError as error:
        if rejects is not None:
            rejects.write()
        finish(begun, error=error.message)
        raise
    rejects.write()
    _tell(statement, session, loader, rejects)
    finish(begun, rows=loader.loaded)
    return "COPY"


def _rejects(statement: CopyStatement, session: Session) -> Rejects:
    limit = max(1, statement.count("maxerror"))
    name = spelled(statement.table)
    oid = session.backend.query(f"SELECT {literal(name)}::regclass::oid").one()
    return Rejects(
        session=session,
        query=session.last_query_id,
        table=int(oid or 0),
        table_name=statement.table[1],
        limit=math.inf if statement.flag("ignoreallerrors") else limit,
    )


def _insert(
    loader: Loader, statement: CopyStatement, session: Session, found: Sequence[Source]
) -> None:
    if statement.flag("noload"):
        for _ in loader.chunks(found):
            pass
        return
    names = ", ".join(quoted(column.name) for column in loader.columns)
    session.backend.copy_in(
        f"COPY {spelled(statement.table)} ({names}) FROM STDIN", list(loader.chunks(found))
    )


def _tell(statement: CopyStatement, session: Session, loader: Loader, rejects: Rejects) -> None:
    table = statement.table[1]
    if statement.flag("noload"):
        session.notice(f"Load into table '{table}' completed, NOLOAD: nothing was loaded.")
        return
    session.last_copy_count = loader.loaded
    if rejects.count:
        session.notice(
            f"Load into table '{table}' completed, {rejects.count} record(s) could not be loaded."
            "  Check 'stl_load_errors' system table for details."
        )
    session.notice(
        f"Load into table '{table}' completed, {loader.loaded} record(s) loaded successfully."
    )
    if loader.commits:
        session.server.admin(
            "INSERT INTO rs_catalog.load_commits (userid, query, slice, name, filename,"
            f" lines_scanned, errors, status, file_format) VALUES {', '.join(loader.commits)}"
        )
