"""One COPY after another into the landing table, each counted, and its rejected rows told."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mover_vertica.errors import driver_errors, is_lost
from mover_vertica.rejected import Place, bad_row, new_rejects_table, rejected_rows
from records_mover.errors import BadRowError, LoadUnloadError
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable

    from mover_vertica.catalog import Described
    from mover_vertica.connect import Connection
    from mover_vertica.database import VerticaDatabase
    from mover_vertica.statements import CopyStatement
    from records_mover.parts import LoadJob

__all__ = ["Copying"]

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Copying:
    """The COPYs of one load; ``rows`` and ``rejected`` are what the server has counted so far."""

    database: VerticaDatabase
    job: LoadJob
    driver: Connection
    table: Described = field(init=False)
    rows: int = 0
    rejected: int = 0

    def __post_init__(self) -> None:
        landing = self.job.landing
        with self.database.doing(f"cannot look at '{landing.shown}'"):
            self.table = self.database.described(landing.connection, landing.table)

    @property
    def target(self) -> str:
        """The landing table as it is written in SQL."""
        return self.database.table_sql(self.job.landing.table)

    def limits(self) -> dict[str, Any]:
        """Return what a COPY is told of rows that do not fit.

        One more than may be left out is allowed for: whether a server ends the load at that number
        or beyond it, the count afterwards tells.
        """
        sink = self.job.rejects
        if sink is None:
            return {}
        left = sink.limit - sink.count
        most = None if math.isinf(left) else int(max(left, 0)) + 1
        return {"rejects": new_rejects_table(), "reject_max": most}

    def run(
        self,
        statement: CopyStatement,
        send: Callable[[str], None],
        place_of: Callable[[str], Place],
    ) -> int:
        """Run one COPY and return how many rows it took in, those that it rejected included."""
        log.info("loading '%s': %s", self.job.landing.shown, statement)
        try:
            send(str(statement))
            accepted, rejected = self._counts()
            if rejected and statement.rejects is not None:
                self._tell(statement.rejects, place_of)
        except driver_errors() as error:
            raise self._failed(error, place_of("")) from None
        except BaseException:
            self._forget_if_closed()
            raise
        self.rows += accepted
        self.rejected += rejected
        self.job.meter.rows = self.rows
        if self.job.rejects is not None:
            self.job.rejects.check()
        elif rejected:
            left = many(rejected, "row")
            raise LoadUnloadError(f"the server left {left} out of a load that allows none")
        return accepted + rejected

    def _counts(self) -> tuple[int, int]:
        cursor = self.driver.cursor()
        cursor.execute("SELECT GET_NUM_ACCEPTED_ROWS(), GET_NUM_REJECTED_ROWS()")
        (row,) = cursor.fetchall()
        return int(row[0]), int(row[1])

    def _tell(self, table: str, place_of: Callable[[str], Place]) -> None:
        if self.job.rejects is not None:
            for reject in rejected_rows(self.driver, table, place_of):
                self.job.rejects.add(reject)

    def _forget_if_closed(self) -> None:
        """Have publishing drop its staging table by another connection than one that is gone."""
        if self.driver.closed():
            self.job.landing.connection.invalidate()

    def _failed(self, error: Exception, place: Place) -> Exception:
        job, shown = self.job, str(self.job.landing.shown)
        if is_lost(error) and not self.driver.closed():
            self.driver.close_socket()
        self._forget_if_closed()
        job.cancellation.check()
        found = bad_row(error, shown, place)
        if found is None:
            return self.database.translate(error, f"cannot load '{shown}'")
        return found if job.rejects is None else _too_many(found, job.rejects.limit)


def _too_many(found: BadRowError, limit: float) -> BadRowError:
    what = f"more rows were rejected than the {limit:,.0f} that are tolerated: {found.what}"
    return BadRowError(what, "tolerate more with --max-failure-rows, or correct the rows")
