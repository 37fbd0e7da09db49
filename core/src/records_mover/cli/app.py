"""The group of commands, and the way in and out of them."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import click

from records_mover.__about__ import __version__
from records_mover.cli.face import Face
from records_mover.cli.failures import FAILED, report_usage
from records_mover.cli.misuse import words_of_usage
from records_mover.cli.pair_names import PAIRS, STRICTNESS, strictness_options
from records_mover.cli.streams import guarded_streams
from records_mover.utils.words import meant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from click.shell_completion import CompletionItem

__all__ = ["mvrec", "run"]

NAME = "mvrec"
COMPLETING = "_MVREC_COMPLETE"
"""Set by a shell that asks how a word may go on."""

COMMANDS = ("creds", "explain", "move", "plugins", "preview", "run", "schema", "sniff")
"""Commands, each in a module of its name, which is imported when it is asked for."""


class _Group(click.Group):
    """A group whose errors of usage are one line, like all others."""

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> NoReturn:
        extra["standalone_mode"], extra["prog_name"] = False, NAME
        face = Face(json="--json" in (args or ()))
        if COMPLETING in os.environ:
            from records_mover.cli.completing import register

            register()
        try:
            code = super().main(args, **extra) or 0
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            code = error.exit_code
        except click.ClickException as error:
            what, advice = words_of_usage(error, NAME)
            code = report_usage(face, what, advice, error.exit_code)
        except click.Abort:
            code = report_usage(face, "cancelled", "nothing was changed", FAILED)
        raise SystemExit(code)

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name in PAIRS:
            from records_mover.cli.pairs import pair_command

            return pair_command(cmd_name)
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"records_mover.cli.{cmd_name}"), cmd_name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the commands of 1.x too, once a word of theirs was begun."""
        pairs = [name for name in PAIRS if incomplete and name.startswith(incomplete)]
        from click.shell_completion import CompletionItem

        return [*super().shell_complete(ctx, incomplete), *map(CompletionItem, pairs)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name in COMMANDS or name in PAIRS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        near = meant(name, [*COMMANDS, *PAIRS])
        raise click.UsageError(f"no command is called {name!r}{near}", ctx)


@click.group(
    NAME,
    cls=_Group,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(
    __version__, "-V", "--version", prog_name=NAME, message="%(prog)s %(version)s"
)
@strictness_options(hidden=True)
@click.pass_context
def mvrec(ctx: click.Context, /, **strict: Any) -> None:
    """Move table-shaped data by the fastest route that both ends allow, all or nothing.

    \b
    A source or a target is one of
      trips.csv                          a file of this machine, or its URL
      folder/                            a folder of files, or a records directory
      -                                  standard input or output
      postgresql://host/db::public.trips a table, after an SQLAlchemy URL
      warehouse::public.trips            a table, after a connection's name

    \b
    Examples
      mvrec move trips.csv postgresql://me@host/db::public.trips
      mvrec move postgresql://me@host/db::public.trips trips.csv.gz
      mvrec explain trips.csv postgresql://me@host/db::public.trips
      mvrec preview trips.csv
      mvrec run jobs.toml

    \b
    Exit codes
      0 moved   1 failed, the target is as it was   2 bad usage
      3 no route   4 moved, with rejected rows

    \b
    The commands of 1.x, <source>2<target>
      mvrec file2table FILENAME DB_NAME SCHEMA_NAME TABLE_NAME
      mvrec table2recordsdir --help
      from table, recordsdir, url, file, gsheet
      to   table, recordsdir, url, file, gsheet, spectrum

    \b
    Completion by your shell: write this into
      ~/.bashrc                   eval "$(_MVREC_COMPLETE=bash_source mvrec)"
      ~/.zshrc, after compinit    eval "$(_MVREC_COMPLETE=zsh_source mvrec)"
      ~/.config/fish/config.fish  _MVREC_COMPLETE=fish_source mvrec | source
    """  # noqa: D301 - click's own escape
    given = [name for name in STRICTNESS if strict[name] not in (None, False)]
    if given and ctx.invoked_subcommand not in PAIRS:
        said = f"--{given[0]} goes before the commands <source>2<target>"
        raise click.UsageError(said, ctx)


def run(args: Sequence[str]) -> int:
    """Run the command line and return its exit code; nothing printed holds a secret."""
    with guarded_streams():
        try:
            mvrec.main(args)
        except SystemExit as leaving:
            return leaving.code if isinstance(leaving.code, int) else FAILED
