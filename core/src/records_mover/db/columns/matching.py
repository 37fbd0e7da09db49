"""Matching the columns of a source with those of a table."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from records_mover.errors import ColumnMismatchError
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from records_mover.parts import TableInfo

__all__ = ["match_columns", "place_columns", "suggestion"]


def match_columns(
    source_names: Sequence[str],
    info: TableInfo,
    *,
    by_position: bool = False,
    stored: Callable[[str], str] | None = None,
) -> tuple[str, ...]:
    """Return the table's column for each of the source's, in the source's order.

    By name: the same spelling first, then the only one that differs in case alone, then the
    name as the database stores it (``stored``, which is ``Database.column_name``). By position
    when the source has no names: the counts must be equal. Raises ColumnMismatchError for unknown,
    missing and repeated columns.
    """
    if by_position:
        return _by_position(source_names, info)
    _refuse_repeats(source_names, "the source has more than one column called")
    there = tuple(column.name for column in info.columns)
    found = {name: _find(name, there, stored) for name in source_names}
    _refuse_unknown(found, there, info)
    matched = tuple(name for name in found.values() if name is not None)
    _refuse_repeats(matched, "more than one column of the source belongs in")
    _refuse_generated(matched, info)
    _refuse_missing(matched, found, info)
    return matched


def place_columns(
    source_names: Sequence[str], info: TableInfo, *, stored: Callable[[str], str]
) -> tuple[str, ...]:
    """Return the table's column for each of the source's, or the name of the one to be added.

    For a table that takes on the source's columns. Raises ColumnMismatchError for repeated and
    computed columns, where not one of the names is the table's, as in a file of another kind, and
    for a name that is nearly that of a column which would go, as by a slip of the pen.
    """
    _refuse_repeats(source_names, "the source has more than one column called")
    there = tuple(column.name for column in info.columns)
    found = {name: _find(name, there, stored) for name in source_names}
    if not any(found.values()):
        what = f"table '{info.name}' has none of the columns {_listed(source_names)}"
        raise ColumnMismatchError(what, "use the mode 'drop' for a table of other columns")
    _refuse_slips(found, there, info)
    placed = tuple(column or stored(name) for name, column in found.items())
    _refuse_repeats(placed, "more than one column of the source belongs in")
    _refuse_generated(placed, info)
    return placed


def _refuse_slips(found: dict[str, str | None], there: tuple[str, ...], info: TableInfo) -> None:
    import difflib

    leaving = [name for name in there if name not in found.values()]
    for name in (name for name, column in found.items() if column is None):
        near = difflib.get_close_matches(name, leaving, n=1, cutoff=0.75)
        if near:
            what = f"table '{info.name}' has no column '{name}'"
            raise ColumnMismatchError(
                what, f"did you mean '{near[0]}'? if not, drop that column from the table first"
            )


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the advice for a name that is not there: the near miss, then what there is."""
    import difflib

    names = list(known)
    by_case = {each.casefold(): each for each in names}
    near = difflib.get_close_matches(name.casefold(), by_case, n=1, cutoff=0.6)
    there = f"there are: {_listed(names)}" if names else "there are none"
    return f"did you mean '{by_case[near[0]]}'? {there}" if near else there


def _by_position(source_names: Sequence[str], info: TableInfo) -> tuple[str, ...]:
    there = tuple(column.name for column in info.writable_columns)
    if len(source_names) == len(there):
        return there
    come = many(len(source_names), "column")
    raise ColumnMismatchError(
        f"the source has {come} without names and table '{info.name}' takes "
        f"{len(there)}: {_listed(there)}",
        "give the source's columns names, or as many columns as the table has",
    )


def _find(name: str, there: tuple[str, ...], stored: Callable[[str], str] | None) -> str | None:
    if name in there:
        return name
    alike = [each for each in there if each.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    short = name if stored is None else stored(name)
    return _find(short, there, None) if short != name else None


def _refuse_repeats(names: Sequence[str], what: str) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ColumnMismatchError(f"{what} {_listed(twice)}", "give every column its own name")


def _refuse_unknown(found: dict[str, str | None], there: tuple[str, ...], info: TableInfo) -> None:
    unknown = [name for name, column in found.items() if column is None]
    if unknown:
        column = "column" if len(unknown) == 1 else "columns"
        what = f"table '{info.name}' has no {column} {_listed(unknown)}"
        raise ColumnMismatchError(what, suggestion(unknown[0], there))


def _refuse_generated(matched: tuple[str, ...], info: TableInfo) -> None:
    generated = [each.name for each in info.columns if each.generated and each.name in matched]
    if generated:
        what = f"table '{info.name}' computes {_listed(generated)} itself"
        raise ColumnMismatchError(what, "leave it out of the source's columns")


def _refuse_missing(
    matched: tuple[str, ...], found: dict[str, str | None], info: TableInfo
) -> None:
    missing = [
        column.name
        for column in info.writable_columns
        if not column.filled and column.name not in matched
    ]
    if missing:
        column = "column" if len(missing) == 1 else "columns"
        what = f"the source has no {column} {_listed(missing)} for table '{info.name}'"
        raise ColumnMismatchError(what, f"it has: {_listed(list(found))}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
