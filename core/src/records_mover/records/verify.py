"""Comparing what arrived with what was sent, before it is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from records_mover.errors import MoverError, UsageError, VerifyError
from records_mover.parts import Fingerprint, Fingerprinting, Streams

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from records_mover.parts import Landing, Loaded, Payload, PublishRequest
    from records_mover.records.ends import TargetEnd

__all__ = ["Verification", "check_verifiable"]


def check_verifiable(target: TargetEnd) -> None:
    """Raise ``UsageError`` where nothing that is worth the name can be compared."""
    side = target.table
    if side is None or side.publish is None:
        raise UsageError(
            "a file that was written is not read again, so that there is nothing to verify",
            "verify moves into a table, or leave the option out",
        )
    if not isinstance(side.database, Fingerprinting):
        raise UsageError(
            f"no plugin can sum up a table of {side.database.dialect}",
            "leave the option 'verify' out",
        )
    if side.publish.mode == "upsert":
        raise UsageError(
            "an upsert mixes rows with others, so that they cannot be told apart to verify them",
            "leave the option 'verify' out, or use another mode",
        )


class Verification:
    """What one move into a table is compared by.

    ``before`` is taken off what is in the table at the end. ``checked`` says in a clause what was
    compared, and is empty until that was found to be equal.
    """

    def __init__(self, database: Fingerprinting, columns: tuple[str, ...]) -> None:
        self._database = database
        self._columns = columns
        self._before = Fingerprint(rows=0)
        self._sent: Fingerprint | None = None
        self.checked = ""

    def begin(self, landing: Landing, request: PublishRequest) -> None:
        """Sum up the rows that are there already, and stay."""
        if request.info is not None and landing.table == request.table:
            self._database.hold_still(landing.connection, request.table)
            self._before = self._database.fingerprint(
                landing.connection, request.table, self._columns
            )

    def sent(self, loaded: Loaded, payload: Payload | None) -> None:
        """Learn what was sent: from where it was read if possible, else from the loader's count."""
        proof = payload.proof if isinstance(payload, Streams) else None
        known = loaded.source or (proof() if proof is not None else None)
        self._sent = known or Fingerprint(rows=loaded.rows)

    def check(self, connection: Connection, request: PublishRequest) -> None:
        """Raise ``VerifyError`` unless the table has grown by what was sent."""
        sent = self._sent
        if sent is None:
            raise MoverError("nothing was sent that could be verified", "report this defect")
        columns = self._columns if sent.sums else None
        there = self._database.fingerprint(connection, request.table, columns)
        self._compare_rows(sent, there.rows - self._before.rows)
        if sent.sums and there.sums:
            self._compare_kinds(sent, there)
            self._compare_sums(sent, there)
            count = f"{len(sent.sums)} column{'s' if len(sent.sums) != 1 else ''}"
            self.checked = f"the count of rows and a checksum of {count}, in both databases"
        else:
            self.checked = "the count of rows that were sent and of those in the table"

    def _compare_rows(self, sent: Fingerprint, arrived: int) -> None:
        if arrived != sent.rows:
            raise VerifyError(
                f"{sent.rows:,} rows were sent and {arrived:,} arrived",
                "nothing was kept: see what triggers or other sessions do to the table",
            )

    def _compare_kinds(self, sent: Fingerprint, there: Fingerprint) -> None:
        for name, here, other in zip(self._columns, sent.kinds, there.kinds, strict=True):
            if here != other:
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
            if here != now - old
        ]
        if differ:
            names = ", ".join(repr(name) for name in differ)
            raise VerifyError(
                f"the values that arrived are not those that were sent in {names}",
                "nothing was kept: see what the columns' types or triggers do to them",
            )
