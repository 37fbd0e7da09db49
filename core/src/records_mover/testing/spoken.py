"""Everything that a move lets others see in this process, looked through for secrets."""

from __future__ import annotations

import logging
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from records_mover.testing.bench import Bench

__all__ = ["Speech", "spoken"]


class Speech:
    """What was said so far."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, thing: object) -> None:
        """Take what a thing shows of itself."""
        self.texts += [str(thing), repr(thing)]

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Take what an error says, with its causes, and let it go on."""
        try:
            yield
        except Exception as error:
            self(error)
            self.texts.append("".join(traceback.format_exception(error)))
            raise


@contextmanager
def spoken(bench: Bench, caplog: pytest.LogCaptureFixture) -> Iterator[Speech]:
    """Collect what is said while the block runs; no spelling of a secret may be in it."""
    assert bench.secrets, "say which secrets the bench has"
    speech = Speech()
    with caplog.at_level(logging.DEBUG):
        yield speech
    everything = "\n".join([caplog.text, *speech.texts])
    for secret in bench.secrets:
        for spelt in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}:
            assert spelt not in everything, "a secret is shown"
