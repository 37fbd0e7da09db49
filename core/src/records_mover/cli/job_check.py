"""Checks a job file against the JSON Schema that ships for editors, with what to do about it."""

from __future__ import annotations

import json
from difflib import get_close_matches
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Schema = Mapping[str, Any]

__all__ = ["job_schema", "problems"]

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}
_WORDS = {"object": "a table", "array": "a list", "string": "a text", "integer": "a whole number",
          "boolean": "true or false", "null": "null"}  # fmt: skip


def job_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 7) of job files."""
    text = files(__package__).joinpath("job.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def problems(value: object, schema: Schema, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a document, each with what to do about it.

    Knows the words of JSON Schema that ours is written in.
    """
    yield from _Check(schema).look(value, schema, where)


class _Check:
    """One look at a document; references go from ``root``."""

    def __init__(self, root: Schema) -> None:
        self._root = root

    def look(self, value: object, schema: Schema, where: str) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with ``value``, which is found at ``where``."""
        if "$ref" in schema:
            yield from self.look(value, self._resolved(schema["$ref"]), where)
        elif not _is_of_types(value, schema):
            wanted = " or ".join(_WORDS[name] for name in _types(schema))
            yield f"{where or 'the file'} is {_shown(value)}", f"give {wanted}"
        elif value not in schema.get("enum", [value]):
            yield f"{where} is {_shown(value)}", f"use one of {', '.join(schema['enum'])}"
        elif isinstance(value, int) and value < schema.get("minimum", value):
            yield f"{where} is {value}", f"ask for {schema['minimum']} or more"
        elif isinstance(value, list):
            for at, item in enumerate(value, 1):
                yield from self.look(item, schema["items"], f"{where}[{at}]")
        elif isinstance(value, dict):
            yield from self._object(value, schema, where)

    def _object(
        self, value: dict[str, Any], schema: Schema, where: str
    ) -> Iterator[tuple[str, str]]:
        if "if" in schema:
            key = schema["if"]["required"][0]
            if key not in value:
                yield from _slips(key, value)
            yield from self.look(value, schema["then" if key in value else "else"], where)
            return
        known, others = schema.get("properties", {}), schema.get("additionalProperties", False)
        for name in schema.get("required", ()):
            if name not in value:
                yield f"{where or 'the file'} has no {name!r}", "say it"
        for name, item in value.items():
            place = f"{where}.{name}" if where else name
            if name in known:
                yield from self.look(item, known[name], place)
            elif others is False:
                near = get_close_matches(name, known, n=1)
                advice = f"did you mean {near[0]!r}?" if near else f"use {', '.join(known)}"
                yield f"{place} is no option", advice
            else:
                yield from self.look(item, others, place)

    def _resolved(self, reference: str) -> Schema:
        found: Any = self._root
        for name in reference.removeprefix("#/").split("/"):
            found = found[name]
        schema: Schema = found
        return schema


def _slips(key: str, value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a table whose name is nearly the one by which the kinds of file are told apart."""
    for name in get_close_matches(key, [name for name in value if isinstance(value[name], dict)]):
        yield f"{name} is no option", f"did you mean {key!r}?"


def _types(schema: Schema) -> list[str]:
    said = schema.get("type", list(_TYPES) if "enum" not in schema else "string")
    return [said] if isinstance(said, str) else said


def _is_of_types(value: object, schema: Schema) -> bool:
    if isinstance(value, bool):  # which Python takes for a number
        return "boolean" in _types(schema)
    return any(isinstance(value, _TYPES[name]) for name in _types(schema))


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return _WORDS["object" if isinstance(value, dict) else "array"]
    return json.dumps(value, ensure_ascii=False, default=str)
