"""Text on its way to COPY, watched for values that the server would round or cut."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mover_postgres.options import CopyOptions
    from mover_postgres.roundings import Watched

__all__ = ["watched"]

_SMALL = 64 << 10
"""Bytes that a pattern has looked through before numpy would be loaded."""


def watched(
    blocks: Iterator[bytes],
    columns: Sequence[Watched],
    options: CopyOptions,
    *,
    codec: str,
    source: str,
    line: Callable[[int], int],
) -> Iterator[bytes]:
    """Yield the blocks, and raise ``BadRowError`` for the first value that would be changed."""
    first, second = next(blocks, b""), next(blocks, None)
    if not columns or _is_plain(first, second, columns, options):
        yield first
        if second is not None:
            yield from chain((second,), blocks)
        return
    from mover_postgres.suspects import Suspects

    looking = Suspects(columns, options, codec, source, line)
    yield from looking.blocks(chain((first,), () if second is None else (second,), blocks))


def _is_plain(
    first: bytes, second: bytes | None, columns: Sequence[Watched], options: CopyOptions
) -> bool:
    """Whether the text is short, and nothing in it is worth a closer look."""
    if second is not None or len(first) > _SMALL:
        return False
    kept = [column.decimals for column in columns if column.decimals is not None]
    signs = []
    if kept:
        signs += [rb"\.[0-9]{%d}" % (max(min(kept), 0) + 1), rb"[0-9.][eE]-"]
    if any(column.length is not None for column in columns):
        ends = options.delimiter + (options.quote or "") + "\r\n"
        signs.append(rb" (?:[" + re.escape(ends).encode() + rb"]|\Z)")
    return re.search(b"|".join(signs), first) is None
