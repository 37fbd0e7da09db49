"""Makes pages of what lies outside docs/: the READMEs, the changes, the commands' help."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import TYPE_CHECKING, Any

import click
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
WIDTH = 82  # of what a page shows of a terminal without being moved
# What is fetched to show a page: not the links that a reader may follow.
_FETCHED = re.compile(
    r"<(?:(?:script|img|iframe)\b[^>]*?\bsrc|link\b[^>]*?\bhref)=[\"']?([^\"'\s>]+)"
)
_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def _outside() -> dict[str, str]:
    """Return pages by the files, from the root, that they are made of."""
    plugins = sorted(path.parent.name for path in ROOT.glob("plugins/mover-*/README.md"))
    pages = {f"plugins/{name}/README.md": f"plugins/{name}.md" for name in plugins}
    return {"README.md": "index.md", "CHANGELOG.md": "changelog.md", **pages}


PAGES = _outside()
ORIGINS = {page: origin for origin, page in PAGES.items()}


def on_config(config: MkDocsConfig) -> None:
    """Put pages that the list of pages does not name at its end."""
    listed = set(_listed(config.nav))
    there = [path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")]
    others = sorted(set(there) - listed)
    if others and config.nav:
        config.nav.append({"More": others})


def _listed(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    for one in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from _listed(one)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made of other files."""
    for origin, page in PAGES.items():
        text = (ROOT / origin).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text))
    files.append(File.generated(config, "commands.md", content="\n".join(_commands())))
    for name in ("iframe-worker.js", "site.css"):
        text = (ROOT / "tools" / name).read_text(encoding="utf-8")
        files.append(File.generated(config, f"assets/{name}", content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links lead to pages of the site; those to sources become their words."""
    del config
    here = page.file.src_uri
    origin = ORIGINS.get(here, f"docs/{here}")

    def linked(match: re.Match[str]) -> str:
        words, link, anchor = match.group(1), match.group(2), match.group(3) or ""
        if "://" in link:
            return match.group(0)
        meant = normpath(str(PurePosixPath(origin).parent / link))
        there = PAGES.get(meant, meant.removeprefix("docs/"))
        if files.get_file_from_path(there) is None or (
            meant not in PAGES and not meant.startswith("docs/")
        ):
            if not (ROOT / meant).exists():
                return match.group(0)  # mkdocs says that it leads nowhere
            return words
        return f"[{words}]({relpath(there, str(PurePosixPath(here).parent))}{anchor})"

    return _LINK.sub(linked, markdown)


def on_post_build(config: MkDocsConfig) -> None:
    """Refuse a site of which a reader's browser would fetch a part from elsewhere."""
    for path in Path(config.site_dir).rglob("*.html"):
        for found in _FETCHED.findall(path.read_text(encoding="utf-8")):
            if "://" in found or found.startswith("//"):
                raise PluginError(f"{path.name} fetches {found} from elsewhere")


def _commands() -> Iterator[str]:
    """Yield a page with the help of each command as a terminal shows it."""
    from records_mover.cli.app import mvrec
    from records_mover.cli.pair_names import PAIRS

    yield "# Commands\n"
    yield from _help("mvrec", mvrec)
    context = click.Context(mvrec)
    for name in mvrec.list_commands(context):
        if (command := mvrec.get_command(context, name)) is not None:
            yield f"\n## mvrec {name}\n"
            yield from _help(f"mvrec {name}", command)
    yield "\n## The commands of 1.x\n"
    yield "Those of one table: the arguments of a source or a target are the same in each.\n"
    yield from ("```text", *_columns(PAIRS, 6), "```")
    made = mvrec.get_command(context, "file2table")
    if made is not None:
        yield "\n### mvrec file2table\n"
        yield from _help("mvrec file2table", made)


def _help(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=name, max_content_width=WIDTH, terminal_width=WIDTH)
    yield "```text"
    yield command.get_help(context)
    yield "```"


def _columns(words: tuple[str, ...], count: int) -> Iterator[str]:
    for at in range(0, len(words), count):
        yield " ".join(f"{word:<22}" for word in words[at : at + count]).rstrip()
