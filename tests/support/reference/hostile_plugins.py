"""Plugins that are at fault before they move a row, and a store and a provider that are, too."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from records_mover.errors import StoreError
from records_mover.parts import Creds
from records_mover.url import Entry, StoreAccess
from support.fakeplugins import FakePlugin
from support.reference.store import ReferenceStore

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PLUGINS", "HostileStore", "careless"]

_HEAD = "from records_mover import hookimpl\nMOVER_API = 1\n"
_PARTS = """
import itertools
_numbers = itertools.count()

class Part:
    dialects = frozenset({"odd"})
    def __init__(self):
        self.name = f"xyz-{next(_numbers)}"
    def offers(self, ask):
        return []
    def load(self, job, payload):
        return None

@hookimpl
def mover_loaders():
    return [Part()]
"""
_STORE = """
from records_mover.url import Scheme
from support.reference.hostile_plugins import HostileStore, careless

@hookimpl
def mover_schemes():
    return [Scheme(name="hostile", store=lambda context: HostileStore())]

@hookimpl
def mover_creds(name):
    return careless(name)
"""
PLUGINS = (
    FakePlugin(
        name="mover-heavy",
        source=f"import sqlalchemy\n{_HEAD}",
        requires=("records-mover>=2.0.0.dev0,<3", "mover-odd"),
    ),
    FakePlugin(
        name="mover-odd", source=f"{_HEAD}{_PARTS}", requires=("records-mover", "mover-heavy")
    ),
    FakePlugin(name="mover-shop", source=f"{_HEAD}{_STORE}", requires=("records-mover>=2",)),
    FakePlugin(
        name="mover-private",
        source=f"{_HEAD}from records_mover.db.sqlite import open_sqlite\n",
    ),
)


class HostileStore(ReferenceStore):
    """Does everything wrong, each thing where its URL says so: ``hostile://<fault>/path``."""

    def list(self, url: str) -> Iterator[Entry]:
        fault = self.fault(url)
        if fault == "finds":
            return iter([])
        found = list(super().list(url))
        if fault == "sizes":
            found = [Entry(url=one.url, size=(one.size or 0) + 1) for one in found]
        if fault == "order":
            found.reverse()
        head = f"hostile://{fault}"
        if fault == "wild":
            found = found[:1]
        return iter(
            [Entry(url=head + one.url.removeprefix("reference://"), size=one.size) for one in found]
        )

    def open(self, url: str, *, offset: int = 0, length: int | None = None) -> BinaryIO:
        fault = self.fault(url)
        if fault == "empty" and not self.path(url).exists():
            return io.BytesIO()
        stream = super().open(url, offset=0 if fault == "offset" else offset, length=length)
        if fault == "torn":
            stream.read(1)
        return stream

    @contextmanager
    def write(self, url: str) -> Iterator[BinaryIO]:
        fault = self.fault(url)
        if fault == "first" and self.path(url).exists():
            with Path(os.devnull).open("wb") as sink:
                yield sink
        elif fault == "half":
            with self.path(url).open("wb") as sink:
                yield sink
        elif fault == "litter":
            beside = self.path(url).with_name("beside.bin")
            beside.write_bytes(b"")
            with super().write(url) as sink:
                yield sink
            beside.unlink()
        else:
            with super().write(url) as sink:
                yield sink

    def delete(self, url: str) -> None:
        if self.fault(url) != "stays":
            super().delete(url)

    def copy(self, source: str, target: str) -> None:
        if self.fault(source) == "cut":
            self.path(target).write_bytes(self.path(source).read_bytes()[:10])
        elif self.fault(source) != "stays":
            super().copy(source, target)

    def size(self, url: str) -> int | None:
        if self.fault(url) == "missing" and not self.path(url).exists():
            raise StoreError("something is wrong", "guess what")
        size = super().size(url)
        return None if size is None else size + (self.fault(url) == "sizes")

    def access(self, url: str) -> StoreAccess:
        key = f"{self.fault(url)}-key"
        return StoreAccess(region=key, secret_key=super().access(url).secret_key and _loud(key))

    def path(self, url: str) -> Any:
        rest = url.removeprefix("hostile://")
        return super().path("reference:///" + rest.partition("/")[2])

    @staticmethod
    def fault(url: str) -> str:
        return url.removeprefix("hostile://").partition("/")[0]


def _loud(text: str) -> Any:
    from records_mover.secret import Secret

    return Secret(text)


def careless(name: str) -> Creds | None:
    if "nest" not in name and "broken" not in name:
        return None
    return Creds(provider="loud", facts={"type": "reference", "password": "kanarie-in-plain"})
