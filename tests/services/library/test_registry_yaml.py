"""The YAML of registry files is plain and bounded, whichever parser reads it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from backends.files import strict_yaml
from baichuan_desktop.services.library import registry_yaml
from baichuan_desktop.services.library.registry_file import load_layer
from baichuan_desktop.services.library.registry_schema import RegistryError
from baichuan_desktop.services.library.user_layer import add_installed
from tests.helpers.registry_texts import (
    SHIPPED,
    TINY,
    installed,
    layer,
    listed,
    loaded,
    read,
    refusal,
)


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("schema_version: 1\nschema_version: 1\n", "line 2", "“schema_version” is there twice"),
        (TINY.replace("kind: base", "kind: base\n    kind: chat"), "line 19", "“kind”"),
        ("schema_version: 1\nmodels: &all []\n", "line 2", "anchors"),
        ("schema_version: 1\nmodels: *all\n", "line 2", "anchors"),
        ("schema_version: 1\nmodels: !!python/name:os.system []\n", "line 2", "tags"),
        ("schema_version: !!int '1'\n", "line 1", "tags"),
        ("schema_version: 1\nx: {<<: {a: b}}\n", "x", "unknown"),
        ("schema_version: 1\nmodels: " + "[" * 40 + "]" * 40, "line 2", "32 levels"),
        ("schema_version: 1\nmodels: " + "[" * 5000, "line 2", "32 levels"),
        ("schema_version: 1\nmodels: [\n", "line 3", ""),
        ("schema_version: 1\n\tmodels: []\n", "line 2", ""),
        ("schema_version: 1\n? [a]\n: b\n", "line 2", "a key must be a word"),
        ("schema_version: 1\n1: b\n", "line 2", "a key must be a word"),
        ("schema_version: 1\n---\nschema_version: 1\n", "line 2", "second document"),
        ("schema_version: 1\nx: \x00\n", "line 2", "control character"),
        ("- schema_version\n", "line 1", "keys and values"),
        ("", "line 1", "keys and values"),
        ("schema_version: 1\nmodels: [7]\n", "models.0", "7"),
        ("schema_version: 1\nmodels: {a: b}\n", "models", "list"),
        ("schema_version: 1\nlicences: []\n", "licences", "keys and values, not a list"),
    ],
)
def test_yaml_that_is_not_plain_is_refused_by_line(text: str, place: str, reason: str) -> None:
    message = refusal(text)

    assert f" is wrong at {place}:" in message
    assert reason in message


def test_a_file_over_one_mebibyte_is_refused(tmp_path: Path) -> None:
    text = "schema_version: 1\n" + "# filler\n" * 120_000
    path = tmp_path / "big.yaml"
    path.write_text(text, encoding="utf-8")

    assert "larger than 1,048,576 bytes" in refusal(text)
    with pytest.raises(RegistryError, match="larger than"):
        load_layer(path, source_name="big.yaml")


def test_a_file_that_is_not_utf_8_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes("schema_version: 1\n# 中\n".encode("gbk"))

    (problem,) = loaded(TINY, path).problems
    assert problem.message == f"{path} is wrong at line 2: it is not UTF-8 text."


def test_a_number_of_10_000_digits_is_refused() -> None:
    assert "models.0.parameters" in refusal(TINY.replace("824", "1" * 10_000))


def test_escapes_beside_half_a_surrogate_keep_their_meaning(tmp_path: Path) -> None:
    user = layer(
        tmp_path / "user.yaml",
        listed(
            ("bad", r'"/\ud800"'), ("plain", r"/C:\ud801"), ("escaped", r'"/\\ud802"'),
            ("hanzi", r'"/\u767e"'), ("emoji", r'"/\U0001f600"'),
        ),
    )  # fmt: skip

    registry = loaded(TINY, user)

    assert [str(model.path) for model in registry.installed] == [
        r"/C:\ud801", r"/\ud802", "/百", "/😀"
    ]  # fmt: skip
    assert len(registry.problems) == 1


def put_fifo(path: Path) -> None:
    os.mkfifo(path)


def put_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no FIFOs")
@pytest.mark.parametrize("put", [put_fifo, put_device, Path.mkdir])
def test_what_is_no_file_costs_itself_and_is_not_waited_for(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    user = tmp_path / "user.yaml"
    put(user)

    registry = loaded(TINY, user)

    assert [problem.message for problem in registry.problems] == [
        f"{user} cannot be read: it is no ordinary file."
    ]
    with pytest.raises(RegistryError, match="no ordinary file"):
        add_installed(read(user), installed(tmp_path))


def test_below_a_file_there_is_no_layer(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("")

    assert loaded(TINY, tmp_path / "config" / "user.yaml").problems == ()


def units(unit: str, head: str = "schema_version: 1\n") -> str:
    """A text of one mebibyte."""
    room = strict_yaml.MAX_FILE_BYTES - len(head)
    return head + unit * (room // len(unit))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (units("[],", "schema_version: 1\nx: ["), "more than 60,000 values"),
        (units("{},", "schema_version: 1\nx: ["), "more than 60,000 values"),
        (units("- {id: 7}\n", "installed:\n"), "more than 60,000 values"),
        (units("- a\n", "models:\n"), "more than 60,000 values"),
        (units("[", "schema_version: 1\nx: "), "32 levels"),
        (units("- ", "schema_version: 1\nx:\n "), "32 levels"),
        (units("&a b, ", "schema_version: 1\nx: ["), "anchors"),
        (units("%TAG !a! b\n", ""), "100 directives"),
        (units("%TAG !a! b\r", ""), "100 directives"),
        ("".join(f"k{n}: 1\n" for n in range(90_000)), "more than 60,000 values"),
        (units("9", "schema_version: "), "this must be a whole number"),
        (units("k", "")[:-3] + ": 1", "not allowed in this context"),
        (units("x", "schema_version: 1\ny: '")[:-1] + "'", "y: this key is unknown"),
        (units("\\ud800", 'schema_version: 1\ny: "')[:-6] + '"', "y: this key is unknown"),
    ],
    ids=range(14),
)
def test_a_mebibyte_of_anything_is_refused_after_bounded_work(
    text: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = 0
    parse = yaml.parse

    def counted(*arguments: Any, **options: Any) -> Iterator[Any]:
        nonlocal events
        for event in parse(*arguments, **options):
            events += 1
            yield event

    monkeypatch.setattr(yaml, "parse", counted)

    assert reason in refusal(text)
    assert events <= strict_yaml.MAX_VALUES + 1


def test_a_mebibyte_of_comments_is_read() -> None:
    assert load_layer(units("# filler\n"), source_name="x").models == ()


@pytest.mark.parametrize("text", [TINY, SHIPPED.read_text(encoding="utf-8")])
def test_libyaml_and_pyyaml_read_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = registry_yaml.parse_yaml(text, source_name="x").content
    monkeypatch.setattr(strict_yaml, "PARSER", yaml.SafeLoader)

    assert registry_yaml.parse_yaml(text, source_name="x").content == fast


@pytest.mark.parametrize("parser", [strict_yaml.PARSER, yaml.SafeLoader])
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("no", "no"), ("yes", "yes"), ("12:30", "12:30"), ("017", "017"), ("0x10", "0x10"),
        ("2026-01-02", "2026-01-02"), ("1e3", "1e3"), (".5", ".5"), ("1_000", 1000), ("+7", 7),
        ("-0.5", -0.5), ("'7'", "7"), ('"true"', "true"), ("true", True), ("True", "True"),
        ("null", None), ("~", None), ("", None), ("Null", "Null"), ("<<", "<<"), ("=", "="),
        ("1" * 21, int("1" * 21)), ("1" * 25, "1" * 25), ("|\n  a\n  b\n", "a\nb\n"),
    ],
)  # fmt: skip
def test_words_are_read_plainly_by_both_parsers(
    written: str, read: object, parser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict_yaml, "PARSER", parser)

    found = registry_yaml.parse_yaml(f"x: {written}", source_name="x").content["x"]

    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize("parser", [strict_yaml.PARSER, yaml.SafeLoader])
def test_the_line_of_a_control_character_is_counted_in_lines(
    parser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strict_yaml, "PARSER", parser)

    assert "is wrong at line 3: there is a control character" in refusal(
        "# 百川\n# 模型\nx: \x07\n"
    )
