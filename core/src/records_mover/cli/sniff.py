"""``mvrec sniff``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from records_mover.cli.failures import MOVED
from records_mover.cli.options import looking, move_options, reading
from records_mover.cli.parameters import Argument, Command
from records_mover.cli.values import hint_option, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from records_mover.cli.face import Face
    from records_mover.formats.sniff import Finding, Sniffed

__all__ = ["sniff"]


@click.command(cls=Command, short_help="Find out how a file is written, and how sure that is.")
@click.argument("file", cls=Argument, complete="file")
@reading
@looking
def sniff(face: Face, file: str, **given: Any) -> int:
    """Find out how FILE is written: its format and each hint, how sure that is, and why.

    The last line holds the options that say the same, to be pasted behind 'mvrec move'. A hint
    that is given is taken as it is.

    \b
    Examples
      mvrec sniff trips.csv
      curl -s https://host/trips.csv | mvrec sniff -
    """  # noqa: D301 - click's own escape
    from records_mover.session import Session

    with Session() as session:
        found = session.sniff(file, **move_options(given))
    if face.json:
        face.result_data(_data(found))
    else:
        face.result("\n".join(_lines(found)))
    return MOVED


def _lines(found: Sniffed) -> Iterator[str]:
    from records_mover.cli.table import table
    from records_mover.records.words import describe_format

    yield describe_format(found.format)
    if found.columns:
        yield f"columns: {', '.join(found.columns)}"
    if found.findings:
        heads = ("hint", "value", "sure", "why")
        yield ""
        yield table(heads, [_row(finding) for finding in found.findings], sys.stdout)
    if found.ambiguous:
        yield ""
        yield from (f"unsure: {sentence}" for sentence in found.ambiguous)
    yield ""
    yield " ".join(_options(found))


def _row(finding: Finding) -> tuple[str, ...]:
    return (finding.hint, written(finding.value), f"{finding.sureness:.0%}", finding.why)


def _options(found: Sniffed) -> Iterator[str]:
    """Yield the options of 'mvrec move' that say what was found."""
    from records_mover.formats import DelimitedRecordsFormat

    form = found.format
    yield f"--format {form.format_type}"
    if isinstance(form, DelimitedRecordsFormat):
        yield f"--variant {form.variant}"
        usual = DelimitedRecordsFormat(form.variant).hints
        for name, value in form.hints.items():
            if value != usual[name]:
                yield hint_option(name, value)
    elif form.compression is not None:
        yield hint_option("compression", form.compression)


def _data(found: Sniffed) -> dict[str, object]:
    from records_mover.formats import DelimitedRecordsFormat

    form = found.format
    hints = dict(form.hints) if isinstance(form, DelimitedRecordsFormat) else {}
    return {
        "format": form.format_type,
        "variant": getattr(form, "variant", None),
        "hints": hints,
        "columns": None if found.columns is None else list(found.columns),
        "findings": [
            {"hint": item.hint, "value": item.value, "sureness": item.sureness, "why": item.why}
            for item in found.findings
        ],
        "ambiguous": list(found.ambiguous),
        "options": list(_options(found)),
    }
