"""mover-vertica passes the suites for plugin authors, as far as it moves rows."""

from __future__ import annotations

from records_mover.testing import PluginSuite


class TestPlugin(PluginSuite):
    distribution, module = "mover-vertica", "mover_vertica.plugin"
    subject = "mover-vertica"
    heavy = frozenset({"vertica_python"})
