"""The cases of the kit: data, one file each, which a plugin's file of the same name replaces."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from records_mover.schema import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["DOORS", "Case", "Door", "NameCase", "Shape", "ValueCase", "cases_of"]

Door = Literal["batches", "text", "table"]
"""How values come and go: as Arrow batches, as delimited text, or from table to table."""

DOORS: tuple[Door, ...] = ("batches", "text")
"""Those of most parts; some take rows of tables alone, in a form that only plugins know."""
CASES = Path(__file__).with_name("cases")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCase:
    """Values that have broken others, as text, and the column that holds them; NULL comes last."""

    name: str
    about: str
    field: Field
    values: tuple[str, ...]
    doors: tuple[Door, ...] = DOORS

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> ValueCase:
        """Make one of what its file says; its column is called ``v``."""
        described = {key: data[key] for key in ("type", "constraints", "items") if key in data}
        return cls(
            name=name,
            about=data["about"],
            field=Field.from_data("v", described),
            values=tuple(data["values"]),
            doors=tuple(data.get("doors", DOORS)),
        )

    @property
    def texts(self) -> tuple[str | None, ...]:
        """The values and NULL."""
        return (*self.values, None)

    def passes(self, door: Door) -> bool:
        """Whether the values go through a door; what a table holds, another one can hold."""
        return door == "table" or door in self.doors

    def beside_others(self) -> ValueCase:
        """Return the case with a column that has a name of its own."""
        return replace(self, field=self.field.rename(f"v_{self.name}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCase:
    """Names of columns that have broken others."""

    name: str
    about: str
    names: tuple[str, ...]

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> NameCase:
        """Make one of what its file says."""
        return cls(name=name, about=data["about"], names=tuple(data["names"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How many rows and columns come, and how many rows in a batch."""

    name: str
    about: str
    rows: int
    columns: int = 2
    batch: int = 1024

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> Shape:
        """Make one of what its file says."""
        return cls(name=name, **data)


Case = ValueCase | NameCase | Shape
Kind = Literal["values", "names", "shapes"]

_MAKERS: dict[Kind, type[Case]] = {"values": ValueCase, "names": NameCase, "shapes": Shape}


def cases_of(kind: Kind, own: Path | None = None) -> tuple[Case, ...]:
    """Return the cases of a kind by name; files below ``own`` replace the kit's, and add to them.

    A file is ``<kind>/<name>.toml``, in the kit as in the plugin's own folder.
    """
    files = dict(_files(CASES / kind))
    if own is not None:
        files |= dict(_files(own / kind))
    made = _MAKERS[kind].from_data
    return tuple(
        made(name, tomllib.loads(files[name].read_text("utf-8"))) for name in sorted(files)
    )


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("*.toml")):
        yield path.stem, path
