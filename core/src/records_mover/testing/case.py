"""The cases of the kit: data, one file each, which a plugin's file of the same name replaces."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from records_mover.errors import SchemaError
from records_mover.schema import Field
from records_mover.schema.field import FIELD_TYPES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

__all__ = ["DOORS", "Case", "Door", "NameCase", "Shape", "ValueCase", "cases_of"]

Door = Literal["batches", "text", "table"]
"""How values come and go: as Arrow batches, as delimited text, or from table to table."""

DOORS: tuple[Door, ...] = ("batches", "text")
"""Those of most parts; some take rows of tables alone, in a form that only plugins know."""
CASES = Path(__file__).with_name("cases")
_OF_FIELDS = ("constraints", "items")


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
        beside = (*_OF_FIELDS, "doors")
        about, kind, values = _said(data, "about", "type", "values", beside=beside)
        if kind not in FIELD_TYPES:
            raise ValueError(f"its type is {kind!r}; use one of {', '.join(FIELD_TYPES)}")
        described = {key: data[key] for key in ("type", *_OF_FIELDS) if key in data}
        doors = tuple(data.get("doors", DOORS))
        if not doors or set(doors) - set(DOORS):
            raise ValueError(f"its doors are {list(doors)}; use some of {list(DOORS)}")
        if not all(isinstance(value, str) for value in values):
            raise ValueError("its values are no texts; put each into quotes")
        field = Field.from_data("v", described)
        return cls(name=name, about=about, field=field, values=tuple(values), doors=doors)

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
        about, names = _said(data, "about", "names")
        return cls(name=name, about=about, names=tuple(names))


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
        _said(data, "about", "rows", beside=("columns", "batch"))
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
    return tuple(_read(kind, name, files[name]) for name in sorted(files))


def _read(kind: Kind, name: str, path: Path) -> Case:
    try:
        return _MAKERS[kind].from_data(name, tomllib.loads(path.read_text("utf-8")))
    except (ValueError, SchemaError) as error:
        raise ValueError(f"the case {str(path)!r} cannot be read: {error}") from error


def _said(data: Mapping[str, Any], *wanted: str, beside: Collection[str] = ()) -> list[Any]:
    """Return what a file must say; ValueError where it does not, or says what nobody reads."""
    for key in wanted:
        if key not in data:
            raise ValueError(f"it says no {key!r}; a case of the kit shows how one is written")
    for key in data:
        if key not in (*wanted, *beside):
            raise ValueError(f"nobody reads {key!r}; use {', '.join((*wanted, *beside))}")
    return [data[key] for key in wanted]


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("*.toml")):
        yield path.stem, path
