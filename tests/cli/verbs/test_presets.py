"""`presets`, and what `chat` and `complete` do with one."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.presets.store import PresetStore
from baichuan_desktop.services.presets.values import Preset
from tests.cli.verbs.answering import Answering

LETTER = Preset("", "Letter", "Be polite.", "To {{name}}: {{text}}", {"temperature": 0.6})


@pytest.fixture
def letter(app_home: Path) -> Preset:
    return PresetStore(app_paths().presets).put(LETTER)


def test_presets_are_listed_shown_exported_deleted_and_imported(
    letter: Preset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "presets.json"
    assert main(["presets", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in listed][:2] == ["Letter", "Translator"]
    assert len(listed) == 11

    assert main(["presets", "show", "letter"]) == 0
    assert "message:\nTo {{name}}: {{text}}" in capsys.readouterr().out
    assert main(["presets", "export", "--out", str(file)]) == 0
    assert main(["presets", "export", "--out", str(file)]) == 1
    assert "There is a file" in capsys.readouterr().err
    assert main(["presets", "delete", "Letter"]) == 0
    assert main(["presets", "delete", "Letter"]) == 1
    assert main(["presets", "import", str(file)]) == 0
    assert "Added: Letter." in capsys.readouterr().out
    assert main(["presets", "import", str(file)]) == 0
    assert "Here already: Letter." in capsys.readouterr().out
    assert PresetStore(app_paths().presets).own() == (letter,)

    assert main(["presets", "delete", "minutes"]) == 1
    assert "is a part of the app" in capsys.readouterr().err
    file.write_bytes(b"\xff" * 50)
    assert main(["presets", "import", str(file)]) == 1
    assert "it is not readable as JSON" in capsys.readouterr().err


def test_a_chat_is_asked_as_the_preset_says(
    letter: Preset, monkeypatch: pytest.MonkeyPatch, answering: Answering
) -> None:
    said = "thanks\n/preset off\nmore\n/preset summary\n/set number of points=2\nlast\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(said))

    command = ["chat", "--preset", "Letter", "--set", "name=Li", "--top-k", "3"]
    assert main(command) == 0

    first, second, third = answering.asked
    assert [one.text for one in first.messages] == ["Be polite.", "To Li: thanks"]
    assert (first.params.temperature, first.params.top_k) == (0.6, 3)
    assert second.messages[-1].text == "more"
    assert second.messages[0].text == "To Li: thanks", "the preset's system prompt went with it"
    assert second.params.top_k == 3
    assert third.messages[-1].text.startswith("Summarise the following text in at most 2 points")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--preset", "Lettre"], "There is no preset “Lettre”."),
        (["--preset", "Letter", "--set", "nmae=Li"], "has no variable “nmae”"),
        (["--set", "name=Li"], "No preset is used, so there is no variable “name”."),
        (["--preset", "Letter", "--set", "name"], "“name” is not of the form NAME=VALUE."),
    ],
)
def test_what_is_wrong_is_said_before_a_model_is_loaded(
    letter: Preset,
    options: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    answering: Answering,
) -> None:
    assert main(["chat", *options]) == 1

    assert sentence in capsys.readouterr().err
    assert answering.loads == 0


def test_a_message_without_its_value_is_not_sent(
    letter: Preset,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answering: Answering,
) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.StringIO("thanks\n/set nmae=Li\n/set name=Li\n/set\nthanks\n")
    )

    assert main(["chat", "--preset", "Letter"]) == 1

    captured = capsys.readouterr()
    assert "needs a value for “name”" in captured.err
    assert "has no variable “nmae”" in captured.err
    assert captured.out.count("  name: Li\n") == 2, "as it was set, and as it is asked for"
    assert [one.messages[-1].text for one in answering.asked] == ["To Li: thanks"]
