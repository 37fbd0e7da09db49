"""A ``Secret`` does not print, whoever tries; and a text may say where a secret lies."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import pprint
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import InitError

from records_mover.errors import CredsError, MoverError
from records_mover.logging import (
    SecretsRedactingLogStream,
    guard_logger,
    set_stream_logging,
)
from records_mover.parts import Creds
from records_mover.redaction import redact, register_secret
from records_mover.secret import Secret, secret_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CANARY = "canary-in-a-secret"
SECRET = Secret(CANARY)


@pytest.fixture(autouse=True)
def known() -> None:
    """Let the secret of this file be known in each of its tests."""
    register_secret(CANARY)


@pytest.mark.parametrize(
    "printed",
    [
        str,
        repr,
        format,
        ascii,
        pprint.pformat,
        "{}".format,
        "{0!r:>20}".format,
        "{:>20}".format,
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
        lambda secret: f"{secret} {secret!r} {[secret]} { ({'a': secret}) }",
        lambda secret: str(asdict(Creds(provider="p", facts={"password": secret}))),
        lambda secret: repr(replace(Creds(provider="p", url=secret), provider="q")),
        lambda secret: repr(ValueError(secret)) + str(ValueError(secret)),
        lambda secret: json.dumps(secret, default=str),
    ],
)
def test_a_secret_prints_as_stars(printed: Callable[[Any], str]) -> None:
    assert CANARY not in printed(SECRET)


def test_a_secret_is_no_json_and_no_pickle() -> None:
    with pytest.raises(TypeError):
        json.dumps({"password": SECRET})
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="a secret is not pickled"):
            pickle.dumps(SECRET, protocol)


def test_a_secret_is_equal_to_its_like_and_to_no_text() -> None:
    assert Secret("a-b-c") == Secret("a-b-c") != Secret("a-b-d")
    assert len({Secret("a-b-c"), Secret("a-b-c")}) == 1
    assert SECRET != CANARY
    assert copy.deepcopy(SECRET) is copy.copy(SECRET) is SECRET
    assert SECRET.reveal() == CANARY
    assert SECRET
    assert not Secret("")


def test_what_is_a_secret_is_starred_out_of_errors() -> None:
    assert CANARY not in str(MoverError(f"cannot use {CANARY!r}", f"not {CANARY}"))
    assert redact(CANARY) == "***"


# where it lies


def test_a_text_is_the_secret_unless_it_says_where_it_is(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_PW", "from-environment")
    (home / "pw").write_text("from-file \n")
    (home / "two").write_bytes(b"line one\r\n\r\n")
    found = {
        text: secret_of(text, of="it").reveal()
        for text in ("pass:word", "env:SOME_PW", "file:~/pw", "file:two", "plain:env:X", "")
    }
    assert found == {
        "pass:word": "pass:word",
        "env:SOME_PW": "from-environment",
        "file:~/pw": "from-file ",
        "file:two": "line one\r\n",
        "plain:env:X": "env:X",
        "": "",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("env:NO_SUCH", "the environment variable 'NO_SUCH', which is not set; set it"),
        ("file:/no/such", "the file '/no/such', which cannot be read: no such file"),
        ("file:/dev/zero", "'/dev/zero' is too long"),
        ("file:latin", "'latin', which cannot be read: it is no text"),
        ("keyring:nothing", "'keyring:nothing' names no user; write keyring:SERVICE/USER"),
        ("keyring:db/me", "the keyring, which has no 'db/me'; store it: keyring set db me"),
    ],
)
def test_a_secret_that_is_not_where_it_should_be_is_said(home: Path, text: str, said: str) -> None:
    (home / "latin").write_bytes(b"\xe9")
    with pytest.raises(CredsError, match=said):
        secret_of(text, of="the password")


class Ring(KeyringBackend):
    """A keyring of the tests' own."""

    priority = 1
    locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise InitError(f"locked, and {CANARY} is in it")
        return {("db", "me"): "ring-pw", ("records-mover", "vault"): "x://me:ring-url@h/d"}.get(
            (service, username)
        )

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep nothing."""


@pytest.fixture
def ring() -> Iterator[Ring]:
    """That keyring in the place of the user's."""
    before, ring = keyring.get_keyring(), Ring()  # type: ignore[no-untyped-call]
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def test_the_keyring_holds_passwords_and_whole_urls(ring: Ring, ask: Any) -> None:
    assert secret_of("keyring:db/me", of="it").reveal() == "ring-pw"
    creds = ask("vault")
    assert creds.provider == "keyring"
    assert creds.url.reveal() == "x://me:ring-url@h/d"
    assert ask("nothing") is None


def test_a_keyring_that_is_locked_is_said_in_our_own_words(ring: Ring, ask: Any) -> None:
    ring.locked = True
    with pytest.raises(CredsError, match="cannot be asked for 'records-mover': InitError; unlock"):
        ask("vault")


def test_without_the_keyrings_package_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(CredsError, match=r"pip install 'records-mover\[keyring\]'"):
        secret_of("keyring:db/me", of="it")


# logs


class Keeping(logging.Handler):
    """Keeps what it is given, formatted as logging does."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


@pytest.fixture
def kept() -> Iterator[Keeping]:
    """A handler of the root, which knows nothing of secrets."""
    handler = Keeping()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_every_handler_gets_clean_records(kept: Keeping) -> None:
    guard_logger("some_mover")
    guard_logger("some_mover")
    logger = logging.getLogger("some_mover.deep.down")
    logger.error("one %s and %s", CANARY, 1)
    try:
        raise ValueError(f"two {CANARY}")
    except ValueError:
        logger.exception("three")
    logger.error("four %(a)s", {"a": SECRET})
    assert [line.splitlines()[0] for line in kept.said] == ["one *** and 1", "three", "four ***"]
    assert "ValueError: two ***" in kept.said[1]
    assert CANARY not in "".join(kept.said)


def test_a_script_without_logging_still_hears_warnings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    guard_logger("other_mover")
    logging.getLogger("other_mover.a").warning("mind %s", CANARY)
    logging.getLogger("other_mover.a").info("never mind")
    assert capsys.readouterr().err == "mind ***\n"


def test_stream_logging_is_as_in_1_x_but_says_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = [io.StringIO(), io.StringIO()]
    for stream in streams:
        set_stream_logging("third_mover", stream=stream)
    logging.getLogger("third_mover.a").info("hello %s", CANARY)
    assert streams[0].getvalue() == ""
    assert streams[1].getvalue().endswith(" - hello ***\n")
    monkeypatch.setenv("THIRD_MOVER_LOG_LEVEL", "ERROR")
    set_stream_logging("third_mover", stream=streams[0])
    logging.getLogger("third_mover.a").info("hello")
    assert streams[0].getvalue() == ""


def test_a_stream_of_ones_own_can_be_made_safe() -> None:
    stream = io.StringIO()
    logging.StreamHandler(SecretsRedactingLogStream(stream)).emit(
        logging.makeLogRecord({"msg": CANARY})
    )
    assert stream.getvalue() == "***\n"
