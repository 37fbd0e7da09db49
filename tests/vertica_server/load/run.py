"""COPY from its first message to its last."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from standins.wire import data_row
from vertica_server.actions import Action, Local, Result
from vertica_server.ddl import projections
from vertica_server.ddl.record import relation
from vertica_server.errors import VerticaError
from vertica_server.grammar.copy import parse_copy
from vertica_server.grammar.types import plain
from vertica_server.load import client
from vertica_server.load.columns import Targets, targets
from vertica_server.load.convert import converter
from vertica_server.load.parsers import parser_of
from vertica_server.load.record import Problem
from vertica_server.load.rejects import Reject, Rejects
from vertica_server.load.source import expanded, opened, unpacked
from vertica_server.sql.names import literal, quoted
from vertica_server.sql.rewrite import rewrite
from vertica_server.wire.results import Field

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from vertica_server.grammar.copy import CopyStatement
    from vertica_server.load.record import Record
    from vertica_server.session import Session
    from vertica_server.sql.cursor import Cursor

    Parse = Callable[[Iterable[bytes]], Iterator[Record]]

__all__ = ["plan_copy"]

ROWS = Field(name="Rows Loaded", type=plain("int"))
_BLOCK = 1 << 16


def plan_copy(cursor: Cursor, session: Session) -> Action:
    """Return what a COPY does; it opens and ends its transaction by itself."""
    statement = parse_copy(cursor)
    shown = (ROWS,) if not statement.is_stdin or statement.is_local else ()
    return Local(run=lambda: _Copy(statement, session).run(), controls=True, fields=shown)


class _Copy:
    def __init__(self, statement: CopyStatement, session: Session) -> None:
        self.statement = statement
        self.session = session
        self.rejects = Rejects(statement, session)
        self.oid = 0
        self.what: Targets
        self.convert: list[Callable[[bytes], bytes]] = []
        self.batch = 0
        self.is_stopping = False
        """A record too many was rejected: the client is heard out before it is told."""

    def run(self) -> Result:
        session = self.session
        started = time.monotonic()
        session.begin()
        session.engine.save()
        session.accepted = session.rejected = 0
        try:
            loaded = self._load()
        except BaseException:
            session.engine.back()
            session.engine.release()
            self._after_failure()
            raise
        session.engine.release()
        session.accepted, session.rejected = loaded, len(self.rejects.all)
        self._note(loaded, time.monotonic() - started)
        if not self.statement.options.no_commit and not self._is_temporary():
            session.commit()
            session.server.facts.forget()
        return self._result(loaded)

    def _after_failure(self) -> None:
        """A COPY that fails undoes its rows alone; NO COMMIT leaves the transaction open."""
        if not self.statement.options.no_commit and self.session.settings.autocommit:
            self.session.commit()

    def _load(self) -> int:
        session, statement = self.session, self.statement
        self.oid = relation(session, statement.table, kinds="r")
        self.what = targets(statement, self.oid, session)
        self._prepare()
        parse = parser_of(statement, self.what.inputs)
        table = str(session.engine.texts(f"SELECT {self.oid}::regclass::text")[0][0])
        projections.ensure(self.oid, session)
        into = table if self.what.is_direct else self._stage()
        names = ", ".join(quoted(one.name) for one in self.what.inputs)
        sql = f"COPY {into} ({names}) FROM STDIN"
        blocks = self._blocks(self._files(), parse)
        first = next(blocks, None)
        loaded = session.engine.copy(sql, _chained(first, blocks))
        if not self.what.is_direct:
            loaded = self._computed(table)
        self.rejects.to_table()
        if not statement.is_local:
            self.rejects.to_server()
        return loaded

    def _prepare(self) -> None:
        whole = self.statement.options.enforce_length
        self.convert = [
            converter(
                one.type,
                place,
                one.name,
                self.session.server,
                enforce=whole or one.options.enforce_length,
                pattern=one.options.format or "",
                collection=self.statement.options.collection,
            )
            for place, one in enumerate(self.what.inputs, 1)
        ]

    def _files(self) -> Generator[tuple[str, Iterable[bytes]]]:
        """Yield each file's name and its octets; files of the client are asked for in turn."""
        statement, session = self.statement, self.session
        if statement.is_local:
            yield from self._local_files()
        elif statement.is_stdin:
            self.batch = 1
            chunks = client.standard_input(session)
            yield "STDIN (Batch No. 1)", unpacked(chunks, statement.sources[0].codec)
        else:
            may_miss = statement.arguments.get("allow_no_match", "").lower() in ("true", "1", "t")
            for source in statement.sources:
                for path in expanded(source, session, may_miss=may_miss):
                    self.batch += 1
                    yield path, unpacked(opened(path, session), source.codec)

    def _local_files(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        statement, session, said = self.statement, self.session, self.statement.options
        session.describe([ROWS])
        paths = [] if statement.is_stdin else [source.path for source in statement.sources]
        # With a table for the rejects the client has nothing to write.
        found = client.ask_files(session, paths, said.rejected_data or "", said.exceptions or "")
        codecs = {source.path: source.codec for source in statement.sources}
        codec = statement.sources[0].codec
        if statement.is_stdin:
            self.batch = 1
            session.client.send(b"G\0\0\0\x07\0\0\0")
            yield from self._batch("STDIN (Batch No. 1)", client.batch(session), codec)
            return
        for name, _ in found:
            self.batch += 1
            chunks = client.load_file(session, name)
            yield from self._batch(name, chunks, codecs.get(name, codec))
        client.end_files(session)

    def _batch(
        self, name: str, chunks: Iterator[bytes], codec: str
    ) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Take one batch of the client; a failure is told when it has sent it all."""
        done = False
        try:
            yield name, unpacked(chunks, codec)
            done = True
        finally:
            if done or self.is_stopping:
                for _ in chunks:
                    pass
                self.rejects.to_client(name)
                client.end_batch(self.session)
                if self.statement.is_stdin:
                    self._finish()

    def _finish(self) -> None:
        """After standard input the client says by itself that nothing more comes."""
        tag, _ = self.session.client.read()
        if tag != b"c":
            raise VerticaError(
                f"Unexpected message {tag!r} during COPY", sqlstate="08P01", code=5167
            )

    def _blocks(
        self, files: Generator[tuple[str, Iterable[bytes]]], parse: Parse
    ) -> Iterator[bytes]:
        """Yield rows for the PostgreSQL behind, many at a time."""
        block = bytearray()
        for name, chunks in files:
            try:
                yield from self._file(name, parse(chunks), block)
            except VerticaError as error:
                if self.statement.is_local and error.sqlstate == "22V04":
                    self.is_stopping = True
                    files.close()
                raise
        if block:
            yield bytes(block)

    def _file(self, name: str, records: Iterator[Record], block: bytearray) -> Iterator[bytes]:
        for row, record in enumerate(records, 1):
            problem = record.problem
            if not problem:
                try:
                    block += self._line(record.fields)
                except Problem as found:
                    problem = str(found)
            if problem:
                self.rejects.add(
                    Reject(file=name, batch=self.batch, row=row, raw=record.raw, reason=problem)
                )
            if len(block) > _BLOCK:
                yield bytes(block)
                block.clear()

    def _line(self, fields: list[bytes | None]) -> bytes:
        words = list[bytes]()
        for value, convert, one in zip(fields, self.convert, self.what.inputs, strict=True):
            if value is None:
                if one.not_null:
                    raise Problem(f"NULL value in NOT NULL column {len(words) + 1} ({one.name})")
                words.append(b"\\N")
            else:
                words.append(convert(value))
        return b"\t".join(words) + b"\n"

    def _stage(self) -> str:
        """A table for the fields as they are read, where some are computed or left out."""
        columns = ", ".join(f"{quoted(one.name)} {one.type.pg}" for one in self.what.inputs)
        self.session.engine.run("DROP TABLE IF EXISTS pg_temp.vertica_copy")
        self.session.engine.run(f"CREATE TEMP TABLE vertica_copy ({columns}) ON COMMIT DROP")
        return "pg_temp.vertica_copy"

    def _computed(self, table: str) -> int:
        """Fill the table; an error here ends the load (CopyFaultTolerantExpressions is off)."""
        direct = [one.name for one in self.what.inputs if not one.is_filler]
        names = [quoted(name) for name in [*direct, *(name for name, _ in self.what.computed)]]
        values = [quoted(name) for name in direct]
        values += [rewrite(said, self.session.functions) for _, said in self.what.computed]
        done = self.session.engine.run(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"
            " FROM pg_temp.vertica_copy"
        )
        self.session.engine.run("DROP TABLE pg_temp.vertica_copy")
        return done

    def _is_temporary(self) -> bool:
        said = f"SELECT relpersistence FROM pg_class WHERE oid = {self.oid}"
        return self.session.engine.texts(said)[0][0] == "t"

    def _note(self, loaded: int, seconds: float) -> None:
        """LOAD_STREAMS tells of the load."""
        session, said = self.session, self.statement.options
        session.server.admin(
            "INSERT INTO v_internal.load_facts VALUES ("
            f"{literal(session.session_id)}, {session.number}, 1,"
            f" {literal(said.stream_name or '')},"
            f" {literal(self.statement.table.schema or 'public')}, {self.oid},"
            f" {literal(self.statement.table.table)}, now()::text, {int(seconds * 1000)}, false,"
            f" {loaded}, {len(self.rejects.all)}, 0, 0)"
        )

    def _result(self, loaded: int) -> Result:
        if self.statement.is_stdin and not self.statement.is_local:
            return Result(tag="COPY")
        body = data_row([str(loaded).encode()])[5:]
        return Result(
            tag="COPY", fields=[ROWS], bodies=[body], is_described=self.statement.is_local
        )


def _chained(first: bytes | None, blocks: Iterator[bytes]) -> Iterator[bytes]:
    if first is not None:
        yield first
        yield from blocks
