"""How one system spelled a column or a table, so that its like can be made again exactly."""

from __future__ import annotations

import logging
from dataclasses import field
from typing import TYPE_CHECKING, Any

from records_mover.frozen import frozen
from records_mover.schema import documents

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "PandasRepresentation",
    "Representation",
    "SqlRepresentation",
    "TableRepresentation",
    "representation_from_data",
]

log = logging.getLogger(__name__)


@frozen
class SqlRepresentation:
    """A column as a database declared it.

    ``rep_type`` is ``sql/<dialect>``; ``col_ddl`` is everything after the column's name.
    """

    rep_type: str
    col_ddl: str
    col_type: str | None = None
    col_modifiers: str | None = None

    @property
    def dialect(self) -> str:
        """The dialect that speaks these words."""
        return self.rep_type.removeprefix("sql/")

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the representation."""
        data = {"rep_type": self.rep_type, "col_ddl": self.col_ddl}
        if self.col_type is not None:
            data["col_type"] = self.col_type
        if self.col_modifiers is not None:
            data["col_modifiers"] = self.col_modifiers
        return data


@frozen
class PandasRepresentation:
    """A column as a DataFrame held it."""

    pd_df_dtype: Any
    pd_df_coltype: str = "series"
    rep_type: str = "dataframe/pandas"

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the representation."""
        return {
            "rep_type": self.rep_type,
            "pd_df_dtype": self.pd_df_dtype,
            "pd_df_coltype": self.pd_df_coltype,
        }


Representation = SqlRepresentation | PandasRepresentation


@frozen
class TableRepresentation:
    """A whole table as one system spelled it.

    ``type`` is ``sql/<dialect>``, with ``table_ddl``, or ``dataframe/pandas``; ``details`` keeps
    any other member of the JSON object.
    """

    type: str
    table_ddl: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """Return the JSON object of the representation."""
        data: dict[str, Any] = {"type": self.type, **self.details}
        return data if self.table_ddl is None else {**data, "table_ddl": self.table_ddl}

    @classmethod
    def from_data(cls, data: Mapping[str, Any], where: str) -> TableRepresentation:
        """Build the representation from its JSON object."""
        details = {key: value for key, value in data.items() if key not in ("type", "table_ddl")}
        return cls(
            type=documents.text(data, "type", where) or "unknown",
            table_ddl=documents.text(data, "table_ddl", where),
            details=details,
        )


def representation_from_data(data: Mapping[str, Any], where: str) -> Representation | None:
    """Build a column's representation; one of an unknown kind is skipped with a warning."""
    rep_type = documents.text(data, "rep_type", where) or ""
    if rep_type.startswith("sql/"):
        return SqlRepresentation(
            rep_type=rep_type,
            col_ddl=documents.text(data, "col_ddl", where) or "",
            col_type=documents.text(data, "col_type", where),
            col_modifiers=documents.text(data, "col_modifiers", where),
        )
    if rep_type == "dataframe/pandas":
        coltype = documents.text(data, "pd_df_coltype", where) or "series"
        return PandasRepresentation(pd_df_dtype=data.get("pd_df_dtype"), pd_df_coltype=coltype)
    log.warning("%s is of the unknown kind '%s' and is left out", where, rep_type)
    return None
