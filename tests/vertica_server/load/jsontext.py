"""FJSONPARSER and FAVROPARSER: objects whose keys are the names of columns."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from vertica_server.errors import VerticaError
from vertica_server.load.arguments import checked
from vertica_server.load.record import Record
from vertica_server.sql.names import inner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vertica_server.grammar.copy import CopyStatement
    from vertica_server.load.columns import Input

__all__ = ["avro_records", "json_records", "text_of_value"]

_REJECT = {"omit_empty_keys": "false", "reject_on_duplicate": "false",
           "reject_on_empty_key": "false",
           "reject_on_materialized_type_error": "false"}  # fmt: skip
_JSON = {**_REJECT, "flatten_maps": "true", "flatten_arrays": "false", "start_point": "",
         "start_point_occurrence": "1", "record_terminator": "", "key_separator": ".",
         "suppress_nonalphanumeric_key_chars": "false"}  # fmt: skip
_AVRO = {**_REJECT, "flatten_maps": "true", "flatten_arrays": "false", "flatten_records": "true"}


def json_records(
    chunks: Iterable[bytes], statement: CopyStatement, inputs: Sequence[Input]
) -> Iterator[Record]:
    """Yield a record for each object, alone or in one array."""
    said = checked(statement, _JSON)
    text = b"".join(chunks).decode("utf-8", "surrogateescape").strip()
    reader, at = json.JSONDecoder(), 0
    while at < len(text):
        try:
            value, end = reader.raw_decode(text, at)
        except json.JSONDecodeError as error:
            line = text[at:].split("\n", 1)[0]
            raw = line.encode("utf-8", "surrogateescape")
            yield Record(raw=raw, problem=f"Malformed JSON record: {error.msg}")
            at += len(line) + 1
            continue
        for one in value if isinstance(value, list) else [value]:
            raw = text[at:end].encode("utf-8", "surrogateescape")
            yield _record(raw, one, inputs, said["key_separator"])
        at = end
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1


def avro_records(
    chunks: Iterable[bytes], statement: CopyStatement, inputs: Sequence[Input]
) -> Iterator[Record]:
    """Yield the records of an Avro file."""
    import fastavro

    checked(statement, _AVRO)
    try:
        for value in fastavro.reader(io.BytesIO(b"".join(chunks))):
            yield _record(b"", value, inputs, ".")
    except (ValueError, EOFError) as error:
        said = f"Error in favroparser: {error}"
        raise VerticaError(said, sqlstate="22V04", code=2035) from error


def _record(raw: bytes, value: Any, inputs: Sequence[Input], separator: str) -> Record:
    if not isinstance(value, dict):
        return Record(raw=raw, problem="Row rejected: the record is no object")
    flat = {inner(name): one for name, one in _flat(value, separator)}
    fields = [text_of_value(flat.get(inner(one.name))) for one in inputs]
    return Record(raw=raw, fields=fields)


def _flat(value: dict[str, Any], separator: str) -> Iterator[tuple[str, Any]]:
    for name, one in value.items():
        yield name, one
        if isinstance(one, dict):
            for below, inside in _flat(one, separator):
                yield f"{name}{separator}{below}", inside


def text_of_value(value: Any) -> bytes | None:
    """Return a value as the text of a field."""
    if value is None:
        return None
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, bytes):
        return b"".join(b"\\\\" if o == 92 else b"\\%03o" % o for o in value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "surrogateescape")
    return str(value).encode("utf-8", "surrogateescape")
