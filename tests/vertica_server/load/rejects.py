"""What becomes of rejected rows: files of the client or the server, a table, or an error."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vertica_server.errors import VerticaError, rejected
from vertica_server.load.client import write_file

if TYPE_CHECKING:
    from vertica_server.grammar.copy import CopyStatement
    from vertica_server.session import Session

__all__ = ["Reject", "Rejects"]

_TABLE = (
    "(node_name varchar(128), file_name varchar(2048), session_id varchar(128),"
    " transaction_id bigint, statement_id bigint, batch_number bigint, row_number bigint,"
    " rejected_data v_internal.long_varchar(131072), rejected_data_orig_length bigint,"
    " rejected_reason varchar(2048))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A rejected record: where it stood, and why."""

    file: str
    batch: int
    row: int
    raw: bytes
    reason: str


@dataclass(slots=True)
class Rejects:
    """The rejected rows of one COPY."""

    statement: CopyStatement
    session: Session
    all: list[Reject] = field(default_factory=list)

    def add(self, reject: Reject) -> None:
        """Take one more; it may be the one too many."""
        said = self.statement.options
        self.all.append(reject)
        self.session.rejected = len(self.all)
        if said.abort_on_error:
            raise rejected(reject.row, reject.reason)
        if said.reject_max and len(self.all) >= said.reject_max + self._grace():
            raise VerticaError(
                f"COPY: Too many rejected records: {len(self.all)} rejected, REJECTMAX is"
                f" {said.reject_max} ({reject.reason})",
                sqlstate="22V04", code=2735,
            )  # fmt: skip

    def _grace(self) -> int:
        """The manual does not tell whether REJECTMAX rows may be rejected, or one less."""
        return 0 if self.session.config.reject_max_fails_at_limit else 1

    def to_client(self, file: str) -> None:
        """Send what was rejected of one of the client's files."""
        said = self.statement.options
        mine = [one for one in self.all if one.file == file]
        if not mine:
            return
        if said.rejected_data:
            write_file(self.session, said.rejected_data, self._data(mine))
        if said.exceptions:
            write_file(self.session, said.exceptions, self._reasons(mine))
        if said.return_rejected:
            rows = b"".join(struct.pack("<Q", one.row) for one in mine)
            write_file(self.session, "", rows)

    def to_server(self) -> None:
        """Write the files of the server."""
        said = self.statement.options
        for path, data in (
            (said.rejected_data, self._data(self.all)),
            (said.exceptions, self._reasons(self.all)),
        ):
            if path and self.all:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).write_bytes(data)

    def _data(self, some: list[Reject]) -> bytes:
        end = (self.statement.options.record_terminator or "\n").encode()
        return b"".join(one.raw + end for one in some)

    def _reasons(self, some: list[Reject]) -> bytes:
        path = self.statement.options.rejected_data or "the rejected data file"
        lines = [
            f"COPY: Input record {one.row} in {one.file} has been rejected ({one.reason}).  Please"
            f" see {path}, record {number} for the rejected record.\n"
            for number, one in enumerate(some, 1)
        ]
        return "".join(lines).encode("utf-8", "surrogateescape")

    def to_table(self) -> None:
        """Fill the table of REJECTED DATA AS TABLE, which is made if it is not there."""
        from vertica_server.sql.names import literal

        name = self.statement.options.rejected_table
        if name is None:
            return
        where = self._table(temporary=self.statement.options.no_commit)
        session = self.session
        for one in self.all:
            data = one.raw.replace(b"\0", b"").decode("utf-8", "surrogateescape")
            session.engine.run(
                f"INSERT INTO {where} VALUES ('v_{session.config.database}_node0001',"
                f" {literal(one.file)}, {literal(session.session_id)}, {session.number}, 1,"
                f" {one.batch}, {one.row}, {literal(data)}, {len(one.raw)}, {literal(one.reason)})"
            )

    def _table(self, *, temporary: bool) -> str:
        from vertica_server.ddl.create import place_of
        from vertica_server.ddl.record import learn_columns, write_table
        from vertica_server.sql.names import literal, spelled

        name, engine = self.statement.options.rejected_table, self.session.engine
        assert name is not None
        found = engine.texts(f"SELECT to_regclass({literal(spelled(name))})::text")[0][0]
        if found is not None:
            return str(found)
        where = place_of(name, self.session, temporary=temporary)
        word = "TEMP TABLE" if temporary else "TABLE"
        engine.run(f"CREATE {word} {where} {_TABLE}")
        oid = int(engine.texts(f"SELECT {literal(where)}::regclass::oid")[0][0] or 0)
        write_table(self.session, oid, name.table, is_temp=temporary)
        learn_columns(self.session, oid, {})
        return where
