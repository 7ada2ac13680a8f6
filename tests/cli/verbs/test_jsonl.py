"""`chat --jsonl` and `complete --jsonl`."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from baichuan_desktop.cli.main import main
from tests.cli.verbs.answering import Answering
from tests.helpers import goldens


def write(file: Path, *requests: dict[str, Any]) -> Path:
    file.write_text("".join(json.dumps(one) + "\n" for one in requests), encoding="utf-8")
    return file


def written(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_a_run_that_was_stopped_goes_on_where_it_ended(
    tmp_path: Path, answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = write(
        tmp_path / "in.jsonl",
        {"id": "a", "prompt": "一", "sampling": {"top_k": 7}},
        {
            "id": 2,
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "two"},
            ],
        },
        {"id": "c", "prompt": "three", "system": ""},
    )
    out = tmp_path / "out.jsonl"
    command = ["chat", "--jsonl", str(requests), "--out", str(out), "--system", "Be kind."]
    answering.stop_at = "two"

    assert main([*command, "--temperature", "0.5"]) == 130
    assert "Stopped: 1 answered. The same command goes on." in capsys.readouterr().err
    assert [one["id"] for one in written(out)] == ["a"]
    with out.open("a", encoding="utf-8") as stream:
        stream.write('{"id": 2, "text": "half')
    answering.stop_at = ""
    assert main(command) == 0
    assert "2 answered, 1 answered before." in capsys.readouterr().err
    assert main(command) == 0
    assert "0 answered, 3 answered before." in capsys.readouterr().err

    assert [one["text"] for one in written(out)] == ["<一>", "<two>", "<three>"]
    first, *_, third, fourth = answering.asked
    assert [one.text for one in first.messages] == ["Be kind.", "一"]
    assert (first.params.temperature, first.params.top_k) == (0.5, 7)
    assert [one.text for one in third.messages] == ["Be brief.", "two"]
    assert [one.text for one in fourth.messages] == ["three"]
    assert answering.loads == 2, "nothing is loaded where nothing is left to be asked"


def test_a_bad_line_is_an_answer_and_the_end_says_so(
    answering: Answering, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = b'{"id": 1, "prompt": "x"}\nnonsense\n{"id": 3, "prompt": "y", "adapter": "nope"}\n'
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines)))

    assert main(["chat", "--jsonl", "-", "--preset", "翻译"]) == 1

    captured = capsys.readouterr()
    first, second, third = (json.loads(line) for line in captured.out.splitlines())
    assert first["text"] == "<把下面的文字翻译成中文：\n\nx>"
    assert second["error"]["type"] == "WrongRequestError"
    assert second["error"]["message"] == "Line 2 cannot be answered: it is no JSON object."
    assert "There is no adapter “nope”" in third["error"]["message"]
    assert "1 answered, 2 with an error." in captured.err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--out", "x.jsonl"], "--out is for the answers of --jsonl."),
        (["--jsonl", "missing.jsonl"], "The requests in “missing.jsonl” cannot be read"),
        (["--jsonl", "in.jsonl", "--attach", "a.txt"], "--attach does not go together"),
        (["--jsonl", "in.jsonl", "--out", "in.jsonl"], "holds something else than answers"),
    ],
)
def test_what_cannot_be_done_is_said_before_a_model_is_loaded(
    options: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answering: Answering,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    before = write(tmp_path / "in.jsonl", {"id": 1, "prompt": "x"}).read_bytes()

    assert main(["chat", *options]) == 1

    assert sentence in capsys.readouterr().err
    assert answering.loads == 0
    assert (tmp_path / "in.jsonl").read_bytes() == before


def test_a_real_base_model_goes_on_with_each_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = write(
        tmp_path / "in.jsonl",
        {"id": "a", "prompt": "今天", "sampling": {"max_new_tokens": 3}},
        {"id": "b", "prompt": "今天"},
        {"id": "c", "messages": [{"role": "user", "content": "x"}]},
        {"id": "d", "prompt": "天" * 5000},
    )
    model = str(goldens.folder("b2-7b", "safetensors"))
    command = ["complete", model, "--jsonl", str(requests), "--greedy", "--max-new-tokens", "5"]

    assert main([*command, "--device", "cpu", "--precision", "fp32"]) == 1

    a, b, c, d = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (a["new_tokens"], b["new_tokens"]) == (3, 5)
    assert b["text"].startswith(a["text"].rstrip("\ufffd"))
    assert "a base model needs “prompt”" in c["error"]["message"]
    assert d["error"]["type"] == "ContextLengthExceededError"


def test_answers_go_to_standard_output_by_its_usual_name(
    tmp_path: Path,
    answering: Answering,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    requests = write(tmp_path / "in.jsonl", {"id": "a", "prompt": "一"})

    assert main(["chat", "--jsonl", str(requests), "--out", "-"]) == 0

    assert json.loads(capsys.readouterr().out)["text"] == "<一>"
    assert not (tmp_path / "-").exists()
