"""Whether a column's type holds what comes, and the type that would: a pure function of both."""

from __future__ import annotations

import re

from records_mover.frozen import frozen

__all__ = ["DIGITS", "FLOATS", "SqlType", "parsed", "roomier", "same_family", "size_of"]

_SPELLING = re.compile(
    r"(?P<name>[a-z][a-z ]*?)(?:\((?P<args>-?\d+(?:,-?\d+)?)\))?(?P<zone> with(?:out)? time zone)?"
)
DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
FLOATS = ("real", "double precision")
_TEXTS = frozenset({"text", "character varying", "character", "bpchar", "name"})
_MOMENTS = ("date", "timestamp without", "timestamp with")
_TIMES = ("time without", "time with")
_OTHERS = frozenset({"boolean", "bytea", "uuid", "interval"})
_EXACT_IN_DOUBLE = frozenset({"smallint", "integer"})


@frozen(kw_only=False)
class SqlType:
    """A type as ``format_type`` spells it, taken apart."""

    name: str
    args: tuple[int, ...]

    @property
    def limit(self) -> int | None:
        """How long a text may be; None where nothing says so, and for what is no text."""
        if self.name not in _TEXTS:
            return None
        return self.args[0] if self.args else 1 if self.name == "character" else None


def roomier(old: str, new: str) -> str | None:
    """Return the type that a column must have to hold every value of ``new``, None where it does.

    Types are spelled as SQL's standard does, ``character varying(5)``. Only where both are well
    known: what else does not fit is refused by the column itself. Text says nothing of what it
    spells, so only a text that is too short for it gives way.
    """
    here, there = parsed(old), parsed(new)
    if here is None or there is None or here == there:
        return None
    if here.name in _TEXTS or there.name in _TEXTS:
        return _longer(here, there, new)
    if _is_number(here) and _is_number(there):
        return _wider(here, there)
    return None if _holds_moment(here, there) else new


def parsed(spelling: str) -> SqlType | None:
    """Take a type apart; None for one that is not well known."""
    found = _SPELLING.fullmatch(spelling)
    if found is None:
        return None
    name, zone = found["name"], (found["zone"] or "").removesuffix(" time zone")
    full = f"{name}{zone}"
    if full not in (*DIGITS, *FLOATS, *_TEXTS, *_MOMENTS, *_TIMES, *_OTHERS, "numeric"):
        return None
    return SqlType(full, tuple(int(each) for each in (found["args"] or "").split(",") if each))


def _longer(here: SqlType, there: SqlType, new: str) -> str | None:
    if here.name not in _TEXTS or there.name not in _TEXTS or here.limit is None:
        return None
    if there.limit is not None and there.limit <= here.limit:
        return None
    return new


def _is_number(kind: SqlType) -> bool:
    return kind.name in DIGITS or kind.name in FLOATS or kind.name == "numeric"


def _wider(here: SqlType, there: SqlType) -> str | None:
    if here.name in DIGITS and there.name in DIGITS:
        return there.name if DIGITS[there.name] > DIGITS[here.name] else None
    if here.name in FLOATS or there.name in FLOATS:
        return _with_float(here, there)
    whole, scale = (size_of(kind) for kind in (here, there))
    if whole is None:
        return None
    if scale is None:
        return "numeric"
    need = (max(whole[0], scale[0]), max(whole[1], scale[1]))
    return None if need == whole else f"numeric({need[0] + need[1]},{need[1]})"


def _with_float(here: SqlType, there: SqlType) -> str | None:
    if here.name not in FLOATS:  # a fraction or a NaN may come
        return None if here.name == "numeric" and not here.args else "double precision"
    if there.name == "smallint" or there.name == "real":
        return None
    if there.name in _EXACT_IN_DOUBLE or there.name == "double precision":
        return "double precision" if here.name == "real" else None
    return "numeric"


def size_of(kind: SqlType) -> tuple[int, int] | None:
    """Return how many digits come before and after the point; None for any number of them."""
    if kind.name in DIGITS:
        return DIGITS[kind.name], 0
    if not kind.args:
        return None
    precision, scale = (*kind.args, 0)[:2]
    return precision - scale, scale


def same_family(here: SqlType, there: SqlType) -> tuple[str, ...]:
    """Return the family of moments that both types are of, coarsest first; none for others."""
    return next((f for f in (_MOMENTS, _TIMES) if here.name in f and there.name in f), ())


def _holds_moment(here: SqlType, there: SqlType) -> bool:
    family = same_family(here, there)
    finer = bool(here.args) and (not there.args or there.args > here.args)
    return bool(family) and family.index(here.name) >= family.index(there.name) and not finer
