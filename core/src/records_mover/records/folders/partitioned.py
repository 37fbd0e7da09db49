"""Folders in which subfolders called ``key=value`` hold the rows of one value each."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote

from records_mover.errors import FormatError, NotFoundError
from records_mover.schema import RecordsSchema
from records_mover.utils import lazyprop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from records_mover.formats import BaseRecordsFormat
    from records_mover.parts import Part
    from records_mover.url import Entry, Store

__all__ = ["Partitioned", "partition_entries", "partition_keys", "refuse_partitions"]

_NULL = "__HIVE_DEFAULT_PARTITION__"
_DEPTH = 8
_BESIDE = 3  # how deep to look for partitions beside files: each step lists the folder once more


def partition_entries(store: Store, url: str) -> list[Entry]:
    """Return the data files in subfolders ``key=value`` of a folder, at any depth."""
    found = {entry.url: entry for entry in _partitions(store, url, _DEPTH)}
    return [found[url] for url in sorted(found)]


def _partitions(store: Store, url: str, deepest: int) -> Iterator[Entry]:
    for depth in range(1, deepest + 1):
        try:
            entries = list(store.list(url + "*=*/" * depth + "*"))
        except NotFoundError:
            continue
        for entry in entries:
            *folders, name = _below(entry.url, depth)
            hidden = any(part[:1] in ("_", ".") for part in (*folders, name))
            if all("=" in part for part in folders) and not hidden:
                yield entry


def refuse_partitions(store: Store, url: str) -> None:
    """Refuse a folder that holds data files and also subfolders ``key=value`` with some."""
    inside = next(_partitions(store, url, _BESIDE), None)
    if inside is not None:
        raise FormatError(
            f"{url!r} holds data files, and in folders by key more of them: {inside.url!r}",
            "name the files by a pattern such as '*.csv', or move the folders one by one",
        )


def _below(url: str, depth: int) -> list[str]:
    return url.split("/")[-depth - 1 :]


def partition_keys(url: str, folder: str) -> dict[str, str | None]:
    """Return what the folders between ``folder`` and a file say of its rows."""
    above = len(_keys_above(folder))
    return dict(list(_keys_above(url).items())[above:])


def _keys_above(url: str) -> dict[str, str | None]:
    keys: dict[str, str | None] = {}
    for part in reversed(url.split("/")[:-1]):
        key, equals, value = part.partition("=")
        if not equals:
            break
        keys[unquote(key)] = None if value == _NULL else unquote(value)
    return dict(reversed(keys.items()))


@dataclass
class Partitioned:
    """The rows of partitioned files, with a column for each key."""

    folder: str
    parts: list[Part]
    format: BaseRecordsFormat
    within: Callable[[], RecordsSchema] = field(repr=False)
    """What the files themselves hold."""

    @lazyprop
    def keys(self) -> tuple[str, ...]:
        """The names of the keys, the same for every file."""
        names = tuple(partition_keys(self.parts[0].name, self.folder))
        for part in self.parts:
            if tuple(partition_keys(part.name, self.folder)) != names:
                raise FormatError(
                    f"{part.name!r} is not in folders of {', '.join(names)}",
                    "move folders of other keys one by one",
                )
        return names

    @lazyprop
    def schema(self) -> RecordsSchema:
        """The columns of the files, then those keys that are not among them."""
        inside = self.within()
        return RecordsSchema([*inside.fields, *self._added.fields])

    def reader(self) -> pa.RecordBatchReader:
        """Return the rows of all files."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self.schema.to_arrow(), self._batches())

    @lazyprop
    def _values(self) -> tuple[RecordsSchema, pa.Table]:
        """The values of the keys, a row for each file, of the types that all values have."""
        from records_mover.formats import infer_schema, read_batches
        from records_mover.formats.names import PLAIN_CSV

        rows = [self.keys, *(self._said(part) for part in self.parts)]
        text = "".join(",".join(map(_quoted, row)) + "\n" for row in rows).encode()
        schema = infer_schema([lambda: BytesIO(text)], PLAIN_CSV)
        return schema, read_batches(BytesIO(text), PLAIN_CSV, schema).read_all()

    def _said(self, part: Part) -> tuple[str | None, ...]:
        return tuple(partition_keys(part.name, self.folder).values())

    @lazyprop
    def _added(self) -> RecordsSchema:
        inside = self.within()
        return RecordsSchema([one for one in self._values[0].fields if one.name not in inside])

    def _batches(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        from records_mover.formats import read_batches

        inside, (_, values) = self.within(), self._values
        wanted = self.schema.to_arrow()
        for row, part in enumerate(self.parts):
            with closing(part.open()) as stream:
                for batch in read_batches(stream, self.format, inside, source=part.name):
                    added = [
                        pa.repeat(values.column(name)[row], batch.num_rows)
                        for name in self._added.names
                    ]
                    yield pa.RecordBatch.from_arrays([*batch.columns, *added], schema=wanted)


def _quoted(value: str | None) -> str:
    if value is None:
        return ""
    plain = value and not any(mark in value for mark in ',"\r\n')
    return value if plain else '"' + value.replace('"', '""') + '"'
