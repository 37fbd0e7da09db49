"""What a store must do: show files whole or not at all, and find what is there."""

from __future__ import annotations

import gc
import hashlib
import warnings
from contextlib import closing, suppress
from typing import TYPE_CHECKING, ClassVar

import pytest

from records_mover.errors import MoverError, NotFoundError
from records_mover.session import Session
from records_mover.testing.suite import Suite, behaviour
from records_mover.url import GivesAccess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from records_mover.url import Store

__all__ = ["StoreSuite"]

BLOCK = bytes(range(256)) * 4096
NAMES = (
    "plain.csv",
    "two words.csv",
    "größe 中😀.csv",
    "a+b%20c&d=e.csv",
    "quote'\".csv",
    "dots..csv",
)


class StoreSuite(Suite):
    """A store, by a fixture ``folder``: the URL of an empty folder that ends in ``/``.

    ``large`` is how many bytes a large file has; it is written in blocks of a megabyte.
    """

    kind = "store"
    known = frozenset({"access", "names", "wildcards"})
    large: ClassVar[int] = 24 << 20

    @pytest.fixture
    def session(self) -> Iterator[Session]:
        """Open a session."""
        with Session() as session:
            yield session

    @pytest.fixture
    def store(self, session: Session, folder: str) -> Store:
        """Open the store that owns the folder."""
        store = session.context.store(folder)
        store.make_folder(folder)
        return store

    @behaviour()
    @pytest.mark.parametrize("size", [0, 1, len(BLOCK) + 1])
    def test_what_was_written_is_read(self, store: Store, folder: str, size: int) -> None:
        """Of any size, an empty file too."""
        body = (BLOCK * 2)[:size]
        _write(store, folder + "a.bin", body)
        assert _sum(_read(store, folder + "a.bin")) == _sum(body)
        assert store.size(folder + "a.bin") == size

    @behaviour()
    def test_a_file_is_written_over(self, store: Store, folder: str) -> None:
        """The new bytes take the place of the old ones, shorter ones too."""
        for body in (b"first and longer", b"second"):
            _write(store, folder + "a.bin", body)
        assert _read(store, folder + "a.bin") == b"second"

    @behaviour()
    def test_half_a_file_never_stands_there(self, store: Store, folder: str) -> None:
        """A block that ends with an error leaves no file, and the old one as it was."""
        _write(store, folder + "old.bin", b"old")
        for name in ("old.bin", "new.bin"):
            with pytest.raises(_Interrupted):
                _write_half(store, folder + name)
        assert _read(store, folder + "old.bin") == b"old"
        assert _names(store, folder) == ["old.bin"]

    @behaviour()
    def test_what_nobody_closes_never_stands_there(
        self, store: Store, session: Session, folder: str
    ) -> None:
        """Whoever drops what they write leaves no file, and the old one as it was."""
        _write(store, folder + "old.bin", b"old")
        for name in ("old.bin", "new.bin"):
            for drop in (_dropped_block, _dropped_file):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", ResourceWarning)
                    drop(store, session, folder + name)
                    gc.collect()
        assert _read(store, folder + "old.bin") == b"old"
        assert _names(store, folder) == ["old.bin"]

    @behaviour()
    def test_a_large_file_arrives_whole(self, store: Store, folder: str) -> None:
        """Every byte of it, in order."""
        wrote, read = hashlib.sha256(), hashlib.sha256()
        with store.write(folder + "large.bin") as sink:
            for _ in range(self.large // len(BLOCK)):
                sink.write(BLOCK)
                wrote.update(BLOCK)
        with closing(store.open(folder + "large.bin")) as stream:
            while block := stream.read(1 << 20):
                read.update(block)
        assert read.digest() == wrote.digest()

    @behaviour()
    def test_a_piece_of_a_file_is_read(self, store: Store, folder: str) -> None:
        """From an offset on, and no further than a length."""
        _write(store, folder + "a.bin", b"0123456789")
        for offset, length, wanted in ((2, 3, b"234"), (7, None, b"789"), (8, 9, b"89")):
            with closing(store.open(folder + "a.bin", offset=offset, length=length)) as stream:
                assert stream.read() == wanted

    @behaviour()
    def test_a_folder_lists_its_own_files_in_order(self, store: Store, folder: str) -> None:
        """By name, and none of those in folders below."""
        store.make_folder(folder + "below/")
        for name in ("b.csv", "a.csv", "a10.csv", "below/c.csv"):
            _write(store, folder + name, name.encode())
        entries = list(store.list(folder))
        assert [entry.url[-len(name) :] for entry, name in zip(entries, _ABC, strict=True)] == _ABC
        sizes = zip((entry.size for entry in entries), map(len, _ABC), strict=True)
        assert all(size in (length, None) for size, length in sizes)
        assert _read(store, entries[0].url) == b"a.csv"

    @behaviour("names")
    @pytest.mark.parametrize("name", NAMES)
    def test_a_name_means_itself(self, store: Store, folder: str, name: str) -> None:
        """Blanks, percent signs, quotes and letters of any script."""
        _write(store, folder + name, name.encode())
        assert _read(store, folder + name) == name.encode()
        (entry,) = store.list(folder)
        assert _read(store, entry.url) == name.encode()

    @behaviour("wildcards")
    def test_wildcards_name_all_that_match(self, store: Store, folder: str) -> None:
        """In the order of their names."""
        for name in ("b1.csv", "a1.csv", "a2.txt"):
            _write(store, folder + name, b"x")
        found = [entry.url.rpartition("/")[2] for entry in store.list(folder + "*.csv")]
        assert found == ["a1.csv", "b1.csv"]

    @behaviour()
    def test_what_is_not_there_is_not_found(self, store: Store, folder: str) -> None:
        """Whatever is asked of it."""
        url = folder + "nothing.csv"
        with pytest.raises(NotFoundError):
            closing(store.open(url)).__enter__().read()
        with pytest.raises(NotFoundError):
            list(store.list(url))
        with pytest.raises(NotFoundError):
            store.size(url)

    @behaviour()
    def test_a_file_is_deleted(self, store: Store, folder: str) -> None:
        """That one, and no other."""
        for name in ("a.csv", "a.csv.gz"):
            _write(store, folder + name, b"x")
        store.delete(folder + "a.csv")
        assert _names(store, folder) == ["a.csv.gz"]

    @behaviour()
    def test_a_file_is_copied(self, store: Store, folder: str) -> None:
        """The copy is whole, and the original stays."""
        _write(store, folder + "a.bin", BLOCK)
        store.copy(folder + "a.bin", folder + "b.bin")
        copied, kept = (_read(store, folder + name) for name in ("b.bin", "a.bin"))
        assert (_sum(copied), _sum(kept)) == (_sum(BLOCK), _sum(BLOCK))

    @behaviour("access")
    def test_a_server_can_be_let_in(self, store: Store, folder: str) -> None:
        """What it needs is said, and does not print."""
        assert isinstance(store, GivesAccess)
        access = store.access(folder)
        for secret in (access.secret_key, access.session_token):
            if secret is not None:
                assert secret.reveal() not in repr(access)

    @behaviour()
    def test_rows_move_in_and_out(self, store: Store, folder: str, tmp_path: Path) -> None:
        """Through the planner, as files and as a folder of them."""
        del store
        source, target = tmp_path / "in.csv", tmp_path / "out.csv"
        source.write_text("id,v\n1,a\n2,b\n")
        with Session() as session:
            session.move(str(source), folder + "rows.csv")
            session.move(folder + "rows.csv", str(target))
            assert _sum(target.read_bytes()) == _sum(source.read_bytes())
            session.move(str(source), folder + "rows/", target_format="parquet")
            session.move(folder + "rows/", str(tmp_path / "again.csv"))
            with suppress(NotFoundError), pytest.raises(MoverError):
                session.move(folder + "none.csv", str(target))
        assert (tmp_path / "again.csv").read_text().splitlines()[1:] == ["1,a", "2,b"]


_ABC = ["a.csv", "a10.csv", "b.csv"]


class _Interrupted(Exception):
    """What ends a block before its file is whole."""


def _write(store: Store, url: str, body: bytes) -> None:
    with store.write(url) as sink:
        sink.write(body)


def _write_half(store: Store, url: str) -> None:
    with store.write(url) as sink:
        sink.write(BLOCK)
        raise _Interrupted


def _dropped_block(store: Store, session: Session, url: str) -> None:
    del session
    opened = store.write(url)
    opened.__enter__().write(BLOCK)


def _dropped_file(store: Store, session: Session, url: str) -> None:
    del store
    sink = session.file_url(url).open("wb")
    sink.write(BLOCK)
    sink.flush()


def _read(store: Store, url: str) -> bytes:
    with closing(store.open(url)) as stream:
        return stream.read()


def _sum(body: bytes) -> tuple[int, str]:
    """Return what tells large files apart: pytest would look for hours at where they differ."""
    return len(body), hashlib.sha256(body).hexdigest()


def _names(store: Store, folder: str) -> list[str]:
    return [entry.url.rpartition("/")[2] for entry in store.list(folder)]
