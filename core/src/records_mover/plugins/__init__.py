"""The plugins of this process: what each offers, or why it does not."""

from __future__ import annotations

from records_mover.plugins.provider import Provider
from records_mover.plugins.record import Offered, PluginRecord, Status
from records_mover.plugins.registry import Plugins

__all__ = ["Offered", "PluginRecord", "Plugins", "Provider", "Status"]
