"""Matching a source's columns to a table's, by name."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING

from records_mover.errors import ColumnMismatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from records_mover.parts import Column, Database, TableInfo

__all__ = ["match_columns"]


def match_columns(names: Sequence[str], info: TableInfo, database: Database) -> tuple[str, ...]:
    """Return the table's column for each of the source's names, in the source's order.

    A name matches exactly, else as the database would store it, else without regard to case where
    only one column fits. Raises ``ColumnMismatchError`` for a name that the table lacks, a name
    that comes twice, and a column that gets no value and that the server does not fill.
    """
    table = {column.name: column for column in info.columns}
    folded = Counter(name.casefold() for name in table)
    by_fold = {name.casefold(): name for name in table}

    def find(name: str) -> str | None:
        stored = database.column_name(name)
        for candidate in (name, stored):
            if candidate in table:
                return candidate
        fold = stored.casefold()
        return by_fold[fold] if folded[fold] == 1 else None

    found = [find(name) for name in names]
    unknown = [name for name, match in zip(names, found, strict=True) if match is None]
    if unknown:
        raise _unknown(unknown, info)
    matched = tuple(match for match in found if match is not None)
    _check_all_once(names, matched, info)
    return matched


def _unknown(unknown: Sequence[str], info: TableInfo) -> ColumnMismatchError:
    there = [column.name for column in info.columns]
    near = difflib.get_close_matches(unknown[0], there, n=1)
    meant = f"did you mean {near[0]!r}" if near else f"it has {_listed(there)}"
    return ColumnMismatchError(
        f"{str(info.name)!r} has no column {_listed(unknown)}, which the source has", meant
    )


def _check_all_once(names: Sequence[str], matched: tuple[str, ...], info: TableInfo) -> None:
    twice = [name for name, count in Counter(matched).items() if count > 1]
    if twice:
        sources = [name for name, match in zip(names, matched, strict=True) if match == twice[0]]
        raise ColumnMismatchError(
            f"columns {_listed(sources)} of the source are all {twice[0]!r} of {str(info.name)!r}",
            "rename or leave out all but one",
        )
    table = {column.name: column for column in info.columns}
    generated = [name for name in matched if table[name].generated]
    if generated:
        raise ColumnMismatchError(
            f"column {generated[0]!r} of {str(info.name)!r} is generated and takes no value",
            "leave it out of the source",
        )
    missing = [column.name for column in info.columns if _needed(column, matched)]
    if missing:
        raise ColumnMismatchError(
            f"the source has no column {_listed(missing)}, which {str(info.name)!r} has",
            "add it to the source, or give it a default in the table",
        )


def _needed(column: Column, matched: tuple[str, ...]) -> bool:
    return not (column.generated or column.filled or column.name in matched)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:10])
    return shown if len(names) <= 10 else f"{shown} and {len(names) - 10} more"
