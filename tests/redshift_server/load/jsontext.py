"""JSON by pages copy-parameters-data-format and copy-usage_notes-copy-from-json."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from redshift_server.errors import RedshiftError
from redshift_server.load.problem import LineProblem
from redshift_server.load.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from redshift_server.grammar.copy import CopyStatement
    from redshift_server.load.columns import TableColumn
    from redshift_server.store import Store

__all__ = ["Picker", "json_records", "picker", "read_paths", "text_of"]

_BLANK = re.compile(r"\s*")
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[\s*(?:'([^']*)'|\"([^\"]*)\"|(\d+))\s*\]")
_MAX = 4 << 20

Picker = "Callable[[Any], list[Any]]"


def json_records(
    data: bytes, statement: CopyStatement, store: Store, columns: Sequence[TableColumn]
) -> Iterator[Record]:
    """Yield one record for each value at the root; numbers pass through floating point."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RedshiftError("String contains invalid or unsupported UTF8 codepoints.") from error
    pick = picker(statement, store, columns)
    decoder = json.JSONDecoder(parse_float=float)
    skipped = statement.count("ignoreheader")
    at, line = 0, 1
    if skipped:
        lines = text.split("\n", skipped)
        text, line = (lines[skipped] if len(lines) > skipped else ""), skipped + 1
    while (at := _BLANK.match(text, at).end()) < len(text):  # type: ignore[union-attr]
        number = line + text.count("\n", 0, at)
        record, at = _record(decoder, text, at, number, pick, columns)
        yield record


def _record(
    decoder: json.JSONDecoder,
    text: str,
    at: int,
    line: int,
    pick: Callable[[Any], list[Any]],
    columns: Sequence[TableColumn],
) -> tuple[Record, int]:
    try:
        value, end = decoder.raw_decode(text, at)
        raw = text[at:end].encode()
        if not isinstance(value, dict | list):
            raise LineProblem(1216, "Invalid JSONPath format: root is no object and no array")
        if len(raw) > _MAX:
            raise LineProblem(1216, "JSON object exceeds 4 MB")
        picked = pick(value)
    except (ValueError, LineProblem) as error:
        end = text.find("\n", at) + 1 or len(text)
        problem = (
            error
            if isinstance(error, LineProblem)
            else LineProblem(1216, f"Invalid JSON format: {error}")
        )
        return Record(line=line, raw=text[at:end].encode(), fields=[], problem=problem), end
    fields = [text_of(one, column) for one, column in zip(picked, columns, strict=True)]
    return Record(line=line, raw=raw, fields=fields), end


def picker(
    statement: CopyStatement, store: Store, columns: Sequence[TableColumn]
) -> Callable[[Any], list[Any]]:
    """Return what takes the columns' values out of a document."""
    how = statement.format_argument
    if how == "noshred":
        if len(columns) != 1 or columns[0].type != "super":
            raise RedshiftError("noshred needs one SUPER column", sqlstate="0A000")
        return lambda value: [value]
    if how.startswith("s3://"):
        paths = read_paths(store.read(how))
        if paths is not None:
            if len(paths) != len(columns):
                raise RedshiftError(
                    f"Number of jsonpaths and the number of columns should match."
                    f" JSONPath size: {len(paths)}, Number of columns in table or column list:"
                    f" {len(columns)}"
                )
            return lambda value: [_walk(value, path) for path in paths]
    names = [column.name for column in columns]
    if how == "auto ignorecase":
        return lambda value: [_ignoring_case(value).get(name) for name in names]
    return lambda value: [_object(value).get(name) for name in names]


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise LineProblem(1216, "Invalid JSON format: 'auto' needs objects at the root")
    return value


def _ignoring_case(value: Any) -> dict[str, Any]:
    return {name.lower(): one for name, one in _object(value).items()}


def read_paths(data: bytes) -> list[list[str | int]] | None:
    """Return the paths of a JSONPaths file; None, and 'auto' it is, under another top key."""
    try:
        said = json.loads(data)
    except ValueError as error:
        raise RedshiftError(
            "Invalid JSONPath format. Supported notations are 'dot-notation' and 'bracket-notation'"
        ) from error
    if not isinstance(said, dict) or "jsonpaths" not in said:
        return None
    return [_path(path) for path in said["jsonpaths"]]


def _path(path: str) -> list[str | int]:
    steps, at = list[str | int](), 1
    while path[:1] == "$" and at < len(path) and (found := _STEP.match(path, at)):
        dotted, single, double, index = found.groups()
        steps.append(int(index) if index is not None else dotted or single or double or "")
        at = found.end()
    if not path.startswith("$") or at < len(path):
        said = f"Invalid JSONPath format: {path}"
        raise RedshiftError(
            f"{said}. Supported notations are 'dot-notation' and 'bracket-notation'"
        )
    return steps


def _walk(value: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                raise LineProblem(1216, "Invalid JSONPath: array element is missing")
            value = value[step]
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def text_of(value: Any, column: TableColumn) -> bytes | None:
    """Return a value as the text that its column would read."""
    if value is None:
        return None
    if column.type == "super" or isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, float):
        return format(value, ".17g").encode() if "e" not in repr(value) else f"{value:f}".encode()
    return str(value).encode()
