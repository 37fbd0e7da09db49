"""The columns of a table, in order, as one value that can be stored next to the rows."""

from __future__ import annotations

import json
from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from records_mover.errors import SchemaError
from records_mover.schema import documents
from records_mover.schema.field import Field, FieldType
from records_mover.schema.representations import TableRepresentation
from records_mover.utils.words import many

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

__all__ = ["SCHEMA_ID", "RecordsSchema"]

SCHEMA_ID = "bltypes/v1"


class Driver(Protocol):
    """What a schema asks of ``records_mover.db.DBDriver``, which is in a room above."""

    def records_schema(self, schema: str | None, table: str) -> RecordsSchema: ...

    def create_sql(self, schema: str | None, table: str, records_schema: RecordsSchema) -> str: ...


class RecordsSchema:
    """The columns of a table, in order.

    A schema never changes: every method that seems to change one returns another.
    """

    __slots__ = ("_by_name", "fields", "known_representations")

    fields: tuple[Field, ...]
    known_representations: Mapping[str, TableRepresentation]
    _by_name: Mapping[str, Field]

    def __init__(
        self,
        fields: Sequence[Field],
        known_representations: Mapping[str, TableRepresentation] | None = None,
    ) -> None:
        _refuse_duplicates([field.name for field in fields])
        known = MappingProxyType(dict(known_representations or {}))
        object.__setattr__(self, "fields", tuple(fields))
        object.__setattr__(self, "known_representations", known)
        object.__setattr__(self, "_by_name", {field.name: field for field in fields})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a records schema never changes: cannot set '{name}' to {value!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return (_from_document, (self.to_json(),))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RecordsSchema):
            return NotImplemented
        mine = (self.fields, dict(self.known_representations))
        return mine == (other.fields, dict(other.known_representations))

    def __hash__(self) -> int:
        return hash(self.fields)

    def __repr__(self) -> str:
        columns = ", ".join(f"{field.name}: {field.field_type}" for field in self.fields)
        return f"RecordsSchema({columns})"

    def __len__(self) -> int:
        return len(self.fields)

    def __getitem__(self, name: str) -> Field:
        try:
            return self._by_name[name]
        except KeyError as err:
            raise SchemaError(f"no column '{name}'", f"there are: {', '.join(self.names)}") from err

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(field.name for field in self.fields)

    def select(self, names: Sequence[str]) -> RecordsSchema:
        """Return the schema of these columns, in this order."""
        return RecordsSchema([self[name] for name in names])

    def rename(self, names: Sequence[str]) -> RecordsSchema:
        """Return the schema with other names, given by position."""
        if len(names) != len(self.fields):
            what = f"{many(len(names), 'name')} for {many(len(self.fields), 'column')}"
            raise SchemaError(what, "give one name for each column")
        pairs = zip(self.fields, names, strict=True)
        return RecordsSchema([field.rename(name) for field, name in pairs])

    def cast_field_types(self, casts: Mapping[FieldType, FieldType]) -> RecordsSchema:
        """Return the schema with every column of the types named cast to another type."""
        fields = [
            field.cast(casts.get(field.field_type, field.field_type)) for field in self.fields
        ]
        return RecordsSchema(fields, self.known_representations)

    def to_data(self) -> dict[str, Any]:
        """Return the JSON document of the schema."""
        fields = enumerate(self.fields, start=1)
        known = self.known_representations.items()
        return {
            "schema": SCHEMA_ID,
            "fields": {field.name: field.to_data(index) for index, field in fields},
            "known_representations": {name: part.to_data() for name, part in known},
        }

    def to_json(self) -> str:
        """Return the JSON text of the schema."""
        return json.dumps(self.to_data(), ensure_ascii=False, indent=2)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> RecordsSchema:
        """Build a schema from its JSON document; the order of ``fields`` is that of the columns."""
        written = documents.mapping(data, "the records schema").get("schema")
        if written != SCHEMA_ID:
            raise SchemaError(f"records schema of kind '{written}'", f"only '{SCHEMA_ID}' is known")
        columns = documents.mapping(data.get("fields"), "'fields' of the records schema")
        fields = [
            Field.from_data(name, documents.mapping(document, f"column '{name}'"))
            for name, document in columns.items()
        ]
        return cls(fields, _known_representations(data))

    @classmethod
    def from_json(cls, text: str | bytes) -> RecordsSchema:
        """Build a schema from its JSON text."""
        try:
            document = json.loads(text)
        except (ValueError, UnicodeDecodeError) as err:
            what = f"the records schema is no JSON: {err}"
            raise SchemaError(what, "see the records schema v1 document for its shape") from err
        return cls.from_data(documents.mapping(document, "the records schema"))

    def to_arrow(self) -> pa.Schema:
        """Return the Arrow schema that holds every value of these columns exactly."""
        from records_mover.schema.arrow import schema_of

        return schema_of(self.fields)

    @classmethod
    def from_arrow(cls, schema: pa.Schema) -> RecordsSchema:
        """Build a schema from an Arrow schema."""
        from records_mover.schema.arrow import fields_of

        return cls(fields_of(schema))

    # The names of 1.x for what the rooms of databases and frames do

    @classmethod
    def from_db_table(
        cls, schema_name: str | None, table_name: str, driver: Driver
    ) -> RecordsSchema:
        """Return the schema of a table, of which the driver of its database knows."""
        return driver.records_schema(schema_name, table_name)

    def to_schema_sql(self, driver: Driver, schema_name: str | None, table_name: str) -> str:
        """Return the CREATE TABLE of a table of this schema, as the driver's database has it."""
        return driver.create_sql(schema_name, table_name, self)

    @classmethod
    def from_dataframe(
        cls,
        df: pd.DataFrame,
        processing_instructions: object = None,
        include_index: bool = False,
    ) -> RecordsSchema:
        """Return the schema of a DataFrame, by its dtypes and the values of object columns."""
        del processing_instructions  # every value is looked at
        from records_mover.schema.frames import schema_of_frame

        return schema_of_frame(df, include_index=include_index)

    def to_empty_dataframe(self) -> pd.DataFrame:
        """Return a DataFrame of these columns, and of no rows."""
        from records_mover.schema.frames import to_frame

        return to_frame(self.to_arrow().empty_table())

    def cast_dataframe_types(self, df: pd.DataFrame) -> pd.DataFrame:
        """Return a DataFrame whose columns have the dtypes of these; pandas refuses what is not."""
        from records_mover.schema.frames import frame_dtypes

        return df.astype(frame_dtypes(self))

    def assign_dataframe_names(self, include_index: bool, df: pd.DataFrame) -> pd.DataFrame:
        """Return a DataFrame with these names, given by position, its index first if asked for."""
        named = df.reset_index() if include_index else df
        if len(named.columns) != len(self.fields):
            what = f"{many(len(named.columns), 'column')} for {many(len(self.fields), 'name')}"
            raise SchemaError(what, "give the schema of this frame")
        return named.set_axis(list(self.names), axis=1)


def _from_document(text: str) -> RecordsSchema:
    return RecordsSchema.from_json(text)


def _refuse_duplicates(names: Sequence[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        quoted = ", ".join(f"'{name}'" for name in twice)
        raise SchemaError(f"more than one column is named {quoted}", "rename all but one of them")


def _known_representations(data: Mapping[str, Any]) -> dict[str, TableRepresentation]:
    if data.get("known_representations") is None:
        return {}
    where = "'known_representations' of the records schema"
    parts = documents.mapping(data["known_representations"], where)
    return {
        name: TableRepresentation.from_data(documents.mapping(part, where), where)
        for name, part in parts.items()
    }
