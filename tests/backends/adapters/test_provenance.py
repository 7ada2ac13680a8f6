"""What a folder says of how its adapter was made is shown, and keeps nobody from using it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backends.adapters.folder import open_adapter
from tests.helpers import adapters, goldens
from tests.helpers.opened_files import watched

CONFIG = goldens.checkpoint("b2-7b").config


def with_provenance(folder: Path, content: object) -> Path:
    adapters.write_adapter(folder, CONFIG, base="baichuan-inc/Baichuan2-7B-Chat")
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    (folder / "provenance.json").write_bytes(raw)
    return folder


def test_facts_are_told_in_the_files_own_words(tmp_path: Path) -> None:
    made = {
        "made_by": "Baichuan Desktop 0.9",
        "base": {"id": "baichuan2-7b-chat", "sha256": "ab" * 32},
        "data": [{"name": "letters.json", "sha256": "cd" * 32, "conversations": 1200}],
        "settings": {"learning_rate": 2e-5, "epochs": 4, "targets": ["W_pack", "o_proj"]},
        "seed": 7,
        "resumed": False,
        "empty": None,
    }

    provenance = open_adapter(with_provenance(tmp_path / "a", made)).provenance

    assert provenance.base_name == "baichuan-inc/Baichuan2-7B-Chat"
    assert provenance.facts == {
        "peft_version": "0.21.2",
        "made_by": "Baichuan Desktop 0.9",
        "base.id": "baichuan2-7b-chat",
        "base.sha256": "ab" * 32,
        "data.0.name": "letters.json",
        "data.0.sha256": "cd" * 32,
        "data.0.conversations": "1200",
        "settings.learning_rate": "2e-05",
        "settings.epochs": "4",
        "settings.targets": "W_pack, o_proj",
        "seed": "7",
        "resumed": "false",
    }


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff" * 9, b"[" * 90 + b"]" * 90, b"1" * 300_000, b'{"a": ' + b"9" * 101 + b"}"],
)
def test_what_cannot_be_read_is_a_note(tmp_path: Path, content: bytes) -> None:
    adapter = open_adapter(with_provenance(tmp_path / "a", content))

    (note,) = adapter.notes
    assert "provenance.json” says of how the adapter was made is not shown" in str(note)
    assert set(adapter.provenance.facts) == {"peft_version"}


def test_much_is_cut_and_steers_no_terminal(tmp_path: Path) -> None:
    many = {f"key {number}": "x\x1b[2J" * 70 for number in range(300)}

    adapter = open_adapter(with_provenance(tmp_path / "a", many))

    facts = adapter.provenance.facts
    assert len(facts) == 201
    assert all(len(text) <= 300 and text.isprintable() for text in facts.values())
    assert "says more of how the adapter was made than is shown" in str(adapter.notes[0])


def test_a_name_in_it_is_no_path_that_is_opened(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text('{"a": "hidden"}', encoding="utf-8")
    folder = with_provenance(tmp_path / "a", {"base": str(secret), "data": "../secret.json"})

    with watched() as opened:
        open_adapter(folder)

    assert not opened.outside(folder)


def test_licences_of_its_folder_go_with_it(tmp_path: Path) -> None:
    folder = with_provenance(tmp_path / "a", {})
    (folder / "LICENSE").write_text("text", encoding="utf-8")
    (folder / "NOTICE.txt").write_text("text", encoding="utf-8")

    assert open_adapter(folder).licence_files == (folder / "LICENSE", folder / "NOTICE.txt")
