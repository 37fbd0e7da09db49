"""One column of a records schema."""

from __future__ import annotations

import logging
from dataclasses import field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from records_mover.errors import SchemaError
from records_mover.frozen import frozen
from records_mover.schema import documents
from records_mover.schema.constraints import Constraints, constraints_class
from records_mover.schema.representations import Representation, representation_from_data
from records_mover.schema.statistics import Statistics, statistics_class

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FIELD_TYPES", "Field", "FieldType"]

log = logging.getLogger(__name__)

FieldType = Literal[
    "integer",
    "decimal",
    "string",
    "boolean",
    "date",
    "time",
    "timetz",
    "datetime",
    "datetimetz",
    "bytes",
    "uuid",
    "json",
    "interval",
    "array",
]
FIELD_TYPES: tuple[str, ...] = get_args(FieldType)

_NOTHING: Mapping[str, Representation] = MappingProxyType({})


@frozen(kw_only=False)
class Field:
    """A column: its name, its type, what may be in it, what was seen in it, how it was spelled.

    ``items`` describes the elements of an ``array`` and is None for every other type; the
    name of that inner field has no meaning.
    """

    name: str
    field_type: FieldType
    constraints: Constraints | None = None
    statistics: Statistics | None = None
    representations: Mapping[str, Representation] = field(default_factory=lambda: _NOTHING)
    items: Field | None = None

    def __post_init__(self) -> None:
        if self.field_type not in FIELD_TYPES:
            what = f"column '{self.name}' has the unknown type '{self.field_type}'"
            raise SchemaError(what, f"use one of: {', '.join(FIELD_TYPES)}")
        if self.field_type == "array" and self.items is None:
            object.__setattr__(self, "items", Field("item", "string"))

    def __hash__(self) -> int:
        return hash((self.name, self.field_type, self.constraints, self.items))

    @property
    def required(self) -> bool:
        """Whether the column never holds NULL."""
        return self.constraints is not None and self.constraints.required

    def cast(self, field_type: FieldType) -> Field:
        """Return the column with another type; what was true of the old type only is dropped."""
        if field_type == self.field_type:
            return self
        constraints = None if self.constraints is None else self.constraints.general()
        if constraints is not None:
            wanted = constraints_class(field_type)
            constraints = wanted(required=constraints.required, unique=constraints.unique)
        items = Field("item", "string") if field_type == "array" else None
        return Field(self.name, field_type, constraints, None, self.representations, items)

    def rename(self, name: str) -> Field:
        """Return the column under another name."""
        return replace(self, name=name)

    def to_data(self, index: int | None = None) -> dict[str, Any]:
        """Return the JSON object of the column; ``index`` counts from 1."""
        data: dict[str, Any] = {"type": self.field_type}
        if index is not None:
            data["index"] = index
        for key in ("constraints", "statistics", "items"):
            part = getattr(self, key)
            if part is not None:
                data[key] = part.to_data()
        if self.representations:
            parts = self.representations.items()
            data["representations"] = {name: part.to_data() for name, part in parts}
        return data

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> Field:
        """Build a column from its JSON object; one of an unknown type is read as text."""
        where = f"column '{name}'"
        field_type = _field_type(name, documents.text(data, "type", where))
        return cls(
            name,
            field_type,
            _constraints(field_type, data, where),
            _statistics(field_type, data, where),
            _representations(data, where),
            _items(data, where) if field_type == "array" else None,
        )


def _field_type(name: str, written: str | None) -> FieldType:
    if written is None:
        raise SchemaError(f"column '{name}' has no type", "give it a 'type'")
    if written in FIELD_TYPES:
        return cast("FieldType", written)
    log.warning("column '%s' has the unknown type '%s' and is read as text", name, written)
    return "string"


def _constraints(field_type: str, data: Mapping[str, Any], where: str) -> Constraints | None:
    if data.get("constraints") is None:
        return None
    where = f"the constraints of {where}"
    document = documents.mapping(data["constraints"], where)
    return constraints_class(field_type).from_data(document, where)


def _statistics(field_type: str, data: Mapping[str, Any], where: str) -> Statistics | None:
    if data.get("statistics") is None:
        return None
    where = f"the statistics of {where}"
    document = documents.mapping(data["statistics"], where)
    return statistics_class(field_type).from_data(document, where)


def _representations(data: Mapping[str, Any], where: str) -> Mapping[str, Representation]:
    if data.get("representations") is None:
        return _NOTHING
    documents_by_name = documents.mapping(data["representations"], f"representations of {where}")
    found = {}
    for name, document in documents_by_name.items():
        spot = f"representation '{name}' of {where}"
        part = representation_from_data(documents.mapping(document, spot), spot)
        if part is not None:
            found[name] = part
    return MappingProxyType(found)


def _items(data: Mapping[str, Any], where: str) -> Field | None:
    if data.get("items") is None:
        return None
    return Field.from_data("item", documents.mapping(data["items"], f"'items' of {where}"))
