"""The DELIMITED parser by its page: escapes first, no doubled quotes, NULL where nothing is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vertica_server.load.record import Problem, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["FieldRule", "Rules", "delimited_records"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """How one field is read."""

    delimiter: bytes = b"|"
    enclosed_by: bytes = b""
    escape: bytes = b"\\"
    null: bytes = b""
    trim: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How a file is read."""

    fields: Sequence[FieldRule]
    terminator: bytes = b"\n"
    trailing_nullcols: bool = False
    skip: int = 0
    skip_bytes: int = 0


def delimited_records(chunks: Iterable[bytes], rules: Rules) -> Iterator[Record]:
    """Yield the records of one file; an empty line is none (page COPY restrictions)."""
    first = rules.fields[0] if rules.fields else FieldRule()
    alike = all(rule == first for rule in rules.fields)
    left, skip = rules.skip, rules.skip_bytes
    for raw in _split(_without(chunks, skip), rules.terminator, _escapes(rules)):
        if left:
            left -= 1
            continue
        if not raw:
            continue
        record = Record(raw=raw)
        try:
            record.fields = _fields(raw, rules, first if alike else None)
        except Problem as problem:
            record.problem = str(problem)
        yield record


def _escapes(rules: Rules) -> bytes:
    found = {rule.escape for rule in rules.fields if rule.escape}
    return next(iter(found), b"") if len(found) == 1 else b"".join(sorted(found))


def _without(chunks: Iterable[bytes], skip: int) -> Iterator[bytes]:
    for chunk in chunks:
        yield chunk[skip:]
        skip = max(0, skip - len(chunk))


def _split(chunks: Iterable[bytes], terminator: bytes, escapes: bytes) -> Iterator[bytes]:
    """Cut at each terminator that no escape stands before."""
    held, kept = b"", b""
    for chunk in chunks:
        pieces = (held + chunk).split(terminator)
        held = pieces.pop()
        for piece in pieces:
            whole = kept + piece
            if escapes and _is_escaped(whole, escapes):
                kept = whole + terminator
                continue
            kept = b""
            yield whole
    if kept or held:
        yield kept + held


def _is_escaped(raw: bytes, escapes: bytes) -> bool:
    """Whether an escape that is not escaped itself stands at the end."""
    count = 0
    while count < len(raw) and raw[-1 - count] in escapes:
        count += 1
    return count % 2 == 1


def _fields(raw: bytes, rules: Rules, alike: FieldRule | None) -> list[bytes | None]:
    if alike is not None and _is_plain(raw, alike):
        words = raw.split(alike.delimiter)
        null = alike.null.lower()
        found: list[bytes | None] = [None if word.lower() == null else word for word in words]
    else:
        found = list(_slowly(raw, rules))
    return _counted(found, rules)


def _is_plain(raw: bytes, rule: FieldRule) -> bool:
    has_escape = bool(rule.escape) and rule.escape in raw
    has_quote = bool(rule.enclosed_by) and rule.enclosed_by in raw
    return not has_escape and not has_quote and not rule.trim


def _counted(found: list[bytes | None], rules: Rules) -> list[bytes | None]:
    wanted = len(rules.fields)
    if len(found) > wanted:
        raise Problem("Too many columns found")
    if len(found) < wanted:
        if not rules.trailing_nullcols:
            raise Problem("Too few columns found")
        found += [None] * (wanted - len(found))
    return found


def _slowly(raw: bytes, rules: Rules) -> Iterator[bytes | None]:
    at, number, more = 0, 0, True
    while more:
        rule = rules.fields[number] if number < len(rules.fields) else rules.fields[-1]
        value, at, more = _one(raw, at, rule)
        number += 1
        yield value


def _one(raw: bytes, at: int, rule: FieldRule) -> tuple[bytes | None, int, bool]:
    """Return a field, the place behind its delimiter, and whether another one follows."""
    if rule.enclosed_by and raw[at : at + 1] == rule.enclosed_by:
        value, at = _enclosed(raw, at + 1, rule)
        if at == len(raw):
            return value, at, False
        if raw[at : at + 1] != rule.delimiter:
            raise Problem("Characters found after the closing enclosure")
        return value, at + 1, True
    end = _plain_end(raw, at, rule)
    word = raw[at:end]
    more = end < len(raw)
    if rule.trim:
        word = word.strip(rule.trim)
    if word.lower() == rule.null.lower():
        return None, end + 1, more
    return _unescaped(word, rule.escape), end + 1, more


def _plain_end(raw: bytes, at: int, rule: FieldRule) -> int:
    while at < len(raw):
        octet = raw[at : at + 1]
        if octet == rule.escape:
            at += 2
        elif octet == rule.delimiter:
            return at
        else:
            at += 1
    return len(raw)


def _enclosed(raw: bytes, at: int, rule: FieldRule) -> tuple[bytes, int]:
    found = bytearray()
    while at < len(raw):
        octet = raw[at : at + 1]
        if octet == rule.escape and at + 1 < len(raw):
            found += raw[at + 1 : at + 2]
            at += 2
        elif octet == rule.enclosed_by:
            return bytes(found), at + 1
        else:
            found += octet
            at += 1
    raise Problem("Closing enclosure not found")


def _unescaped(word: bytes, escape: bytes) -> bytes:
    if not escape or escape not in word:
        return word
    return re.sub(re.escape(escape) + rb"(.)", rb"\1", word, flags=re.DOTALL)
