"""What a provider of credentials must do: know its names, and show nothing."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pytest

from records_mover.creds import resolve_url
from records_mover.errors import CredsError
from records_mover.parts import Creds
from records_mover.plugins import Plugins
from records_mover.secret import Secret, reveal
from records_mover.testing.declared import check_names
from records_mover.testing.suite import Suite, behaviour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from records_mover.plugins.provider import Provider

__all__ = ["CredsSuite", "Known"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A connection that the provider knows: its name, some of its facts, and what is secret.

    ``stranger`` is a name that it must leave to others, where not every other name is one.
    """

    name: str
    facts: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    stranger: str = ""


class CredsSuite(Suite):
    """A provider, by the name of its plugin's entry point; a fixture ``connection`` sets it up.

    ``broken`` is a fixture, for the capability ``broken``: a name that it cannot look up.
    """

    kind = "creds"
    known = frozenset({"broken"})
    provider: ClassVar[str] = ""

    @pytest.fixture
    def plugins(self) -> Plugins:
        """Find the plugins that are installed."""
        return Plugins(strict=True)

    @behaviour()
    def test_a_name_that_it_knows_is_answered(self, plugins: Plugins, connection: Known) -> None:
        """With the facts, by this provider."""
        found = self._ask(plugins, connection.name)
        assert isinstance(found, Creds)
        url = resolve_url(plugins, connection.name)
        told = {key: reveal(value) for key, value in found.facts.items()}
        told |= {"user": url.username or "", "password": url.password or ""}
        assert {key: told.get(key) for key in connection.facts} == dict(connection.facts)

    @behaviour()
    def test_a_name_that_it_does_not_know_is_left_to_others(
        self, plugins: Plugins, connection: Known
    ) -> None:
        """Without an error, and without another one's facts."""
        stranger = connection.stranger or f"{connection.name}-nobody-knows"
        assert self._ask(plugins, stranger) is None

    @behaviour()
    def test_what_is_secret_does_not_print(self, plugins: Plugins, connection: Known) -> None:
        """Neither alone nor among the facts, and it is written nowhere."""
        found = self._ask(plugins, connection.name)
        assert found is not None
        shown = f"{found!r} {found} {dict(found.facts)} {found.url!r} {dict(found.options)}"
        assert not [secret for secret in connection.secrets if secret in shown]
        kept = [value for value in (*found.facts.values(), found.url) if isinstance(value, Secret)]
        for secret in kept:
            with pytest.raises(TypeError):
                pickle.dumps(secret)
            with pytest.raises(TypeError):
                json.dumps(secret)

    @behaviour()
    def test_it_says_what_it_looks_at(self, plugins: Plugins) -> None:
        """In the first line of its docstring, which ``mvrec creds`` lists."""
        assert self._provider(plugins).about.endswith(".")

    @behaviour("broken")
    def test_what_cannot_be_looked_up_is_an_error(self, plugins: Plugins, broken: str) -> None:
        """In its own words: another provider's answer could open the wrong door."""
        with pytest.raises(CredsError):
            self._ask(plugins, broken)

    def _ask(self, plugins: Plugins, name: str) -> Creds | None:
        return self._provider(plugins).ask(name)

    def _provider(self, plugins: Plugins) -> Provider:
        there = {one.name: one for one in plugins.providers()}
        check_names(type(self).__name__, "provider", (self.provider,), there)
        return there[self.provider]
