"""What SYS_QUERY_HISTORY says of a COPY or an UNLOAD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from redshift_server.backend import literal

if TYPE_CHECKING:
    from redshift_server.session import Session

__all__ = ["finish", "started"]


def started(session: Session, kind: str, text: str) -> tuple[Session, int]:
    """Note that a query runs; its text is without credentials, as Redshift masks them."""
    query = session.last_query_id
    pid = int.from_bytes(session.key[:4], "big")
    facts = [query, pid, session.config.database, kind, "running"]
    session.server.admin(
        "INSERT INTO rs_catalog.query_history (user_id, query_id, session_id, database_name,"
        " query_type, status, start_time, returned_rows, query_text) SELECT oid,"
        f" {', '.join(map(literal, facts))}, now() AT TIME ZONE 'UTC', 0, {literal(text[:4000])}"
        f" FROM pg_catalog.pg_roles WHERE rolname = {literal(session.user)}"
    )
    return session, query


def finish(begun: tuple[Session, int], *, rows: int = 0, error: str = "") -> None:
    """Note how a query ended."""
    session, query = begun
    status = "failed" if error else "success"
    session.server.admin(
        f"UPDATE rs_catalog.query_history SET status = {literal(status)}, returned_rows = {rows},"
        f" error_message = {literal(error[:512])}, end_time = now() AT TIME ZONE 'UTC'"
        f" WHERE query_id = {query}"
    )
