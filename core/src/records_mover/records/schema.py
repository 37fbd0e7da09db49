"""The records schema, where 1.x had it."""

from __future__ import annotations

from records_mover.schema import Field, RecordsSchema

RecordsSchemaField = Field

__all__ = ["RecordsSchema", "RecordsSchemaField"]
