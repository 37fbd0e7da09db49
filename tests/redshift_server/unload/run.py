"""A whole UNLOAD: the query, the slices, the objects, the manifest written last."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from redshift_server.backend import literal
from redshift_server.errors import RedshiftError
from redshift_server.history import finish, started
from redshift_server.lexer import tokens
from redshift_server.rewrite import rewrite
from redshift_server.store import open_store
from redshift_server.unload.fields import Field, fields_of
from redshift_server.unload.files import File, pieces
from redshift_server.unload.manifest import manifest
from redshift_server.unload.partitions import partition_path, partition_places

if TYPE_CHECKING:
    from redshift_server.backend import Rows
    from redshift_server.grammar.unload import UnloadStatement
    from redshift_server.session import Session
    from redshift_server.store import Store

__all__ = ["run_unload"]

_TAKEN = (
    "Specified unload destination on S3 is not empty. Consider using a different bucket / prefix,"
    " manually removing the target files in S3, or using the ALLOWOVERWRITE option."
)


def run_unload(statement: UnloadStatement, session: Session) -> str:
    """Unload, and return the command tag."""
    begun = started(session, "UNLOAD", statement.query)
    try:
        found = _query(statement, session)
        fields = fields_of(found.columns, session)
        store = open_store(session.config, statement.access, statement.text("region"))
        files = _files(statement, session, found, fields)
        _make_room(statement, store, files)
        session.check_cancel()
        for file in files:
            store.write(file.url, file.data, **_encryption(statement))
        if statement.manifest:
            data = manifest(statement, fields, files)
            store.write(_manifest_url(statement), data)
    except RedshiftError as error:
        finish(begun, error=error.message)
        raise
    _tell(session, files, len(found.rows))
    finish(begun, rows=len(found.rows))
    return "UNLOAD"


def _query(statement: UnloadStatement, session: Session) -> Rows:
    from redshift_server.views import expanded

    parts = tokens(statement.query.strip().rstrip(";"))
    return session.backend.query(expanded(rewrite(parts, session), session))


def _prefix(statement: UnloadStatement) -> str:
    slash = "/" if statement.partition and not statement.target.endswith("/") else ""
    return statement.target + slash


def _manifest_url(statement: UnloadStatement) -> str:
    return _prefix(statement) + "manifest"


def _files(
    statement: UnloadStatement, session: Session, found: Rows, fields: list[Field]
) -> list[File]:
    """Deal the rows out to slices, and make the files of each partition and slice."""
    parallel = statement.options.get("parallel", True)
    slices = session.config.slices if parallel else 1
    keys = partition_places(statement, fields)
    dealt: dict[tuple[str, int], list[list[bytes | None]]] = defaultdict(list)
    if not keys and statement.format in ("delimited", "csv"):
        dealt.update({("", number): [] for number in range(slices)})  # a file even without rows
    for place, row in enumerate(found.rows):
        path = partition_path(row, fields, keys)
        dealt[path, place % slices].append(row)
    places = [p for p in range(len(fields)) if statement.include or p not in keys]
    kept = [fields[p] for p in places]
    made = list[File]()
    for (path, number), rows in sorted(dealt.items()):
        inside = [[row[p] for p in places] for row in rows]
        base = f"{_prefix(statement)}{path}" + (f"{number:04}_part_" if parallel else "")
        made += pieces(statement, kept, inside, base, number, 2 if parallel else 3)
    return made


def _make_room(statement: UnloadStatement, store: Store, files: list[File]) -> None:
    urls = [file.url for file in files]
    urls += [_manifest_url(statement)] if statement.manifest else []
    if statement.flag("cleanpath"):
        prefixes = {url.rsplit("/", 1)[0] + "/" for url in urls} if statement.partition else None
        for prefix in prefixes or {statement.target}:
            for url, _ in list(store.listed(prefix)):
                store.delete(url)
    elif not statement.flag("allowoverwrite"):
        there = {url for url, _ in store.listed(statement.target)}
        if there & set(urls):
            raise RedshiftError(_TAKEN)


def _encryption(statement: UnloadStatement) -> dict[str, str]:
    key = statement.text("kms_key_id")
    if not statement.flag("encrypted") or not key:
        return {}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}


def _tell(session: Session, files: list[File], rows: int) -> None:
    session.last_unload_count = rows
    session.last_unload_id = session.last_query_id
    session.notice(f"UNLOAD completed, {rows} record(s) unloaded successfully.")
    pid = int.from_bytes(session.key[:4], "big")
    user = f"(SELECT oid::int FROM pg_roles WHERE rolname = {literal(session.user)})"
    lines = [
        f"({user}, {session.last_query_id}, {file.slice}, {pid}, {literal(file.url)},"
        f" {file.records}, {len(file.data)}, {literal(file.format)})"
        for file in files
    ]
    if lines:
        session.server.admin(
            "INSERT INTO rs_catalog.unload_log (userid, query, slice, pid, path, line_count,"
            f" transfer_size, file_format) VALUES {', '.join(lines)}"
        )
