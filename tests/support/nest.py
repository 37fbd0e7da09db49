"""A user with secrets to keep: runs ``mvrec``, and looks at all that it lets others see."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

from support.watching import Seen, watched_run

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CANARY", "DEBUG", "GOOD", "JSON", "PIECE", "Nest", "assert_silent"]

MVREC = Path(sys.executable).with_name("mvrec")
CANARY = "kanarie@vogel/19%'ü"
PIECE = "kanarie"  # a piece that must not be seen either
GOOD = "id,name\n1,Ann\n2,Bo\n"
BAD = "id,name\n1,Ann\nx,Bo\n"

DEBUG = ("--debug",)
JSON = ("--debug", "--json")


class Nest:
    """A user with a home, a folder to work in and an environment of their own."""

    def __init__(self, base: Path) -> None:
        self.home, self.folder = base / "home", base / "work"
        for made in (self.home, self.folder):
            made.mkdir()
        (self.folder / "good.csv").write_text(GOOD)
        (self.folder / "bad.csv").write_text(BAD)
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL") if name in os.environ}
        self.env = {
            **kept,
            "HOME": str(self.home),
            "PATH": f"{base / 'bin'}:/usr/bin:/bin",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "MOVER_STRICT_PLUGINS": "1",
        }
        self.hidden = [CANARY, PIECE]

    def write(self, name: str, text: str, mode: int = 0o600) -> None:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def config(self, text: str) -> None:
        self.write(".config/records-mover/config.toml", text)

    def run(self, *args: str, codes: Sequence[int] = (0,), **env: str) -> Seen:
        seen = watched_run([MVREC, *args], env={**self.env, **env}, folder=self.folder)
        assert_silent(seen, self.hidden)
        assert seen.code in codes, seen.stderr
        return seen


def assert_silent(seen: Seen, hidden: Sequence[str]) -> None:
    """No spelling of what is hidden in anything that was seen, and no file open to others."""
    everything = seen.everything()
    for secret in hidden:
        for spelt in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}:
            assert spelt not in everything
        code = base64.b64encode(f"me:{secret}".encode()).decode()
        assert code not in everything
    assert not seen.open_to_others
