"""`quality`, as a person and as a program read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baichuan_desktop.cli.main import main
from baichuan_desktop.services.app_paths import app_paths
from tests.helpers import goldens

FOLDER = str(goldens.folder("b2-7b", "safetensors"))


@pytest.fixture
def text(tmp_path: Path) -> str:
    file = tmp_path / "一页.txt"
    file.write_text("How does a refrigerator make cold? 天空为什么是蓝色的？\n" * 4, "utf-8")
    return str(file)


@pytest.mark.usefixtures("engine_here")
def test_quality_prints_a_row_a_precision(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["quality", FOLDER, "--text", text, "--precisions", "4bit", "--device", "cpu"])

    out = capsys.readouterr().out.splitlines()
    assert code == 0
    for name in ("precision", "perplexity", "KL divergence", "same next token"):
        assert name in out[0]
    assert [line.split()[0] for line in out[1:3]] == ["fp32", "4bit"]
    assert out[1].endswith("reference")
    assert out[2].endswith(" %")
    assert "tokens of “一页.txt”." in out[3]
    assert "from fp32" in out[4]
    assert not list(app_paths().cache.iterdir())


def test_quality_prints_json(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--precisions", "fp32,fp16", "--device", "cpu", "--tokens", "80", "--json"]
    code = main(["quality", FOLDER, "--text", text, *arguments])

    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert code == 1  # the reference alone compares nothing
    (found,) = report["compared"]
    assert (found["precision"], found["reference"]) == ("fp32", "fp32")
    assert found["scored_tokens"] == 79
    assert found["text_is_cut"] is True
    assert found["perplexity"] > 1
    assert found["kl_divergence"] is None
    assert [failed["precision"] for failed in report["failed"]] == ["fp16"]
    assert captured.err.startswith("fp16: ")


@pytest.mark.usefixtures("engine_here")
def test_quality_says_which_parts_are_held_otherwise(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["--precisions", "bf16", "--reference", "bf16", "--device", "cpu"]
    parts = ["--head-in-8-bits", "--embedding-on-host"]

    assert main(["quality", FOLDER, "--text", text, *wanted, *parts]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[1].startswith("bf16 ")
    assert out[1].endswith("reference")
    assert out[2].startswith("bf16, embedding on host, 8-bit head ")
    assert out[2].endswith(" %")
    assert "from bf16" in out[4]

    assert main(["quality", FOLDER, "--text", text, *wanted, "--head-in-8-bits", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["compared"]
    held = [(entry["embedding_on_host"], entry["head_in_8_bits"]) for entry in found]
    assert held == [(False, False), (False, True)]
    assert {entry["reference"] for entry in found} == {"bf16"}


def test_a_silly_number_of_threads_is_one_sentence(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["quality", FOLDER, "--text", text, "--precisions", "fp32", "--device", "cpu"]

    assert main([*arguments, "--threads", "1025"]) == 1

    expected = "baichuan-desktop: The number of threads must be from 1 to 1,024, not 1,025."
    assert capsys.readouterr().err.splitlines()[0] == expected


@pytest.mark.usefixtures("engine_here")
def test_bench_and_quality_take_the_exports_of_a_model(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    main(["models", "add", FOLDER, "--json"])
    model_id = json.loads(capsys.readouterr().out)["id"]
    for precision in ("fp32", "int4"):
        out = str(tmp_path / precision)
        assert main(["export-onnx", model_id, "--precision", precision, "--out", out]) == 0
    capsys.readouterr()

    wanted = ["--precisions", "fp32,onnx-fp32,onnx-int4", "--json"]
    assert main(["quality", model_id, "--text", text, *wanted]) == 0
    compared = {
        found["precision"]: found for found in json.loads(capsys.readouterr().out)["compared"]
    }
    assert main(["bench", model_id, *wanted]) == 0
    measured = {
        found["precision"]: found for found in json.loads(capsys.readouterr().out)["measured"]
    }

    assert compared.keys() == measured.keys() == {"fp32", "onnx-fp32", "onnx-int4"}
    assert {found["reference"] for found in compared.values()} == {"fp32"}
    assert compared["onnx-fp32"]["kl_divergence"] < 1e-6
    assert compared["onnx-int4"]["kl_divergence"] > 1e-4
    bytes_read = [measured[name]["decode"][0]["bytes_per_token"] for name in compared]
    assert bytes_read[0] == bytes_read[1] > bytes_read[2]


@pytest.mark.usefixtures("engine_here")
def test_quality_takes_the_sample_where_no_text_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["quality", FOLDER, "--precisions", "fp32", "--device", "cpu", "--tokens", "100"])

    out = capsys.readouterr().out
    assert code == 0
    assert "Scored on 98 tokens of “quality_sample”." in out
    assert "There is more text than that" in out


@pytest.mark.parametrize("tokens", ["0", "-3", "99999999"])
def test_a_wrong_number_of_tokens_is_one_sentence(
    tokens: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["quality", FOLDER, f"--tokens={tokens}"]) == 1

    assert "The number of tokens must be from 1 to 262,144" in capsys.readouterr().err


def test_a_text_that_is_missing_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["quality", FOLDER, "--text", "no such file.txt"]) == 1

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("baichuan-desktop: There is no file or folder “")
