"""What is asked of plugins later: credentials, news of moves, and what is missing."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from records_mover.errors import CredsError, NotFoundError, PluginError, UsageError
from records_mover.parts import Creds
from records_mover.plugins import registry
from records_mover.records.result import MoveResult
from support.fakeplugins import failing_import, other_api, raising, working

RESULT = MoveResult(rows=1, bytes=2, seconds=0.1, route=("copy",))


def _knowing(*names: str) -> str:
    return f"""
    @hookimpl
    def mover_creds(name):
        return Creds(provider=__name__, url="x://y") if name in {names} else None
    """


def test_the_first_provider_by_name_that_knows_answers(load: Any, plugin: Any) -> None:
    plugins = load(
        plugin("mover-c", _knowing("one", "two", "three")),
        plugin("mover-b", _knowing("one", "two")),
        plugin("mover-a", _knowing("one")),
        strict=True,
    )
    found = {name: plugins.creds(name) for name in ("one", "two", "three", "four")}
    assert [creds and creds.provider for creds in found.values()] == [
        "mover_a",
        "mover_b",
        "mover_c",
        None,
    ]


def test_built_in_providers_come_before_plugins(
    load: Any, plugin: Any, fake_site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_site.install(plugin("zz-core", _knowing("one")))
    (fake_site.path / "zz_core-1.0.dist-info" / "entry_points.txt").write_text("")
    monkeypatch.setitem(registry.BUILT_INS, "environment", "zz_core")
    plugins = load(plugin("mover-a", _knowing("one", "two")), strict=True)
    assert plugins.creds("one").provider == "zz_core"
    assert plugins.creds("two").provider == "mover_a"


def test_a_provider_need_not_take_the_name(load: Any, plugin: Any) -> None:
    body = "@hookimpl\ndef mover_creds():\n    return Creds(provider='any')"
    assert load(plugin("mover-any", body), strict=True).creds("x") == Creds(provider="any")


@pytest.mark.parametrize("error", ["ValueError('s3cr3t')", "SystemExit('s3cr3t')"])
def test_a_provider_that_fails_is_named_and_no_other_is_asked(
    load: Any, plugin: Any, error: str
) -> None:
    body = f"@hookimpl\ndef mover_creds(name):\n    raise {error}"
    plugins = load(plugin("mover-a", body), plugin("mover-b", _knowing("one")))
    with pytest.raises(CredsError, match="plugin 'mover_a' failed to look up 'one'") as raised:
        plugins.creds("one")
    assert "s3cr3t" not in str(raised.value)


def test_a_providers_own_words_are_kept(load: Any, plugin: Any) -> None:
    body = """
    from records_mover.errors import CredsError

    @hookimpl
    def mover_creds(name):
        raise CredsError(f"the vault that holds {name!r} is locked", "unlock it")
    """
    with pytest.raises(CredsError, match=r"^the vault that holds 'one' is locked; unlock it$"):
        load(plugin("mover-a", body)).creds("one")


def test_an_answer_that_is_no_creds_is_refused(load: Any, plugin: Any) -> None:
    plugins = load(plugin("mover-a", "@hookimpl\ndef mover_creds(name):\n    return 'pw'"))
    with pytest.raises(CredsError, match="plugin 'mover_a' answered 'one' with 'str'"):
        plugins.creds("one")


@pytest.mark.parametrize("error", ["RuntimeError('down')", "SystemExit(1)"])
def test_news_of_a_move_reach_everybody_whoever_fails(
    load: Any, plugin: Any, caplog: pytest.LogCaptureFixture, error: str
) -> None:
    hearing = "heard = []\n@hookimpl\ndef mover_moved(result):\n    heard.append(result)\n"
    failing = f"@hookimpl\ndef mover_moved(result):\n    raise {error}"
    plugins = load(
        plugin("mover-b", failing),
        plugin("mover-a", hearing),
        plugin("mover-c", hearing),
        plugin("mover-d", "@hookimpl\ndef mover_moved():\n    pass"),
        strict=True,
    )
    with caplog.at_level(logging.ERROR):
        plugins.moved(RESULT)
    import mover_a  # type: ignore[import-not-found]
    import mover_c  # type: ignore[import-not-found]

    assert mover_a.heard == mover_c.heard == [RESULT]
    assert [entry.message for entry in caplog.records] == ["plugin 'mover_b' failed in mover_moved"]


def test_a_known_scheme_names_the_plugin_to_install(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records_mover.known_plugins._directory", lambda: KNOWN)
    with pytest.raises(PluginError) as raised:
        load(failing_import("mover-torn")).scheme("mars")
    assert str(raised.value) == ("no plugin offers 'mars://'; install it: pip install mover-mars")


KNOWN = {
    "schemes": {"mars": "mover-mars", "moon": "Mover.Torn", "luna": "mover-good"},
    "dialects": {"marsql": "mover-mars"},
    "aliases": {},
}


def test_a_known_plugin_that_is_broken_is_named_again(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records_mover.known_plugins._directory", lambda: KNOWN)
    plugins = load(failing_import("mover-torn"), other_api("mover-older"))
    with pytest.raises(PluginError) as raised:
        plugins.scheme("moon")
    assert str(raised.value) == (
        "no plugin offers 'moon://'; mover-torn 1.0 is installed but broken: "
        "ModuleNotFoundError: No module named 'a_driver_nobody_has'"
    )


def test_a_known_plugin_that_is_too_old_is_to_be_upgraded(
    load: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records_mover.known_plugins._directory", lambda: KNOWN)
    advice = load(working("mover-good")).remedy("schemes", "luna")
    assert advice == "mover-good 1.0 is installed; upgrade it: pip install --upgrade mover-good"


def test_an_unknown_scheme_names_every_plugin_out_of_order(load: Any) -> None:
    plugins = load(
        failing_import("mover-torn"),
        raising("mover-moody"),
        working("mover-moon", scheme="moon"),
        disabled=["mover_moon"],
    )
    with pytest.raises(PluginError) as raised:
        plugins.scheme("moon")
    assert str(raised.value) == (
        "no plugin offers 'moon://'; "
        "mover-moody 1.0 is installed but broken: RuntimeError: the moon is down; "
        "mover-moon 1.0 is installed but disabled: by MOVER_DISABLED_PLUGINS; "
        "mover-torn 1.0 is installed but broken: "
        "ModuleNotFoundError: No module named 'a_driver_nobody_has'"
    )


def test_with_every_plugin_well_the_advice_is_to_find_one(load: Any) -> None:
    assert load(strict=True).remedy("schemes", "moon") == "install a plugin that does"


@pytest.mark.parametrize("scheme", ["marsql", "marsql+driver"])
def test_a_database_where_a_file_should_be_is_called_one(
    load: Any, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setattr("records_mover.known_plugins._directory", lambda: KNOWN)
    with pytest.raises(UsageError, match="is a database, and no table is named"):
        load().scheme(scheme)


def test_not_found_errors_are_not_credentials_errors(load: Any, plugin: Any) -> None:
    body = """
    from records_mover.errors import NotFoundError

    @hookimpl
    def mover_creds(name):
        raise NotFoundError("there is no vault", "make one")
    """
    with pytest.raises(NotFoundError):
        load(plugin("mover-a", body)).creds("one")
