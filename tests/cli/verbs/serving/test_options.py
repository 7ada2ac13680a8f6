"""How a server is asked for."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from backends.errors import InvalidRequestError
from baichuan_desktop.cli.verbs.serving.options import add_server_options, serve_options
from baichuan_desktop.services.serving.values import ServeOptions, TlsFiles
from tests.helpers.sentences import assert_one_sentence


def options_of(*words: str) -> ServeOptions:
    parser = argparse.ArgumentParser()
    add_server_options(parser)
    return serve_options(parser.parse_args(words))


def test_without_options_only_this_machine_is_served_at_the_usual_port() -> None:
    assert options_of() == options_of("a-model") == ServeOptions()
    assert ServeOptions().port == 8000
    assert not ServeOptions().is_lan


def test_other_machines_always_need_the_key() -> None:
    options = options_of("--lan")

    assert (options.is_lan, options.asks_for_key) == (True, True)
    assert not options_of().asks_for_key


def test_programs_of_this_machine_need_the_key_where_that_is_wanted() -> None:
    options = options_of("--require-key")

    assert (options.is_lan, options.asks_for_key) == (False, True)


def test_what_is_named_arrives() -> None:
    options = options_of(
        "m", "--only", "--port", "0", "--tls-cert", "c.pem", "--tls-key", "k.pem",
        "--allow-origin", "https://Example.org", "--allow-origin", "http://localhost:3000",
        "--host-name", "Office-PC.lan",
    )  # fmt: skip

    assert options == ServeOptions(
        port=0,
        origins=("https://example.org", "http://localhost:3000"),
        hosts=("office-pc.lan",),
        tls=TlsFiles(Path("c.pem"), Path("k.pem")),
    )


@pytest.mark.parametrize(
    ("origin", "known_as"),
    [
        ("https://example.org/", "https://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("http://example.org:443", "http://example.org:443"),
        ("http://127.0.0.1:5173", "http://127.0.0.1:5173"),
    ],
)
def test_an_origin_is_known_as_a_browser_sends_it(origin: str, known_as: str) -> None:
    assert options_of("--allow-origin", origin).origins == (known_as,)


@pytest.mark.parametrize(
    "words",
    [
        ["--allow-origin", "*"],
        ["--allow-origin", "null"],
        ["--allow-origin", "example.org"],
        ["--allow-origin", "https://example.org/page"],
        ["--allow-origin", "https://me:secret@example.org"],
        ["--allow-origin", "https://*.example.org"],
        ["--allow-origin", "file:///etc"],
        ["--allow-origin", "https://[::1"],
        ["--allow-origin", "https://example.org:99999"],
        ["--host-name", "*"],
        ["--host-name", ""],
        ["--host-name", "a b"],
        ["--port", "65536"],
        ["--port", "-1"],
        ["--port", "８０００"],
        ["--queue", "1001"],
        ["--queue", "many"],
        ["--idle-minutes", "0.5"],
        ["--tls-cert", ""],
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_no_option(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options_of(*words)

    assert f"argument {words[0]}: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ["--tls-cert", "c.pem"],
        ["--tls-key", "k.pem"],
        ["--only"],
        ["--as-chat"],
        ["--adapter", "legal"],
    ],
    ids=" ".join,
)
def test_an_option_without_the_one_it_needs_is_refused(words: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        options_of(*words)

    assert_one_sentence(caught.value)
