"""Loads what is sure to fit as quickly as ever, and keeps the other rows for a closer look."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from functools import cached_property
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg2

from mover_postgres.errors import place_of
from mover_postgres.salvage.again import on_disk
from mover_postgres.salvage.find import is_about_rows, undoing
from mover_postgres.wire.blocks import BLOCK
from mover_postgres.wire.feed import send

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812  it is a class

    from mover_postgres.salvage.piece import Piece, Spots
    from mover_postgres.salvage.sieve import Sieve

__all__ = ["Direct", "Staged"]

_MOST_PIECES = 16
_IN_MEMORY = 8 << 20


class Staged:
    """Which records go to the table of text: some, and from one of them on all that are rows.

    Records are numbered through the stream, so that another reading of it, which may be cut into
    other pieces, finds them again.
    """

    def __init__(self) -> None:
        self._some: list[Spots] = []
        self._all_from: int | None = None

    def add(self, piece: Piece, records: Spots) -> None:
        """Note these records of a piece."""
        if len(records):
            self._some.append(records + piece.row)

    def add_all_from(self, piece: Piece) -> None:
        """Note all from here on."""
        if self._all_from is None:
            self._all_from = piece.row

    def of(self, piece: Piece) -> Spots:
        """Return the records of a piece, as numbers in it."""
        if self._all_from is not None and self._all_from <= piece.row:
            return piece.good
        after = piece.row + len(piece.ends)
        first, last = np.searchsorted(self._known, (piece.row, after))
        found = self._known[first:last] - piece.row
        if self._all_from is not None and self._all_from < after:
            good = piece.good
            found = np.concatenate((found, good[good + piece.row >= self._all_from]))
        return found

    @cached_property
    def _known(self) -> Spots:
        return np.concatenate([np.zeros(0, np.int64), *self._some])


class Direct:
    """Sends rows to the table itself, a few pieces at a time, for as long as it takes them.

    The records of which the sieve is not sure are ``kept``. When rows are refused that a closer
    look at one more column would have held back, they are sent again without them; when they are
    refused for another reason, this is where it ends.
    """

    def __init__(
        self, driver: PsycopgConnection, statement: Any, sieve: Sieve, staged: Staged
    ) -> None:
        self._driver = driver
        self._statement = statement
        self._sieve = sieve
        self._staged = staged
        self._kept = tempfile.SpooledTemporaryFile(_IN_MEMORY, prefix="mover-")  # noqa: SIM115
        self.rows = 0
        self.kept = 0

    def load(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """Load what is sure to fit; return the pieces that were not loaded."""
        many = 1
        while group := list(islice(pieces, many)):
            if not self._load(group):
                return chain(group, pieces)
            for piece in group:
                piece.forget_fields()
            many = min(2 * many, _MOST_PIECES)
        return iter(())

    def others(self) -> Iterator[bytes]:
        """Yield the rows that were held back."""
        with on_disk("a part of the rows"):
            self._kept.seek(0)
        while block := self._kept.read(BLOCK):
            yield block

    def close(self) -> None:
        """Let go of them."""
        with suppress(OSError):  # what is left in its buffer has no room, as was said
            self._kept.close()

    def _load(self, group: list[Piece]) -> bool:
        while True:
            sure = [self._sieve.sure(piece) for piece in group]
            rows = (piece.rows(records) for piece, records in zip(group, sure, strict=True))
            try:
                with undoing(self._driver):
                    self.rows += send(self._driver, self._statement, rows)
            except psycopg2.Error as error:
                if not is_about_rows(error):
                    raise
                if not self._sieve.look_at(_column(error)):
                    return False
            else:
                for piece, records in zip(group, sure, strict=True):
                    self._hold_back(piece, np.setdiff1d(piece.good, records, assume_unique=True))
                return True

    def _hold_back(self, piece: Piece, records: Spots) -> None:
        self._staged.add(piece, records)
        with on_disk("a part of the rows"):
            self._kept.write(piece.rows(records))
        self.kept += len(records)


def _column(error: psycopg2.Error) -> str | None:
    place = place_of(error.diag.context)
    return (place.column if place else None) or error.diag.column_name
