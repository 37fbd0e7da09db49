"""The fake distributions look installed, to this process and to others."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import importlib_metadata
import pytest

from support.fakeplugins import failing_import, other_api, raising, working

if TYPE_CHECKING:
    from support.fakeplugins import FakeSite


def _found() -> dict[str, str]:
    points = importlib_metadata.entry_points(group="records_mover")
    return {point.name: point.dist.name for point in points if point.dist is not None}


def test_an_installed_plugin_is_discovered_while_its_site_is_on_the_path(
    fake_site: FakeSite,
) -> None:
    fake_site.install(working("mover-moon"))
    with fake_site.on_path():
        assert _found()["mover_moon"] == "mover-moon"
        assert import_module("mover_moon").MOVER_API == 1
    assert "mover_moon" not in _found()
    assert "mover_moon" not in sys.modules


def test_an_installed_plugin_is_discovered_by_another_process(fake_site: FakeSite) -> None:
    fake_site.install(working("mover-moon"), failing_import("mover-torn"))
    ask = (
        "import importlib_metadata as m;"
        "print(*(p.dist.name for p in m.entry_points(group='records_mover')))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", ask],
        env=os.environ | fake_site.env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"mover-moon", "mover-torn"} <= set(ran.stdout.split())


def test_a_torn_plugin_does_not_import(fake_site: FakeSite) -> None:
    fake_site.install(failing_import("mover-torn", missing="no_such_driver"))
    with fake_site.on_path(), pytest.raises(ModuleNotFoundError, match="no_such_driver"):
        import_module("mover_torn")


def test_a_plugin_may_speak_another_api(fake_site: FakeSite) -> None:
    fake_site.install(other_api("mover-older", api=0))
    with fake_site.on_path():
        assert import_module("mover_older").MOVER_API == 0


@pytest.mark.parametrize(("hook", "arguments"), [("mover_schemes", []), ("mover_creds", ["x"])])
def test_a_moody_plugin_raises_when_asked(
    fake_site: FakeSite, hook: str, arguments: list[str]
) -> None:
    fake_site.install(raising("mover-moody", hook=hook))
    with fake_site.on_path(), pytest.raises(RuntimeError, match="the moon is down"):
        getattr(import_module("mover_moody"), hook)(*arguments)
