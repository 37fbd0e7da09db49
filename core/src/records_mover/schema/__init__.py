"""What the columns of a table are: types, limits, what was seen, and how systems spell them."""

from __future__ import annotations

from records_mover.schema.constraints import (
    Constraints,
    DecimalConstraints,
    IntegerConstraints,
    StringConstraints,
    TimeConstraints,
)
from records_mover.schema.field import FIELD_TYPES, Field, FieldType
from records_mover.schema.records_schema import RecordsSchema
from records_mover.schema.representations import (
    PandasRepresentation,
    SqlRepresentation,
    TableRepresentation,
)
from records_mover.schema.statistics import (
    DecimalStatistics,
    IntegerStatistics,
    Statistics,
    StringStatistics,
)

__all__ = [
    "FIELD_TYPES",
    "Constraints",
    "DecimalConstraints",
    "DecimalStatistics",
    "Field",
    "FieldType",
    "IntegerConstraints",
    "IntegerStatistics",
    "PandasRepresentation",
    "RecordsSchema",
    "SqlRepresentation",
    "Statistics",
    "StringConstraints",
    "StringStatistics",
    "TableRepresentation",
    "TimeConstraints",
]
