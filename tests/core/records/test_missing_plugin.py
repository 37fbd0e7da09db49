"""An end that nothing installed can open is no route, and the plugin to install is named."""

from __future__ import annotations

from typing import NoReturn

import pytest
from sqlalchemy.dialects import registry
from sqlalchemy.exc import NoSuchModuleError

from records_mover import Session
from records_mover.errors import NoRouteError, PluginError
from records_mover.plugins import Plugins

ALL = ("postgres", "redshift", "s3", "vertica")


@pytest.mark.parametrize(
    ("source", "target", "distribution"),
    [
        ("s3://bucket/a.csv", "-", "mover-s3"),
        ("-", "vertica+vertica_python://host/db::t", "mover-vertica"),
    ],
)
def test_the_plugin_to_install_is_named(
    source: str, target: str, distribution: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_installed() -> NoReturn:
        raise NoSuchModuleError("there is no such dialect")

    # Its dialect comes with it, and is there for anyone while it is only disabled.
    monkeypatch.setitem(registry.impls, "vertica.vertica_python", not_installed)
    with Session(plugins=Plugins(disabled=ALL)) as session:
        end = source if source != "-" else target
        with pytest.raises(NoRouteError, match=distribution) as raised:
            session.move(end, "-")
    assert raised.value.exit_code == 3
    assert isinstance(raised.value, PluginError)
