"""Comparing what arrived with what was sent, before it is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from records_mover.errors import MoverError, UsageError, VerifyError
from records_mover.parts import Fingerprint, Fingerprinting, Rereading, Selection, Streams
from records_mover.utils.words import many

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from records_mover.parts import (
        Files,
        Landing,
        Loaded,
        Payload,
        PublishRequest,
        TableName,
    )
    from records_mover.records.context import Context
    from records_mover.records.ends.end import TargetEnd
    from records_mover.records.route.plan import Plan

__all__ = ["InDatabases", "Verification", "check_verifiable", "databases_compare"]


def check_verifiable(target: TargetEnd, context: Context) -> None:
    """Raise ``UsageError`` where nothing that is worth the name can be compared."""
    side = target.table
    if side is not None and side.publish is not None:
        if not isinstance(side.database, Fingerprinting | Rereading):
            raise UsageError(
                f"no plugin can read again what is in a table of {side.database.dialect}",
                "leave the option 'verify' out",
            )
        return
    if target.url is None or not context.rereadable(target.url):
        raise UsageError(
            f"{target.title} is not read again, so that there is nothing to verify",
            "verify moves into a table or a file, or leave the option out",
        )


def databases_compare(plan: Plan) -> bool:
    """Whether both ends are databases of one kind, which sum up their rows themselves."""
    source, target = plan.source.table, plan.target.table
    return (
        source is not None
        and target is not None
        and source.database.dialect == target.database.dialect
        and isinstance(source.database, Fingerprinting)
        and isinstance(target.database, Fingerprinting)
    )


class Verification(Protocol):
    """What one move is compared by; ``checked`` is empty until all was found to be equal."""

    checked: str

    def watch(self, payload: Payload) -> Payload:
        """See what the source gives."""
        ...

    def begin(self, landing: Landing, request: PublishRequest) -> None:
        """Sum up the rows that are there already, and stay."""
        ...

    def sent(self, loaded: Loaded, payload: Payload | None) -> None:
        """Learn what was sent."""
        ...

    def check(self, connection: Connection, table: TableName) -> None:
        """Raise ``VerifyError`` unless the table has grown by what was sent."""
        ...

    def prove(self, files: Files) -> None:
        """Raise ``VerifyError`` unless files that nobody can see yet hold what was sent."""
        ...


class InDatabases:
    """Sums that the databases of both ends work out themselves.

    ``before`` is taken off what is in the table at the end. ``lossy`` are the columns that were
    allowed to lose something, which are left out.
    """

    def __init__(
        self, database: Fingerprinting, columns: tuple[str, ...], lossy: tuple[str, ...]
    ) -> None:
        self._database = database
        self._columns = columns
        self._lossy = lossy
        self._before = Fingerprint(rows=0)
        self._sent: Fingerprint | None = None
        self._landed: TableName | None = None
        self._request: PublishRequest | None = None
        self.checked = ""

    def watch(self, payload: Payload) -> Payload:
        """Leave the payload alone: its database tells what it amounts to."""
        return payload

    def begin(self, landing: Landing, request: PublishRequest) -> None:
        """Sum up the rows that are there already, and stay."""
        self._landed, self._request = landing.table, request
        if request.info is not None and (
            landing.table == request.table or request.mode == "append"
        ):
            self._database.hold_still(landing.connection, request.table)
            selection = Selection(table=request.table, columns=self._columns)
            self._before = self._database.fingerprint(landing.connection, selection)

    def sent(self, loaded: Loaded, payload: Payload | None) -> None:
        """Learn what was sent: from where it was read if possible, else from the loader's count."""
        proof = payload.proof if isinstance(payload, Streams) else None
        known = loaded.source or (proof() if proof is not None else None)
        self._sent = known or Fingerprint(rows=loaded.rows)

    def prove(self, files: Files) -> None:
        """Say that there are no files to be proved."""
        raise MoverError(f"{len(files.parts)} files cannot be verified", "report this defect")

    def check(self, connection: Connection, table: TableName) -> None:
        """Raise ``VerifyError`` unless the table has grown by what was sent."""
        sent = self._sent
        if sent is None:
            raise MoverError("nothing was sent that could be verified", "report this defect")
        columns = self._columns if sent.sums else ()
        there = self._database.fingerprint(connection, self._selection(table, columns))
        self._compare_rows(sent, there.rows - self._before.rows)
        if sent.sums and there.sums:
            self._compare_kinds(sent, there)
            self._compare_sums(sent, there)
            count = sum(name not in self._lossy for name in self._columns)
            words = many(count, "column")
            self.checked = f"the count of rows and a checksum of {words}, in both databases"
            if count < len(self._columns):
                left = ", ".join(repr(name) for name in self._columns if name in self._lossy)
                self.checked += f"; not {left}, which may lose something"
        else:
            self.checked = "the count of rows that were sent and of those in the table"

    def _selection(self, table: TableName, columns: tuple[str, ...]) -> Selection:
        """Select what the rows have become: of an upsert, those that have their keys."""
        request, database = self._request, self._database
        if (
            request is None
            or request.mode != "upsert"
            or request.info is None
            or not isinstance(database, Rereading)
        ):
            return Selection(table=table, columns=columns)
        assert self._landed is not None, "the rows have landed"
        return database.merged(self._landed, request.table, columns, request.key)

    def _compare_rows(self, sent: Fingerprint, arrived: int) -> None:
        if arrived != sent.rows:
            raise VerifyError(
                f"{many(sent.rows, 'row was', 'rows were')} sent and {arrived:,} arrived",
                "nothing was kept: see what triggers or other sessions do to the table",
            )

    def _compare_kinds(self, sent: Fingerprint, there: Fingerprint) -> None:
        for name, here, other in zip(self._columns, sent.kinds, there.kinds, strict=True):
            if here != other and name not in self._lossy:
                raise VerifyError(
                    f"column {name!r} cannot be verified: it is {here} in the source and {other} "
                    "in the target",
                    "nothing was kept: leave the option 'verify' out, or use the same type",
                )

    def _compare_sums(self, sent: Fingerprint, there: Fingerprint) -> None:
        before = self._before.sums or (0,) * len(self._columns)
        differ = [
            name
            for name, here, now, old in zip(
                self._columns, sent.sums, there.sums, before, strict=True
            )
            if here != now - old and name not in self._lossy
        ]
        if differ:
            names = ", ".join(repr(name) for name in differ)
            raise VerifyError(
                f"the values that arrived are not those that were sent in {names}",
                "nothing was kept: see what the columns' types or triggers do to them",
            )
