"""Registered secrets are starred out, however they are written, and little else is."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest

from records_mover.redaction import redact, redact_data, register_secret, register_url

PASSWORD = 'Käse\'n "dip"/50%&#?@:\\x'


@pytest.mark.parametrize(
    "spelt",
    [
        PASSWORD,
        quote(PASSWORD),
        quote(PASSWORD, safe=""),
        quote(PASSWORD, safe="").lower().replace("k%c3", "K%c3"),
        quote_plus(PASSWORD),
        repr(PASSWORD)[1:-1],
        ascii(PASSWORD)[1:-1],
        json.dumps(PASSWORD)[1:-1],
        PASSWORD.replace("'", "''"),
    ],
)
def test_a_secret_is_starred_out_in_every_spelling(spelt: str) -> None:
    register_secret(PASSWORD)
    assert redact(f"before {spelt} after") == "before *** after"


def test_the_password_of_a_url_is_registered_in_plain_and_as_written() -> None:
    register_url("postgresql://me:kan%61rienvogel@host/db?sslmode=require")
    assert (
        redact("kanarienvogel kan%61rienvogel me host db require") == "*** *** me host db require"
    )


def test_secrets_in_the_query_of_a_url_are_registered() -> None:
    register_url("x://host/db?sslpassword=long%20enough&user_token=abcdefgh12&mode=plainword")
    assert redact("long enough, abcdefgh12, plainword") == "***, ***, plainword"


@pytest.mark.parametrize("password", ["canary@nest0", "canary@nest0@tree77", "canary/nest0@x99"])
def test_a_password_that_should_have_been_encoded_is_hidden_all_the_same(password: str) -> None:
    register_url(f"postgresql://me:{password}@host/db")
    said = redact(f"cannot find host {password.split('@', 1)[-1]!r} of {password}")
    for piece in password.split("@"):
        assert piece not in said


def test_the_password_of_any_url_is_hidden_even_if_nobody_registered_it() -> None:
    said = redact("GET http://me:canary@host/x?X-Sig-Signature=abc&a=1 from 'ftp://u:p@h'")
    assert said == "GET http://me:***@host/x?X-Sig-Signature=***&a=1 from 'ftp://u:***@h'"


@pytest.mark.parametrize("name", ["api_key", "apikey", "x-api-key", "access-key", "auth", "jwt"])
def test_a_key_in_the_query_of_a_url_is_hidden(name: str) -> None:
    url = f"https://host/trips.csv?{name}=canary77&author=me&keyword=x&accesskeyid=AK"
    assert redact(f"GET {url}") == f"GET {url.replace('canary77', '***')}"


def test_a_short_secret_is_hidden_where_it_stands_alone() -> None:
    register_secret("cop")
    assert (
        redact("cop said: 'cop', copy in, robocop, x-cop")
        == "*** said: '***', copy in, robocop, x-cop"
    )


def test_a_secret_of_a_letter_or_two_is_hidden_only_after_its_name() -> None:
    register_secret("7")
    assert redact("line 7, password 7") == "line 7, password ***"


def test_a_password_that_is_public_too_garbles_nothing() -> None:
    register_url("database://app:app@app.example/app")
    text = "app-copy-in from app at app.example"
    assert redact(text) == text
    assert redact("password=app, password: 'app'") == "password=***, password: '***'"
    assert redact("database://app:app@app.example") == "database://app:***@app.example"


def test_data_keeps_its_shape() -> None:
    register_secret("canarybird")
    data = {"a": ["x canarybird", 1, None, ("canarybird",)], "canarybird": True}
    assert redact_data(data) == {"a": ["x ***", 1, None, ["***"]], "***": True}


def test_an_empty_secret_stars_out_nothing() -> None:
    register_secret("")
    register_url("x://me:@host")
    register_url("no url at all")
    assert redact("as it was") == "as it was"
