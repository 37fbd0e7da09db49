"""Comparing rows that are read again at both ends, where no database can do it by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.errors import MoverError, VerifyError
from records_mover.parts import Batches, Fingerprinting, Keeping, Rereading, Selection
from records_mover.records.verify.again import (
    as_read,
    file_rows,
    keep_streams,
    source_rows,
    spelled_lists,
    target_as_read,
)
from records_mover.records.verify.comparable import Column, columns_of, comparable
from records_mover.utils import lazyprop
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from sqlalchemy import Connection

    from records_mover.formats.columns.checksum import Tally
    from records_mover.parts import Files, Landing, Loaded, Payload, PublishRequest, TableName
    from records_mover.records.route.plan import Plan
    from records_mover.records.steps.work import Work
    from records_mover.schema import RecordsSchema

__all__ = ["Streamed"]


class Streamed:
    """A checksum of each column, taken here of what was sent and of what has arrived.

    ``lossy`` are the columns that were allowed to lose something, which are left out. ``checked``
    says in a clause what was found to be equal, and is empty until then.
    """

    def __init__(
        self,
        plan: Plan,
        work: Callable[[], Work],
        schema: Callable[[], RecordsSchema],
        lossy: Callable[[], tuple[str, ...]],
        *,
        known: bool,
    ) -> None:
        self._plan, self._work = plan, work
        self._given, self._known = schema, known
        self._lossy = lossy
        self._read: Payload | None = None
        self._passed: Tally | None = None
        self._before: Tally | None = None
        self._landed: TableName | None = None
        self._counted: int | None = None
        self._request = plan.target.table.publish if plan.target.table is not None else None
        self.checked = ""

    # what was sent

    def watch(self, payload: Payload) -> Payload:
        """Sum up batches as they pass, and keep streams to read them again."""
        self._read = payload
        if not isinstance(payload, Batches):
            keep_streams(payload)
            return payload
        import pyarrow as pa

        self._passed = tally = self._tally()

        def passing() -> Iterator[pa.RecordBatch]:
            for batch in payload.reader:
                tally.add(self._comparable(batch, self._plan.source.title))
                yield batch

        reader = pa.RecordBatchReader.from_batches(payload.reader.schema, passing())
        return Batches(reader=reader, schema=payload.schema)

    def sent(self, loaded: Loaded, payload: Payload | None) -> None:
        """Learn how many rows arrived, which is all there is to compare where some were refused."""
        del payload
        refused = loaded.rejected or (rejects.count if (rejects := self._work().rejects) else 0)
        self._counted = loaded.rows if refused else None

    def _sent(self) -> Tally:
        if self._passed is not None:
            return self._passed
        if self._read is None:
            raise MoverError("nothing was sent that could be verified", "report this defect")
        with source_rows(self._plan, self._read, self._work(), self._schema) as rows:
            return self._summed(rows, self._plan.source.title)

    # what arrived

    def begin(self, landing: Landing, request: PublishRequest) -> None:
        """Sum up the rows that are there already, and stay."""
        self._landed, self._request = landing.table, request
        database = self._database
        if request.info is None:
            return
        # What the table is, is asked for by another connection, which a change of it keeps waiting.
        columns, _ = self._columns_there, self._columns
        if self._alone:
            return
        if isinstance(database, Fingerprinting):
            database.hold_still(landing.connection, request.table)
        selection = Selection(table=request.table, columns=columns)
        with database.reread(landing.connection, selection) as rows:
            self._before = self._summed(rows, str(request.table))

    def check(self, connection: Connection, table: TableName) -> None:
        """Raise ``VerifyError`` unless the table has grown by what was sent."""
        request, database = self._request, self._database
        selection = Selection(table=table, columns=self._columns_there)
        if request is not None and request.mode == "upsert" and request.info is not None:
            assert self._landed is not None, "the rows have landed"
            columns = self._columns_there
            selection = database.merged(self._landed, request.table, columns, request.key)
        with database.reread(connection, selection) as rows:
            there = self._summed(rows, str(table))
        self._compare(there if self._before is None else there.less(self._before))

    def prove(self, files: Files) -> None:
        """Raise ``VerifyError`` unless files that nobody can see yet hold what was sent."""
        with file_rows(files, self._work(), self._schema) as rows:
            self._compare(self._summed(rows, self._plan.target.title))

    # comparing

    def _compare(self, there: Tally) -> None:
        if self._counted is not None:
            _compare_rows(self._counted, there.rows)
            self.checked = "the count of rows alone, as some were left out"
            return
        sent = self._sent()
        _compare_rows(sent.rows, there.rows)
        differ: list[str] = []
        respelled: list[str] = []
        for at, column in enumerate(self._columns):
            if sent.values[at] != there.values[at]:
                differ.append(column.name)
            elif sent.sums[at] != there.sums[at]:
                (respelled if column.respelled else differ).append(column.name)
        if differ:
            raise VerifyError(
                f"the values that arrived are not those that were sent in {_listed(differ)}",
                "nothing was kept: see what the columns' types or triggers do to them",
            )
        self.checked = self._words(len(self._columns) - len(respelled), respelled)

    def _words(self, compared: int, respelled: list[str]) -> str:
        count = many(compared, "column")
        words = [f"the count of rows and a checksum of {count}, read again at both ends"]
        if respelled:
            words.append(f"in {_listed(respelled)}, spelled anew, only which values are NULL")
        if self._left_out:
            words.append(f"not {_listed(self._left_out)}, which may lose something")
        return "; ".join(words)

    def _summed(self, rows: Batches, title: str) -> Tally:
        tally, check = self._tally(), self._work().cancellation.check
        for batch in rows.reader:
            check()
            tally.add(self._comparable(batch, title))
        return tally

    def _tally(self) -> Tally:
        from records_mover.formats.columns.checksum import Tally

        return Tally(len(self._columns))

    def _comparable(self, batch: pa.RecordBatch, title: str) -> pa.RecordBatch:
        import pyarrow as pa

        names = self._schema.names
        if batch.num_columns != len(names):
            there, wanted = many(batch.num_columns, "column"), len(names)
            what = f"{title} has {there}, and {wanted} {'was' if wanted == 1 else 'were'} expected"
            raise VerifyError(what, "nothing was kept: its definition changed meanwhile")
        arrays = []
        for column in self._columns:
            array = batch.column(names.index(column.name))
            try:
                arrays.append(comparable(array, column))
            except pa.ArrowException as error:
                raise VerifyError(
                    f"a value of column {column.name!r} in {title} is no {column.type}: {error}",
                    "nothing was kept: leave the option 'verify' out, or use the same type",
                ) from error
        return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in self._columns])

    @lazyprop
    def _schema(self) -> RecordsSchema:
        schema = as_read(self._plan, self._given, known=self._known)
        return type(schema)(spelled_lists(self._plan, schema.fields))

    @property
    def _alone(self) -> bool:
        """Whether the target holds no other rows than those that come."""
        request = self._request
        return request is None or request.info is None or request.mode != "append"

    @lazyprop
    def _left_out(self) -> list[str]:
        lossy = set(self._lossy())
        return [name for name in self._schema.names if name in lossy]

    @lazyprop
    def _columns(self) -> list[Column]:
        side = self._plan.target.table
        database: object = side.database if side is not None else None
        found = columns_of(
            self._schema.fields,
            spelled_lists(self._plan, target_as_read(self._plan, self._schema)),
            alone=self._alone,
            database=database if isinstance(database, Keeping) else None,
        )
        return [column for column in found if column.name not in self._left_out]

    @property
    def _database(self) -> Rereading:
        side = self._plan.target.table
        database: object = None if side is None else side.database
        assert isinstance(database, Rereading), "checked before the move"
        return database

    @property
    def _columns_there(self) -> tuple[str, ...]:
        """The target's names of the columns, in the order of the source's."""
        side = self._plan.target.table
        assert side is not None, "there is a table"
        names = self._schema.names
        return self._plan.target.columns or tuple(map(side.database.column_name, names))


def _compare_rows(sent: int, arrived: int) -> None:
    if arrived != sent:
        raise VerifyError(
            f"{many(sent, 'row was', 'rows were')} sent and {arrived:,} arrived",
            "nothing was kept: see what triggers or other sessions do to the table",
        )


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names)
