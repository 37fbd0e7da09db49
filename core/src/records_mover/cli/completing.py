"""What a shell may complete: files, connections, formats, hints, jobs; and how it asks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

    Items = list[CompletionItem]

__all__ = ["complete", "register"]


def complete(kind: str, ctx: click.Context, begun: str) -> Items:
    """Return what a word may become: one of the kind that a parameter takes."""
    return _KINDS[kind](ctx, begun)


def _file(ctx: click.Context, begun: str) -> Items:
    del ctx
    return [CompletionItem(begun, type="file")]


def _folder(ctx: click.Context, begun: str) -> Items:
    del ctx
    return [CompletionItem(begun, type="dir")]


def _end(ctx: click.Context, begun: str) -> Items:
    """Return a file, or a connection whose name was begun."""
    if "::" in begun:
        return []
    found = [CompletionItem(f"{one.value}::") for one in _connection(ctx, begun)] if begun else []
    return [*_file(ctx, begun), *found]


def _connection(ctx: click.Context, begun: str) -> Items:
    del ctx
    from records_mover.creds.names import known_names
    from records_mover.errors import MoverError

    try:
        names = sorted({name for each in known_names().values() for name in each})
    except MoverError:  # a broken configuration file is no matter of a word half typed
        return []
    return _that_begin(begun, names)


def _format(ctx: click.Context, begun: str) -> Items:
    del ctx
    from records_mover.formats.names import OTHER_KINDS, TEXT_KINDS

    return _that_begin(begun, (*TEXT_KINDS, *OTHER_KINDS))


def _variant(ctx: click.Context, begun: str) -> Items:
    del ctx
    from records_mover.formats.delimited.hints import VARIANTS

    return _that_begin(begun, VARIANTS)


def _hint(ctx: click.Context, begun: str) -> Items:
    """Return the name of a hint, and behind ``=`` the values that it takes."""
    del ctx
    from records_mover.cli.values import written
    from records_mover.formats.delimited.hints import HINTS

    name, equals, _ = begun.partition("=")
    if not equals:
        return _that_begin(begun, [f"{hint}=" for hint in HINTS])
    values = HINTS[name].values if name in HINTS else ()
    return _that_begin(begun, [f"{name}={written(value)}" for value in values])


def _job(ctx: click.Context, begun: str) -> Items:
    from records_mover.cli.job_file import STDIN, read_jobs
    from records_mover.errors import MoverError

    path = ctx.params.get("file") or next(iter(ctx.args), STDIN)
    if path == STDIN:
        return []
    try:
        return _that_begin(begun, [job.name for job in read_jobs(path).jobs])
    except MoverError:
        return []


def _that_begin(begun: str, words: Iterable[str]) -> Items:
    return [CompletionItem(word) for word in words if word.startswith(begun)]


_KINDS = {
    "connection": _connection,
    "end": _end,
    "file": _file,
    "folder": _folder,
    "format": _format,
    "hint": _hint,
    "job": _job,
    "variant": _variant,
}


def register() -> None:
    """Have the shells ask in our own words."""
    for shell in (_Bash, _Zsh, _Fish):
        add_completion_class(shell)


class _Bash(BashComplete):
    """Bash, which cuts words at ``:``, ``=`` and ``@``: we join them, and answer for a piece."""

    source_template: ClassVar[str] = """\
%(complete_func)s() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            file,*) compopt -o default ;;
            dir,*) compopt -o dirnames ;;
            plain,*[:=]) compopt -o nospace; COMPREPLY+=("${line#plain,}") ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done < <(
        IFS=$'\\n'
        COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD %(complete_var)s=bash_complete "$1"
    )
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""

    def get_completion_args(self) -> tuple[list[str], str]:
        before, begun = super().get_completion_args()
        *words, whole = _joined([*before, begun])
        self._cut = whole.removesuffix(begun.lstrip(":@="))
        return words, whole

    def format_completion(self, item: CompletionItem) -> str:
        if item.type == "plain":
            item.value = item.value.removeprefix(self._cut)
        return super().format_completion(item)


def _joined(words: list[str]) -> list[str]:
    """Join what bash has cut; an option and its value become two words."""
    whole: list[str] = []
    glue = False
    for word in words:
        mark = re.fullmatch("[:@]+|=", word) is not None
        if word == "=" and whole and whole[-1].startswith("--"):
            whole.append("")
            glue = True
        elif whole and (glue or mark):
            whole[-1] += word
            glue = mark
        else:
            whole.append(word)
            glue = False
    return whole


class _Whole(ShellComplete):
    """A shell that wants ``--option=value`` back, where click answers with the value."""

    def get_completion_args(self) -> tuple[list[str], str]:
        words, begun = super().get_completion_args()
        option, equals, _ = begun.partition("=")
        self._front = option + equals if equals and option.startswith("--") else ""
        return words, begun

    def format_completion(self, item: CompletionItem) -> str:
        item.value = f"{self._front}{item.value}"
        return super().format_completion(item)


class _Fish(_Whole, FishComplete):
    """Fish."""


class _Zsh(_Whole, ZshComplete):
    """Zsh, which is to set no blank behind a name that goes on."""

    source_template: ClassVar[str] = """\
#compdef %(prog_name)s
%(complete_func)s() {
    local -a plain open described
    local type value about
    (( $+commands[%(prog_name)s] )) || return 1
    for type value about in "${(@f)$(COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
            %(complete_var)s=zsh_complete %(prog_name)s)}"; do
        case $type in
            file) _files ;;
            dir) _files -/ ;;
            plain)
                if [[ $about != _ ]]; then described+=("$value:$about")
                elif [[ $value == *[:=] ]]; then open+=("$value")
                else plain+=("$value")
                fi ;;
        esac
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#open )) && compadd -U -S '' -V unsorted -a open
    (( $#plain )) && compadd -U -V unsorted -a plain
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""
