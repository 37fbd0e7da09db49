"""The JSON Schema of records schema documents, which ships with the package."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

__all__ = ["json_schema"]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 7) that every document of ours is valid against."""
    text = files(__package__).joinpath("records_schema_v1.schema.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
