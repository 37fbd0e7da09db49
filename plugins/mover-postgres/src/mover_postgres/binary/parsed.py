"""Which files are parsed here and sent in binary, told with nothing imported that could do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mover_postgres.binary.pgtypes import PgType
    from mover_postgres.options import LoadOptions

__all__ = ["MOST_DIGITS", "left_to_server"]

MOST_DIGITS = 38
_KINDS = frozenset(
    {
        *("bool", "int2", "int4", "int8", "float4", "float8", "date", "time", "timestamp"),
        *("timestamptz", "text", "jsonb", "uuid", "bytea"),
    }
)


def left_to_server(
    columns: Sequence[str], types: Mapping[str, PgType], options: LoadOptions
) -> str | None:
    """Return why a file of this format has to go as text into these columns; None where not."""
    why = _format_differs(options)
    if why is not None:
        return why
    for name in columns:
        if name not in types or not _is_parsed(types[name]):
            return f"column '{name}' has no exact parse outside of the server"
    return None


def _format_differs(options: LoadOptions) -> str | None:
    copy = options.copy
    if copy.mode != "csv" or copy.quote != '"' or copy.escape != '"':
        return "only CSV with doubled double quotes is parsed outside of the server"
    if copy.encoding != "UTF8":
        return f"text in {copy.encoding} is left to the server"
    if options.skip_lines or options.guard is not None or options.null_if_quoted_empty:
        return "skipped lines, unquoted files and quoted NULLs are left to the server"
    return None


def _is_parsed(target: PgType) -> bool:
    if target.kind != "numeric":
        return target.kind in _KINDS
    precision, scale = target.precision, target.scale
    return precision is not None and scale is not None and 0 <= scale <= precision <= MOST_DIGITS
