"""Text on its way to COPY, watched for values that the server would round or cut."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mover_postgres.options import CopyOptions
    from mover_postgres.watched.roundings import Watched

__all__ = ["watched"]

_SMALL = 64 << 10
"""Bytes that patterns have looked through before numpy would be loaded."""
_CLOCK = b":"
_EARLY = 2
"""Blocks that the server gets, besides the first two, while numpy is loaded."""


def watched(
    blocks: Iterator[bytes],
    columns: Sequence[Watched],
    options: CopyOptions,
    *,
    codec: str,
    source: str,
    line: Callable[[int], int],
) -> Iterator[bytes]:
    """Yield the blocks, and raise ``BadRowError`` for the first value that would be changed.

    Each is looked at while it is on its way: before the next one.
    """
    early = list(islice(blocks, 2))
    if not columns or _is_plain(early, columns, options):
        yield from early
        yield from blocks
        return
    early += islice(blocks, _EARLY)
    yield from early
    from mover_postgres.watched.suspects import Suspects

    looking = Suspects(columns, options, codec, source, line)
    for block in early:
        looking.look(block)
    for block in blocks:
        yield block
        looking.look(block)
    looking.finish()


def _is_plain(early: Sequence[bytes], columns: Sequence[Watched], options: CopyOptions) -> bool:
    """Whether the text is short, and nothing in a watched column is worth a closer look."""
    if len(early) > 1 or sum(map(len, early)) > _SMALL:
        return False
    text = b"".join(early)
    spots = [found.start() for found in re.finditer(_signs(columns, options), text)]
    return not spots or not any(_suspects(text, spots, columns, options))


def _signs(columns: Sequence[Watched], options: CopyOptions) -> bytes:
    """Return what matches whatever may be changed in any of the columns, and more."""
    kept = [column.decimals for column in columns if column.decimals is not None]
    signs = []
    if kept:
        signs += [rb"\.[0-9]{%d}" % (max(min(kept), 0) + 1), rb"[0-9.][eE]-"]
    if any(column.length is not None for column in columns):
        ends = options.delimiter + (options.quote or "") + "\r\n"
        signs.append(rb" (?:[" + re.escape(ends).encode() + rb"]|\Z)")
    if any(column.day for column in columns):
        signs.append(_CLOCK)
    return b"|".join(signs)


def _suspects(
    text: bytes, spots: Iterable[int], columns: Sequence[Watched], options: CopyOptions
) -> Iterator[bool]:
    """Say of each spot whether it stands in a watched column, and may mean a change there."""
    bare = _without_quoted(text, options)
    if bare is None:
        yield True
        return
    newline = b"\n" if b"\n" in text else b"\r"
    delimiter, quote = options.delimiter.encode(), (options.quote or "").encode()
    watched = {column.place: column for column in columns}
    for spot in spots:
        record = bare.rfind(newline, 0, spot) + 1
        column = watched.get(bare.count(delimiter, record, spot))
        if column is not None and column.day == text.startswith(_CLOCK, spot):
            field = max(record, bare.rfind(delimiter, 0, spot) + 1)
            field += len(quote) if text.startswith(quote, field) else 0
            yield column.length is None or spot + 1 - field > column.length


def _without_quoted(text: bytes, options: CopyOptions) -> bytes | None:
    """Put something harmless in the place of what is quoted; None where that is not so simple."""
    escape = options.escape if options.quote else "\\"
    if escape and escape != options.quote and escape.encode() in text:
        return None
    if not options.quote:
        return text
    quoted = b"%b[^%b]*%b?" % ((re.escape(options.quote.encode()),) * 3)
    return re.sub(quoted, lambda found: b"x" * len(found[0]), text)
