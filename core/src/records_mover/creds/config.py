"""The configuration files: ``config.toml`` in the places of XDG, and ``app.ini`` as 1.x had it."""

from __future__ import annotations

import logging
import os
import stat
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from records_mover.errors import ConfigError
from records_mover.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Config", "config_paths", "load_config"]

logger = logging.getLogger(__name__)

_SECTIONS = ("session", "connections", "settings")
_SESSION = ("session_type", "default_db", "scratch_s3_url")


@frozen
class Config:
    """What the files say together: a later file overrides an earlier one, name by name."""

    session: Mapping[str, str] = field(default_factory=dict)
    connections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)


def config_paths() -> list[Path]:
    """Return where a ``config.toml`` may be, from the weakest to the strongest.

    ``MOVER_CONFIG`` names the only one.
    """
    if only := os.environ.get("MOVER_CONFIG"):
        return [Path(only)]
    return [folder / "records-mover" / "config.toml" for folder in _xdg_folders()]


def load_config() -> Config:
    """Read every configuration file that is there; ``ConfigError`` says which one is wrong."""
    merged: dict[str, dict[str, Any]] = {"session": _from_ini()}
    for path in config_paths():
        for section, values in _read(path).items():
            merged[section] = {**merged.get(section, {}), **values}
    return Config(**merged)


def _xdg_folders() -> Iterator[Path]:
    shared = os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    yield from map(Path, reversed(shared.split(":")))
    own = os.environ.get("XDG_CONFIG_HOME")
    yield Path(own) if own else Path(os.path.expanduser("~/.config"))  # noqa: PTH111


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        with path.open("rb") as file:
            import tomllib

            found = tomllib.load(file)
            mode = os.fstat(file.fileno()).st_mode
    except (FileNotFoundError, NotADirectoryError):
        if "MOVER_CONFIG" in os.environ:
            raise ConfigError(
                f"MOVER_CONFIG names '{path}', which is not there", "check the path"
            ) from None
        return {}
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise ConfigError(
            f"the configuration file '{path}' cannot be read: {reason}", "check its rights"
        ) from None
    except ValueError as error:  # tomllib and UTF-8 both say where, and not what
        raise ConfigError(
            f"the configuration file '{path}' is no TOML: {error}", "correct that line"
        ) from None
    _check(path, found)
    _warn_if_open(path, mode, found)
    return found


def _check(path: Path, found: Mapping[str, Any]) -> None:
    for section, values in found.items():
        if section not in _SECTIONS or not isinstance(values, dict):
            raise ConfigError(
                f"'{path}' has an unknown section {section!r}", f"known are {', '.join(_SECTIONS)}"
            )
        for name, value in values.items():
            if section == "session":
                _check_session(path, name, value)
            elif not isinstance(value, dict):
                raise ConfigError(
                    f"{name!r} under {section!r} in '{path}' is no table",
                    f"write [{section}.{name}], and what it holds below",
                )


def _check_session(path: Path, name: str, value: object) -> None:
    if name not in _SESSION:
        known = ", ".join(_SESSION)
        raise ConfigError(f"'{path}' has an unknown setting {name!r}", f"known are {known}")
    if not isinstance(value, str):
        raise ConfigError(f"{name!r} in '{path}' is no text", "put it in quotes")


def _warn_if_open(path: Path, mode: int, found: Mapping[str, Any]) -> None:
    if mode & (stat.S_IRGRP | stat.S_IROTH) and _holds_secret(found.get("connections", {})):
        logger.warning("'%s' holds a password and others may read it: chmod 600 it", path)


def _holds_secret(connections: Mapping[str, Mapping[str, object]]) -> bool:
    elsewhere = ("env:", "file:", "keyring:")
    values = [
        str(value)
        for one in connections.values()
        for key, value in one.items()
        if key in ("password", "token")
    ]
    return any(not value.startswith(elsewhere) for value in values)


def _from_ini() -> dict[str, str]:
    """Read what 1.x had in its ``app.ini``, the nearest file winning."""
    paths = [path for path in _ini_paths() if path.is_file()]
    if not paths:
        return {}
    import configparser

    from records_mover.known_plugins import ini_scratch_urls

    parser = configparser.ConfigParser(interpolation=None)
    for path in paths:
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError) as error:
            reason = " ".join(str(error).splitlines()[0].split())
            raise ConfigError(f"'{path}' cannot be understood: {reason}", "correct it") from None
    found = {"session_type": parser.get("session", "session_type", fallback="")}
    urls = [
        _with_user(option, parser.get(section, option, fallback=""))
        for option, section in ini_scratch_urls().items()
    ]
    found["scratch_s3_url"] = next(filter(None, urls), "")
    return {name: value for name, value in found.items() if value}


def _with_user(option: str, url: str) -> str:
    """Return the URL of scratch space, with a place for the user's name where 1.x put one."""
    if not url or not option.endswith("_appended_with_iam_username"):
        return url
    from records_mover.url.scratch import USER

    return f"{url}{USER}/"


def _ini_paths() -> list[Path]:
    below = Path("bluelabs") / "records_mover"
    name = os.environ.get("BLUELABS_RECORDS_MOVER_FILENAME") or "app.ini"
    if named := os.environ.get("BLUELABS_RECORDS_MOVER_PATH"):
        return [Path(folder) / name for folder in named.split(":")]
    folders = [Path("/etc") / below, *(folder / below for folder in _xdg_folders())]
    return [folder / name for folder in [*folders, Path(".bluelabs") / "records_mover"]]
