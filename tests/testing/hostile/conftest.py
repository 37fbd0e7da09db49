"""The hostile backends, installed; a suite's ``fault`` says which of them it meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from support.reference.hostile import PLUGIN
from support.reference.hostile_plugins import PLUGINS

if TYPE_CHECKING:
    from support.fakeplugins import FakeSite


@pytest.fixture(scope="module", autouse=True)
def hostile_site(reference_site: FakeSite) -> None:
    reference_site.install(PLUGIN, *PLUGINS)


@pytest.fixture
def bench(request: pytest.FixtureRequest, reference_bench: Any) -> Any:
    from dataclasses import replace

    url = reference_bench.url.replace("reference:", "hostile:")
    return replace(reference_bench, url=f"{url}&fault={request.cls.fault}")
