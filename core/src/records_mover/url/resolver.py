"""The resolver of URLs, where 1.x had it."""

from __future__ import annotations

from records_mover.url.urls import UrlResolver

__all__ = ["UrlResolver"]
