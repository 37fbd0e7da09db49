"""Commands whose help is in sections, and parameters that a shell completes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import CompletionItem

__all__ = ["MODES", "OUTPUT", "Argument", "AtLeast", "Command", "Option", "Variant"]

OUTPUT = "Output"
"""The last section of a help page, where --help is."""

MODES = {
    "append": "load into it (the default)",
    "delete": "DELETE its rows and load",
    "truncate": "TRUNCATE it and load",
    "drop": "make it anew from the source, and drop the old one",
    "replace": "put new rows in its place; grants, indexes, views and the like stay",
    "upsert": "change the rows whose --key is there, and add the others",
}
"""What becomes of a table that is there."""


class _Completed(click.Parameter):
    """A parameter that says what a shell is to complete it with."""

    complete: str | None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        if self.complete is None:
            return super().shell_complete(ctx, incomplete)
        from records_mover.cli.completing import complete

        return complete(self.complete, ctx, incomplete)


class Argument(_Completed, click.Argument):
    """An argument; ``complete`` is what a shell completes it with."""

    def __init__(self, *names: Any, complete: str | None = None, **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.complete = complete


class Option(_Completed, click.Option):
    """An option in a section of the help page; ``complete`` as of an argument."""

    def __init__(
        self, *names: Any, section: str = "Options", complete: str | None = None, **settings: Any
    ) -> None:
        super().__init__(*names, **settings)
        self.section = section
        self.complete = complete

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the option and what it is for."""
        record = super().get_help_record(ctx)
        if record is None or not isinstance(self.type, Variant):
            return record
        *names, last = self.type.names
        return record[0], f"{record[1].rstrip('.')}: {', '.join(names)} or {last}."


if TYPE_CHECKING:
    _Number = click.ParamType[int]
    _Word = click.ParamType[str]
else:
    _Number = _Word = click.ParamType  # generic in newer ones only


class AtLeast(_Number):
    """A whole number that is not too small."""

    name = "number"

    def __init__(self, least: int) -> None:
        self.least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number."""
        try:
            number = int(value)
        except ValueError:
            number = self.least - 1
        if number < self.least:
            self.fail(f"{str(value)!r} is no whole number of {self.least} or more", param, ctx)
        return number


class Variant(_Word):
    """The name of a variant; which there are is looked up when that is asked for."""

    name = "variant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check the name."""
        if value not in self.names:
            listed = ", ".join(map(repr, self.names))
            self.fail(f"{value!r} is not one of {listed}", param, ctx)
        return str(value)

    @property
    def names(self) -> tuple[str, ...]:
        """The variants that there are."""
        from records_mover.formats.delimited.hints import VARIANTS

        return tuple(VARIANTS)


class Command(click.Command):
    """A command whose options are shown in sections, with what their values mean."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                sections.setdefault(getattr(param, "section", OUTPUT), []).append(record)
        for title in sorted(sections, key=lambda title: title == OUTPUT):
            with formatter.section(title):
                formatter.write_dl(sections[title], col_max=26)
        for title, words in self._glossaries():
            with formatter.section(title):
                formatter.write_dl(words)

    def _glossaries(self) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        names = {param.name for param in self.params}
        if "if_exists" in names:
            yield "What --if-exists does to a table that is there", list(MODES.items())
        if "hint" in names:
            yield "Hints, NAME=VALUE", list(_hints())


def _hints() -> Iterator[tuple[str, str]]:
    from records_mover.cli.values import written
    from records_mover.formats.delimited.hints import HINTS

    for hint in HINTS.values():
        values = "|".join(map(written, hint.values))
        yield hint.name, f"{hint.meaning} [{values}]" if values else hint.meaning
