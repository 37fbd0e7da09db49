"""Every figure: a job, who competes, and the ratio that must hold. Add one by adding a function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import postgres, s3, vertica_in, vertica_out
from bench.harness import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.contestant import Contestant
    from bench.stage import Stage

__all__ = ["FIGURES"]


def _help(stage: Stage) -> Sequence[Contestant]:
    return [stage.mvrec("--help")]


FIGURES = (
    *postgres.FIGURES,
    Figure(name="help", title="mvrec --help", contestants=_help),
    *s3.FIGURES,
    *vertica_in.FIGURES,
    *vertica_out.FIGURES,
)
