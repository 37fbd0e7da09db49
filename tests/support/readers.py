"""Clients that read a table again and again while something happens to it."""

from __future__ import annotations

import threading
from contextlib import closing

import psycopg2

__all__ = ["Reader"]


class Reader(threading.Thread):
    """Reads until it is told to stop, and keeps what it has seen."""

    def __init__(self, url: str, query: str, *, repeatable: bool = False) -> None:
        super().__init__(daemon=True)
        self._url, self._query, self._repeatable = url, query, repeatable
        self.stopping = threading.Event()
        self.seen: set[tuple[int, ...]] = set()
        self.errors: list[str] = []
        self.times = 0

    def run(self) -> None:
        with closing(psycopg2.connect(self._url)) as connection:
            if self._repeatable:
                connection.set_session(isolation_level="REPEATABLE READ")
            else:
                connection.autocommit = True
            while not self.stopping.wait(0.002):
                try:
                    self._look(connection)
                except psycopg2.Error as error:
                    self.errors.append(str(error))
                    connection.rollback()

    def _look(self, connection: psycopg2.extensions.connection) -> None:
        with connection.cursor() as cursor:
            if self._repeatable:  # the snapshot is taken long before the table is looked at
                cursor.execute("SELECT 1")
                self.stopping.wait(0.03)
                cursor.execute(self._query)
                first = cursor.fetchone()
                self.stopping.wait(0.01)
            cursor.execute(self._query)
            again = cursor.fetchone()
            self.seen.add(again if not self._repeatable or again == first else (-1, -1, -1))
            self.times += 1
            connection.commit()
