"""`policy`, and that every command of the terminal obeys one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import resource
from tests.helpers import goldens
from tests.helpers.policies import place_in, write_policy

FOLDER = str(goldens.folder("b2-7b", "safetensors"))
Captured = pytest.CaptureFixture[str]


def test_what_a_file_says_is_told_in_sentences(tmp_path: Path, capsys: Captured) -> None:
    file = write_policy(
        tmp_path,
        "contact: desk 7\nmodels: [baichuan2-7b-chat, our-13b]\nprecisions: [bf16, 4bit]\n"
        f"folders: [{tmp_path}]\nimport: false\nserver: false\ncode_execution: false\n"
        "fine_tuning: false\nadapters: []\nretention_days: 90\nlicence_text: Be kind.\n"
        "require_verification: true\n",
    )

    assert main(["policy", "check", str(file)]) == 0

    out = capsys.readouterr().out
    for sentence in (
        "Only these models may be used: baichuan2-7b-chat, our-13b.",
        "“our-13b” names nothing here, and so allows nothing",
        "The guide that ships with the app, “baichuan-guide”, is not among them.",
        "Only these precisions may be used: bf16, 4-bit.",
        f"Models may lie only below “{tmp_path}”.",
        "Models may not be added, imported or removed.",
        "No other program and no browser may be served.",
        "No model may be fine-tuned.",
        "as this one has nothing of the kind: code_execution.",
        "No adapter may be used.",
        "Conversations that were not changed for 90 days are deleted, from backups too.",
        "A text of 8 letters has to be accepted before a model is loaded.",
        "A model is loaded only once it was verified against a list.",
        "Whom to ask: desk 7.",
        "Its owner and its rights are as they must be.",
    ):
        assert sentence in out, sentence


def test_a_file_that_is_wrong_is_told_by_its_place(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text("schema_version: 1\nprecisions: [bf16, 5bit]\n", encoding="utf-8")

    assert main(["policy", "check", str(file)]) == 1
    assert "draft.yaml is wrong: at precisions.1: there is no precision “5bit”" in (
        capsys.readouterr().err
    )
    assert main(["policy", "check", str(file), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["is_valid"] is False
    assert main(["policy", "check", str(tmp_path / "nothing.yaml")]) == 1
    assert "There is no file" in capsys.readouterr().err


def test_of_a_file_that_is_not_there_nobody_says_that_it_turns_something_off(
    tmp_path: Path, capsys: Captured
) -> None:
    missing, link = tmp_path / "draft.yaml", tmp_path / "link.yaml"
    link.symlink_to(missing)

    assert main(["policy", "check", str(missing)]) == 1
    assert capsys.readouterr().err == f"There is no file {missing}.\n"
    assert main(["policy", "check", str(link)]) == 1
    assert "would turn off everything" in capsys.readouterr().err, "a link is there, and is refused"


def test_a_draft_says_where_it_would_be_in_force(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text("schema_version: 1\nimport: false\n", encoding="utf-8")
    file.chmod(0o666)

    assert main(["policy", "check", str(file)]) == 0
    out = capsys.readouterr().out
    assert "Where it is now, it would be refused" in out
    assert str(place_in(tmp_path).file) in out

    assert main(["policy", "check", str(file), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["is_valid"], facts["is_trusted"], facts["import"]) == (True, False, False)


def test_a_file_in_its_place_that_others_may_write_is_an_error(
    tmp_path: Path, capsys: Captured
) -> None:
    file = write_policy(tmp_path, "import: false\n")
    file.chmod(0o666)

    assert main(["policy", "check", str(file)]) == 1
    assert "can be written by everybody" in capsys.readouterr().err
    assert main(["policy", "show"]) == 1
    assert "cannot be used" in capsys.readouterr().err


def test_what_is_in_force_is_shown(tmp_path: Path, capsys: Captured) -> None:
    assert main(["policy", "show"]) == 0
    assert "There is no policy on this machine" in capsys.readouterr().out

    file = write_policy(tmp_path, "precisions: [8bit]\n")
    assert main(["policy", "show"]) == 0
    assert f"The policy of this machine, {file}, says:" in capsys.readouterr().out
    assert main(["policy", "show", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["precisions"] == ["8bit"]


RULES = {
    "models: [baichuan2-7b-chat]\n": "is not used here",
    "folders: [/srv/models]\n": "only models below",
    "precisions: [8bit]\n": "The precision fp32 is not used here, only 8-bit",
    "precisions: no\n": "cannot be used",
}


@pytest.mark.parametrize(("rule", "words"), RULES.items())
def test_every_command_that_opens_a_model_obeys(
    rule: str, words: str, tmp_path: Path, capsys: Captured
) -> None:
    write_policy(tmp_path, rule)
    out = str(tmp_path / "out")
    commands = [
        ["complete", FOLDER, "--prompt", "Hello", "--precision", "fp32", "--device", "cpu"],
        ["chat", FOLDER, "--precision", "fp32", "--device", "cpu"],
        ["bench", FOLDER, "--precision", "fp32", "--device", "cpu"],
        ["quality", FOLDER, "--precisions", "fp32", "--reference", "fp32", "--device", "cpu"],
    ]
    if "precisions: [" not in rule:  # a copy has a precision of its own, and these have none
        commands.append(["models", "convert", FOLDER, "--out", out])
    for command in commands:
        assert main(command) == 1, command
        assert words in capsys.readouterr().err, command
    assert not Path(out).exists()


def test_a_copy_in_a_precision_that_is_off_is_not_written(tmp_path: Path, capsys: Captured) -> None:
    write_policy(tmp_path, "precisions: [bf16]\n")
    out = str(tmp_path / "out")

    assert main(["quantize", FOLDER, "--precision", "4bit", "--out", out]) == 1
    assert "only bf16" in capsys.readouterr().err
    assert main(["export-onnx", FOLDER, "--precision", "int8", "--out", out]) == 1
    assert "only bf16" in capsys.readouterr().err
    assert not Path(out).exists()


def test_auto_answers_at_a_precision_that_is_allowed(tmp_path: Path, capsys: Captured) -> None:
    write_policy(tmp_path, "precisions: [fp32]\n")
    command = ["complete", FOLDER, "--prompt", "Hello", "--max-new-tokens", "2", "--greedy"]

    assert main([*command, "--precision", "auto", "--device", "cpu"]) == 0
    assert capsys.readouterr().out


def test_doctor_shows_no_precision_of_a_model_that_is_off(tmp_path: Path, capsys: Captured) -> None:
    write_policy(tmp_path, "models: [baichuan2-7b-chat]\n")

    assert main(["doctor", "--json"]) == 0
    (guide,) = json.loads(capsys.readouterr().out)["models"]
    assert "turned that off in its policy" in guide["error"]
    assert guide["precisions"] == []


def test_doctor_names_the_policy_and_what_it_turns_off(tmp_path: Path, capsys: Captured) -> None:
    file = write_policy(tmp_path, "precisions: [fp32]\ncontact: desk 7\n")

    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["policy"] == (
        f"The administrator's policy in {file} is in force; whom to ask: desk 7."
    )
    guide = next(one for one in report["models"] if one["path"] == str(resource("guide_model")))
    off = [row for row in guide["precisions"] if row["precision"] == "bf16"]
    assert off
    assert all("turned that off in its policy" in row["sentence"] for row in off), off
