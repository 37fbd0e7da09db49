"""A store by somebody else: one module with ``mover_schemes`` is all that moves need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records_mover import Session
from records_mover.errors import NotFoundError
from records_mover.plugins import Plugins
from support.fakeplugins import FakePlugin

if TYPE_CHECKING:
    from pathlib import Path

    from support.fakeplugins import FakeSite

SOURCE = '''
import io
from contextlib import contextmanager

from records_mover import hookimpl
from records_mover.errors import NotFoundError
from records_mover.url import Entry, Scheme

MOVER_API = 1


class DrawerStore:
    """Files in a drawer of this process; it asks for a key by name."""

    drawer = {}

    def __init__(self, context):
        self.key = context.creds("drawer").facts["token"].reveal()

    def list(self, url):
        below = url.endswith("/")
        names = [n for n in sorted(self.drawer) if n == url or below and n.startswith(url)]
        if not names:
            raise NotFoundError(f"there is nothing at {url!r}", "look into the drawer")
        return iter([Entry(url=name, size=self.size(name)) for name in names])

    def open(self, url, *, offset=0, length=None):
        end = None if length is None else offset + length
        return io.BytesIO(self.drawer[url][offset:end])

    @contextmanager
    def write(self, url):
        with io.BytesIO() as sink:
            yield sink
            self.drawer[url] = sink.getvalue()

    def make_folder(self, url):
        pass

    def delete(self, url):
        del self.drawer[url]

    def copy(self, source, target):
        self.drawer[target] = self.drawer[source]

    def size(self, url):
        return len(self.drawer[url])


@hookimpl
def mover_schemes():
    return [Scheme(name="drawer", store=DrawerStore)]
'''


@pytest.fixture
def session(fake_site: FakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    config = tmp_path / "config.toml"
    config.write_text('[connections.drawer]\ntoken = "env:DRAWER_KEY"\n')
    monkeypatch.setenv("MOVER_CONFIG", str(config))
    monkeypatch.setenv("DRAWER_KEY", "a-key-for-a-drawer")
    fake_site.install(FakePlugin(name="mover-drawer", source=SOURCE))
    with fake_site.on_path():
        return Session(plugins=Plugins(strict=True))


def test_rows_go_into_it_within_it_and_out_of_it(session: Session, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,name\n1,Ann\n2,Bo\n")
    database = f"sqlite:///{tmp_path / 'a.db'}"
    with session:
        session.move(str(tmp_path / "in.csv"), "drawer://top/a.csv")
        session.move("drawer://top/a.csv", "drawer://top/b.csv")
        assert session.move("drawer://top/a.csv", f"{database}::t").rows == 2
        assert session.move("drawer://top/", f"{database}::both").rows == 4
        assert session.move(f"{database}::t", "drawer://out.jsonl").rows == 2
        session.move("drawer://out.jsonl", str(tmp_path / "out.csv"))
        with pytest.raises(
            NotFoundError, match=r"there is nothing at 'drawer://none.csv'; look in"
        ):
            session.move("drawer://none.csv", str(tmp_path / "out.csv"))
    assert "Ann" in (tmp_path / "out.csv").read_text()
