"""S3EXPORT, the function of the AWS library: delimited text in chunks, a row for each object."""

from __future__ import annotations

import bz2
from typing import TYPE_CHECKING

from standins.wire import data_row
from vertica_server.actions import Action, Local, Result
from vertica_server.grammar.export import parse_s3export
from vertica_server.grammar.types import plain, sized
from vertica_server.sql.cursor import Cursor
from vertica_server.store import from_library
from vertica_server.unload.query import ask
from vertica_server.unload.text import TextForm
from vertica_server.wire.results import Field

if TYPE_CHECKING:
    from standins.lexer import Token
    from vertica_server.session import Session

__all__ = ["plan_s3export"]

_FIELDS = (Field(name="rows", type=plain("int")), Field(name="url", type=sized("varchar", 8000)))


def plan_s3export(meaning: list[Token], session: Session) -> Action:
    """Return what SELECT S3EXPORT(...) does."""
    made = parse_s3export(Cursor(meaning))
    said = made.said

    def run() -> Result:
        store = from_library(session)
        form = TextForm(
            delimiter=said["delimiter"].encode(),
            terminator=said["record_terminator"].encode(),
            enclosed_by=said["enclosed_by"].encode(),
            escape=said["escape_as"].encode(),
            null=said["null_as"].encode(),
        )
        stem, dot, end = said["url"].rpartition(".")
        if not dot or "/" in end:
            stem, end = said["url"], ""
        bodies = list[bytes]()
        chunk, rows, limit = bytearray(), 0, int(said["chunksize"])

        def put() -> None:
            mark = f"{session.number:08x}.{len(bodies)}"
            url = f"{stem}.{mark}.{end}" if end else f"{stem}.{mark}"
            packed = said["compression"].lower() == "bzip"
            store.write(
                url + (".bz2" if packed else ""), bz2.compress(chunk) if packed else bytes(chunk)
            )
            bodies.append(data_row([str(rows).encode(), url.encode()])[5:])

        for row in ask(made.query, session).rows:
            chunk += form.line(row)
            rows += 1
            if len(chunk) >= limit:
                put()
                chunk, rows = bytearray(), 0
        if chunk:
            put()
        return Result(tag="SELECT", fields=list(_FIELDS), bodies=bodies)

    return Local(run=run, fields=_FIELDS)
