"""One registry file: a wrong entry costs its row, and a failing write costs nothing."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from baichuan_desktop.services.library import registry_file
from baichuan_desktop.services.library.registry_file import LayerFile, load_layer
from baichuan_desktop.services.library.registry_schema import RegistryError, RegistryLayer
from baichuan_desktop.services.library.user_layer import (
    add_installed,
    remove_installed,
    rename_installed,
)
from tests.helpers.registry_texts import TINY, installed, layer, listed, loaded, read, refusal
from tests.helpers.sentences import assert_one_sentence


def test_a_repeated_id_is_named_with_both_places() -> None:
    entry = TINY[TINY.index("  - id: tiny") :]

    message = refusal(TINY + entry)

    assert "models.1.id: the id “tiny” is already used at models.0." in message


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    user = tmp_path / "user.yaml"
    add_installed(read(user), installed(tmp_path))
    old = user.read_bytes()

    def disk_is_full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, disk_is_full)
    with pytest.raises(RegistryError) as caught:
        add_installed(read(user), installed(tmp_path, "two"))

    assert caught.value.message == f"{user} cannot be written: No space left on device."
    assert user.read_bytes() == old
    assert list(tmp_path.iterdir()) == [user]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no handle of a folder to flush")
def test_file_and_folder_reach_the_drive_around_the_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        is_folder = os.path.isdir(f"/proc/self/fd/{descriptor}")  # noqa: PTH112
        steps.append("folder" if is_folder else "file")
        real_fsync(descriptor)

    def replace(source: Path, target: Path) -> None:
        steps.append("rename")
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    add_installed(read(tmp_path / "user.yaml"), installed(tmp_path))

    assert steps == ["file", "rename", "folder"]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (r'"/a\0b"', "a path cannot hold a NUL"),
        (r'"/a\ud800b"', "this must be text that has a form in UTF-8"),
        (r'"/a\uDFFF"', "this must be text that has a form in UTF-8"),
        (r'"/a\U0000dabc"', "this must be text that has a form in UTF-8"),
        ("relative", "must be absolute"),
        ("7", "this must be text, not 7"),
        ("[/a]", "this must be text, not a list"),
        ('""', "must be absolute"),
        ("/" + "x" * 4096, "this must have at most 4096 characters, not '/xxx"),
    ],
)
def test_a_wrong_entry_costs_its_row_and_is_named(tmp_path: Path, path: str, reason: str) -> None:
    user = layer(tmp_path / "user.yaml", listed(("one", "/one"), ("bad", path), ("two", "/two")))

    registry = loaded(TINY, user)

    assert [model.id for model in registry.installed] == ["one", "two"]
    (problem,) = registry.problems
    assert problem.message.startswith(f"{user} is wrong at installed.1.path (of 'bad'): ")
    assert reason in problem.message
    assert not re.search("[\0\ud800-\udfff]", problem.message)


def test_a_name_that_no_table_has_room_for_costs_its_row(tmp_path: Path) -> None:
    entries = listed(("one", f"/one, name: {'x' * 300}"), ("two", f"/two, name: {'x' * 301}"))
    user = layer(tmp_path / "user.yaml", entries)

    registry = loaded(TINY, user)

    assert [model.id for model in registry.installed] == ["one"]
    assert "installed.1.name.en (of 'two')" in registry.problems[0].message


def test_of_two_entries_with_one_id_the_first_is_kept(tmp_path: Path) -> None:
    user = layer(tmp_path / "user.yaml", listed(("no", "x"), ("a", "/first"), ("a", "/second")))

    registry = loaded(TINY, user)

    assert [str(model.path) for model in registry.installed] == ["/first"]
    assert [problem.facts["place"] for problem in registry.problems] == [
        "installed.0.path (of 'no')",
        "installed.2.id",
    ]


def test_a_wrong_model_of_a_layer_leaves_the_earlier_one(tmp_path: Path) -> None:
    body = TINY[TINY.index("models:") :].replace("parameters: 824", "parameters: 825")
    more = body[len("models:\n") :].replace("id: tiny", "id: tiny-two")
    site = layer(tmp_path / "site.yaml", body + more)

    registry = loaded(TINY, site)

    assert [variant.parameters for variant in registry.variants] == [824]
    assert [problem.message.split(": ")[0] for problem in registry.problems] == [
        f"{site} is wrong at models.0.parameters (of 'tiny')",
        f"{site} is wrong at models.1.parameters (of 'tiny-two')",
    ]


def test_places_are_those_of_the_file_though_entries_are_left_out(tmp_path: Path) -> None:
    body = TINY[TINY.index("models:") :].replace("sampling: base", "licence: none")
    site = layer(tmp_path / "site.yaml", body.replace("models:\n", "models:\n  - {id: 7}\n"))

    problems = loaded(TINY, site).problems

    assert [problem.message.split(": ")[0] for problem in problems] == [
        f"{site} is wrong at models.0.id",
        f"{site} is wrong at models.1.licence",
    ]


def test_a_file_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = 0
    parse = yaml.parse

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal parsed
        parsed += 1
        return parse(*arguments, **options)

    monkeypatch.setattr(yaml, "parse", counted)

    load_layer(TINY, source_name="x")

    assert parsed == 1


def test_thousands_of_wrong_entries_get_a_few_sentences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0

    def counted(word: str, known: Iterable[str]) -> None:
        nonlocal compared
        compared += 1

    monkeypatch.setattr(registry_file, "closest", counted)
    user = layer(tmp_path / "user.yaml", "installed:\n" + "- {pth: 1}\n" * 10_000)

    problems = loaded(TINY, user).problems

    assert len(problems) == 11
    assert problems[-1].message == f"{user} has 9,990 more entries that are wrong."
    assert compared == 10


def test_a_long_word_is_compared_with_nothing() -> None:
    assert registry_file.closest("installe", ["installed"]) == "installed"
    assert registry_file.closest("installed" * 1000, ["installed" * 1000]) is None


# --- a file that is no YAML ---------------------------------------------------------------


WHOLE = """\
schema_version: 1
# mine
installed:
- id: one
  path: /one
  family: baichuan-7b
  kind: chat
  context_length: 64
- id: two
  path: "/two"
  family: baichuan-7b
  kind: chat
  context_length: 64
# of the office
- {id: three, path: /three, family: baichuan-7b, kind: chat, context_length: 64}

- id: four
  name:
    en: Four
    zh: 四
  path: /four
  family: baichuan-7b
  kind: chat
  context_length: 64
licences: {}
"""


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ('path: "/two"', 'path: "/two', ["one", "three", "four"]),
        ("path: /one\n", "path: [/one\n", ["two", "three", "four"]),
        ("path: /one\n", "path: *anchor\n", ["two", "three", "four"]),
        ("path: /one\n", "path: /one\n  path: /one\n", ["two", "three", "four"]),
        ("  kind: chat\n  context_length: 64\n# of", "\tkind: chat\n# of",
         ["one", "three", "four"]),
        ("context_length: 64}", "context_length: 64", ["one", "two", "four"]),
        ("    zh: 四", "   zh: 四", ["one", "two", "three"]),
        ("licences: {}", "licences: {", ["one", "two", "three", "four"]),
        ("schema_version: 1", "schema_version: 1: 2", ["one", "two", "three", "four"]),
        ("# mine\n", "<<<<<<< mine\n", ["one", "two", "three", "four"]),
        ("- id: two\n", "- id: two\n  <<: x\n  <<: y\n", ["one", "three", "four"]),
    ],
)  # fmt: skip
def test_of_a_broken_file_the_entries_that_are_right_stay_listed(
    tmp_path: Path, before: str, after: str, left: list[str]
) -> None:
    assert before in WHOLE
    user = tmp_path / "user.yaml"
    user.write_text(WHOLE.replace(before, after, 1), encoding="utf-8")
    kept = user.read_bytes()

    registry = loaded(TINY, user)

    assert [model.id for model in registry.installed] == left
    (problem,) = registry.problems
    assert_one_sentence(problem)
    assert problem.facts["source"] == str(user)
    assert str(problem.facts["place"]).startswith("line ")
    with pytest.raises(RegistryError) as caught:
        add_installed(read(user), installed(tmp_path))
    assert caught.value.message == problem.message
    assert user.read_bytes() == kept


@pytest.mark.parametrize("text", ["", "installed", "installed:\n- [", "- id: one\n", "\x00", "{{"])
def test_a_file_of_which_nothing_is_left_lists_nothing(tmp_path: Path, text: str) -> None:
    user = tmp_path / "user.yaml"
    user.write_text(text, encoding="utf-8")

    registry = loaded(TINY, user)

    assert registry.installed == ()
    assert len(registry.problems) == 1


def test_what_is_left_of_a_broken_file_is_read_as_strictly(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    text = (
        WHOLE.replace("path: /one", "path: one")
        .replace('"/two"', '"/two')
        .replace("id: four", "id: three")
    )
    user.write_text(text, encoding="utf-8")

    assert [model.id for model in loaded(TINY, user).installed] == ["three"]


def test_a_file_that_breaks_says_what_it_said_before(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    user.write_text(WHOLE, encoding="utf-8")
    file = LayerFile(user, RegistryLayer.USER)
    assert len(file.read().layer.file.installed) == 4

    user.write_text('schema_version: 1\ninstalled:\n- id: "o', encoding="utf-8")
    halfway = file.read()

    assert len(halfway.layer.file.installed) == 4
    assert halfway.error is not None
    user.write_text("schema_version: 1\n", encoding="utf-8")
    assert (file.read().layer.file.installed, file.read().error) == ((), None)
    user.unlink()
    assert file.read().text is None


# --- an entry is exchanged alone -----------------------------------------------------------


INDENTED = """\
schema_version: 1
installed:  # mine

  # the first
  - id: one   # first
    path: '/one'
    family: baichuan-7b
    kind: chat
    context_length: 64
  # the second
  - {id: two, path: /two, family: baichuan-7b,
     kind: chat, context_length: 64}
  # the end
licences: {}
"""


def test_comments_and_forms_of_other_entries_stay(tmp_path: Path) -> None:
    user = tmp_path / "user.yaml"
    user.write_text(INDENTED, encoding="utf-8")

    add_installed(read(user), installed(tmp_path, "three"))
    added = user.read_text(encoding="utf-8")
    remove_installed(read(user), "two")
    removed = user.read_text(encoding="utf-8")
    rename_installed(read(user), "one", "First: #1")

    end = INDENTED.index("  # the end")
    assert added.startswith(INDENTED[:end] + "  - id: three\n    name:\n")
    assert added.endswith(INDENTED[end:])
    assert "  # the second\n  - id: three\n" in removed
    renamed = user.read_text(encoding="utf-8")
    assert "    name: 'First: #1'\n" in renamed
    assert "  # the second\n  - id: three\n" in renamed
    assert [one.id for one in loaded(TINY, user).installed] == ["one", "three"]


@pytest.mark.parametrize(
    "section",
    [
        "installed: [{id: one, path: /one, family: baichuan-7b, kind: chat, context_length: 64}]\n",
        (
            "installed:\n-\n  id: one\n  path: /one\n  family: baichuan-7b\n  kind: chat\n"
            "  context_length: 64\n"
        ),
        (
            "? installed\n: - id: one\n    path: /one\n    family: baichuan-7b\n    kind: chat\n"
            "    context_length: 64\n"
        ),
        (
            "installed:\n  - id: one\n    path: |-\n      /one\n    family: baichuan-7b\n"
            "    kind: chat\n    context_length: 64"
        ),
        (
            "installed:\r\n- id: one\r\n  path: /one\r\n  family: baichuan-7b\r\n  kind: chat\r\n"
            "  context_length: 64\r\n"
        ),
        (
            'installed:\n- id: one\n  path: "/one"\n  family: baichuan-7b\n  kind: >-\n    chat\n\n'
            "  context_length: 64\n...\n"
        ),
        (
            "'installed':\n- 'id': one\n  path: /one\n  family: baichuan-7b\n  kind: chat\n"
            "  context_length: 64 # …\n  name: {en: 'a\n\n      b', zh: c}\n"
        ),
    ],
    ids=range(7),
)
def test_entries_of_any_form_can_be_changed(tmp_path: Path, section: str) -> None:
    user = tmp_path / "user.yaml"
    user.write_bytes(f"schema_version: 1\n{section}".encode())
    before = loaded(TINY, user).installed
    assert [model.id for model in before] == ["one"]

    add_installed(read(user), installed(tmp_path, "two"))
    assert loaded(TINY, user).installed == (*before, installed(tmp_path, "two"))
    remove_installed(read(user), "one")
    assert loaded(TINY, user).installed == (installed(tmp_path, "two"),)
    remove_installed(read(user), "two")
    assert loaded(TINY, user).installed == ()
    assert loaded(TINY, user).problems == ()
