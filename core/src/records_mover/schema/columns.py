"""The columns of a records schema in its JSON document: by name, in order."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from records_mover.errors import SchemaError
from records_mover.schema import documents
from records_mover.schema.field import Field

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from records_mover.schema.representations import TableRepresentation

__all__ = ["SCHEMA_ID", "document_of", "fields_in", "refuse_duplicates"]

SCHEMA_ID = "bltypes/v1"


def document_of(
    fields: Sequence[Field], known: Mapping[str, TableRepresentation] | None = None
) -> dict[str, Any]:
    """Return the document of some columns, and of the tables that ``known`` says they come from."""
    refuse_duplicates([field.name for field in fields])
    return {
        "schema": SCHEMA_ID,
        "fields": {field.name: field.to_data(index) for index, field in enumerate(fields, 1)},
        "known_representations": {name: part.to_data() for name, part in (known or {}).items()},
    }


def fields_in(data: Mapping[str, Any]) -> list[Field]:
    """Return the columns of a document in order; ``SchemaError`` says what is wrong with one."""
    written = documents.mapping(data, "the records schema").get("schema")
    if written != SCHEMA_ID:
        raise SchemaError(f"records schema of kind '{written}'", f"only '{SCHEMA_ID}' is known")
    columns = documents.mapping(data.get("fields"), "'fields' of the records schema")
    return [
        Field.from_data(name, documents.mapping(document, f"column '{name}'"))
        for name, document in columns.items()
    ]


def refuse_duplicates(names: Sequence[str]) -> None:
    """Raise ``SchemaError`` where two columns have one name."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        quoted = ", ".join(f"'{name}'" for name in twice)
        raise SchemaError(f"more than one column is named {quoted}", "rename all but one of them")
