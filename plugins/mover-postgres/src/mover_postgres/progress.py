"""How many rows a COPY has passed so far, by what the server tells another connection.

Of INSERT ... SELECT, UPDATE and DELETE servers tell nothing like it.
https://www.postgresql.org/docs/18/progress-reporting.html#COPY-PROGRESS-REPORTING
"""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from records_mover.meter import Meter
    from records_mover.parts import Database

__all__ = ["rows_watched"]

logger = logging.getLogger(__name__)

PROGRESS_SINCE = 140000
_EVERY = 1.0
_PASSED = "SELECT pid, tuples_processed FROM pg_catalog.pg_stat_progress_copy"


@contextmanager
def rows_watched(
    meter: Meter, database: Database, connections: Sequence[PsycopgConnection]
) -> Iterator[None]:
    """While the block runs, tell the meter of the rows of COPY on these connections.

    Only where somebody looks; a move that is over within a second is not asked about. Where the
    server lets no other connection in, there is nothing to be seen.
    """
    if not meter.watched or connections[0].server_version < PROGRESS_SINCE:
        yield
        return
    watch = _Watch(meter, database, [each.info.backend_pid for each in connections])
    watch.start()
    try:
        yield
    finally:
        watch.over.set()
        watch.join(_EVERY)


class _Watch(threading.Thread):
    def __init__(self, meter: Meter, database: Database, backends: Sequence[int]) -> None:
        super().__init__(name="mover-progress", daemon=True)
        self._meter = meter
        self._database = database
        self._backends = frozenset(backends)
        self._now: dict[int, int] = {}
        self._before = 0
        self.over = threading.Event()

    def run(self) -> None:
        if self.over.wait(_EVERY):
            return
        try:
            self._look()
        except Exception as error:  # noqa: BLE001  to see nothing is no reason to fail
            logger.debug("no progress to be seen: %s", error)

    def _look(self) -> None:
        with self._database.engine.connect() as connection:
            free = connection.execution_options(isolation_level="AUTOCOMMIT")
            driver: Any = free.connection.driver_connection
            with driver.cursor() as cursor:
                while True:
                    cursor.execute(_PASSED)
                    self._note(dict(cursor.fetchall()))
                    if self.over.wait(_EVERY):
                        return

    def _note(self, passed: dict[int, int | None]) -> None:
        """Add up; a COPY that is not there any more, or begins anew, has passed what it had."""
        for backend in self._backends:
            now, last = passed.get(backend) or 0, self._now.get(backend, 0)
            if now < last:
                self._before += last
            self._now[backend] = now
        self._meter.server_rows = self._before + sum(self._now.values())
