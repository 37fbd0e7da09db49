"""A backend that keeps everything: what the conformance kit demands can be done, and how.

Rows lie in SQLite as text, each value in one spelling, and each column's declaration holds all that
is known of its field. It is made for nothing but to pass.
"""

from __future__ import annotations

from support.fakeplugins import FakePlugin

__all__ = ["PLUGIN"]

PLUGIN = FakePlugin(
    name="mover-reference",
    source="from support.reference.plugin import *\n",
    requires=("records-mover>=2.0.0.dev0,<3",),
    points="\n[sqlalchemy.dialects]\nreference = support.reference.dialect:ReferenceDialect\n",
)
