"""Fetch source distributions, unbuilt: ``python fetch_sdists.py FOLDER REQUIREMENT...``.

They come from where pip is set up to look. ``pip download`` would build what it fetches, to learn
its metadata; only the files are wanted here. Runs with a Python that has pip.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pip._internal.commands.download import DownloadCommand  # type: ignore[import-not-found]
from pip._vendor.packaging.requirements import Requirement  # type: ignore[import-not-found]


def main(folder: Path, names: list[str]) -> None:
    """Put the newest source distribution of each project into the folder."""
    command = DownloadCommand("download", "")
    with command.main_context():
        options, _ = command.parse_args(["--no-deps", "--no-binary", ":all:"])
        session = command.get_default_session(options)
        finder = command._build_package_finder(options, session)
        for name in names:
            wanted = Requirement(name)
            best = finder.find_best_candidate(wanted.name, wanted.specifier).best_candidate
            if best is None:
                sys.exit(f"the package index has no source distribution of '{name}'")
            target = folder / best.link.filename
            if not target.exists():
                with session.get(best.link.url) as answer:
                    answer.raise_for_status()
                    target.write_bytes(answer.content)
            print(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
