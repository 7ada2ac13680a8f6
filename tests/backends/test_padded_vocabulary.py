"""Rows of the embedding and the head that are no tokens: whatever they hold, nobody sees it."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.events import (
    BenchmarkReady,
    CopyReady,
    EngineEvent,
    Finished,
    FinishReason,
    QualityReady,
    TextDelta,
)
from backends.generation.sampling import SamplingParams
from backends.machine.hardware import Machine
from backends.onnx_backend.graph import Scheme
from backends.precision import Precision
from backends.protocol.engine_requests import (
    BenchmarkRequest,
    ChatRequest,
    CompleteRequest,
    CopyRequest,
    LoadRequest,
    QualityRequest,
    Request,
)
from backends.text.chat_template import Message, Role
from backends.text.vocabulary import read_tokenizer
from tests.helpers import exports, goldens
from tests.helpers.padded import change_json, padded

MACHINE = Machine(
    "A processor", 1, frozenset(), 8 * 2**30, 4 * 2**30,
    libraries=dict.fromkeys(("torch", "bitsandbytes", "onnx", "onnxruntime"), "1.0"),
)  # fmt: skip
GREEDY = SamplingParams(greedy=True, max_new_tokens=24)
SAMPLED = SamplingParams(temperature=1.5, repetition_penalty=1.3, seed=5, max_new_tokens=24)
PIECES = {"b1-13b": 1072, "b2-7b": 1120}


def run(engine: Engine, request: Request) -> list[EngineEvent]:
    return list(run_request(engine, request, threading.Event()))


def answer(engine: Engine, request: Request) -> tuple[str, FinishReason]:
    events = run(engine, request)
    last = events[-1]
    assert isinstance(last, Finished)
    return "".join(e.text for e in events if isinstance(e, TextDelta)), last.reason


def loaded(folder: Path, precision: Precision | None = Precision.FP32) -> Engine:
    engine = Engine(lambda: MACHINE)
    run(engine, LoadRequest(str(folder), precision, threads=1))
    return engine


def answers(
    folder: Path, precision: Precision | None = Precision.FP32
) -> Sequence[tuple[str, FinishReason]]:
    """Chat and completion, greedy and sampled."""
    engine = loaded(folder, precision)
    return [
        answer(engine, request)
        for params in (GREEDY, SAMPLED)
        for request in (
            ChatRequest((Message(Role.USER, "今天天气很好吗？"),), params),
            CompleteRequest("登鹳雀楼->王之涣\n", params),
        )
    ]


@pytest.mark.parametrize("name", ["b1-13b", "b2-7b"])
@pytest.mark.parametrize("fill", [None, 0.0, math.nan, math.inf], ids=str)
def test_the_answers_are_those_of_the_model_without_padding(
    tmp_path: Path, name: str, fill: float | None
) -> None:
    folder = padded(tmp_path, name, fill=fill)

    assert answers(folder) == answers(goldens.folder(name, "safetensors"))


@pytest.mark.parametrize("precision", [Precision.NF4, Precision.INT8])
def test_quantised_copies_of_a_padded_model_answer_in_tokens(
    tmp_path: Path, precision: Precision
) -> None:
    pytest.importorskip("bitsandbytes")
    folder, out = padded(tmp_path, "b1-13b"), tmp_path / "copy"

    *_, ready = run(Engine(lambda: MACHINE), CopyRequest(str(folder), str(out), precision))

    assert isinstance(ready, CopyReady)
    assert answers(out, None) == answers(folder, precision)
    assert all(text or reason is FinishReason.STOP for text, reason in answers(out, None))


@pytest.mark.parametrize(
    "precision", [Precision.ONNX_FP32, Precision.ONNX_INT8, Precision.ONNX_INT4], ids=str
)
@pytest.mark.parametrize("name", ["b1-13b", "b2-7b"])
def test_exports_of_a_padded_model_answer_in_tokens(
    tmp_path: Path, precision: Precision, name: str
) -> None:
    source = Checkpoint.open(padded(tmp_path, name))
    padded_export = exports.write(source, Scheme(precision), tmp_path / "export")
    plain_export = exports.of_golden(name, Scheme(precision))

    assert answers(padded_export.folder, precision) == answers(plain_export.folder, precision)


def test_the_rows_are_really_hot(tmp_path: Path) -> None:
    """Or the tests above would say nothing."""
    engine = loaded(padded(tmp_path))
    assert engine._loaded is not None

    logits = engine._loaded.model.prefill([195, 300, 301, 196])

    assert logits.argmax() >= PIECES["b1-13b"]
    assert logits[PIECES["b1-13b"] :].max() > 10 * abs(logits[: PIECES["b1-13b"]]).max()


def test_a_padded_model_is_scored_on_its_tokens_alone(tmp_path: Path) -> None:
    texts = (" ".join(["今天天气很好，我们一起去公园散步。"] * 12),)
    figures: list[float] = []
    for folder in (goldens.folder("b1-13b", "safetensors"), padded(tmp_path, fill=math.nan)):
        load = LoadRequest(str(folder), Precision.FP32, threads=1)
        reference = tmp_path / f"reference-{len(figures)}"
        request = QualityRequest(load, texts, "a text", 200, str(reference), is_reference=True)
        *_, scored = run(Engine(lambda: MACHINE), request)
        *_, compared = run(Engine(lambda: MACHINE), replace(request, is_reference=False))
        assert isinstance(scored, QualityReady)
        assert isinstance(compared, QualityReady)
        assert (compared.kl_divergence, compared.top1_agreement) == (0, 1)
        figures.append(scored.perplexity)

    assert figures[1] == pytest.approx(figures[0], rel=1e-5)


def test_the_speed_of_a_padded_model_is_measured(tmp_path: Path) -> None:
    load = LoadRequest(str(padded(tmp_path, fill=math.nan)), Precision.FP32, threads=1)
    request = BenchmarkRequest(load, prompts=(16,), contexts=(8,), new_tokens=4)

    *_, ready = run(Engine(lambda: MACHINE), request)

    assert isinstance(ready, BenchmarkReady)


# --- rows that are tokens, because somebody named them -----------------------------------


def test_rows_with_a_name_are_sampled_and_show_as_it_says(tmp_path: Path) -> None:
    folder = padded(tmp_path)
    names = {f"〔{number}〕": 1072 + number for number in range(64)}
    change_json(folder / "added_tokens.json", **names)

    text, reason = answers(folder)[0]

    assert set(text.replace("〕", "〔").split("〔")) - {""} <= set(map(str, range(64)))
    assert reason is FinishReason.LENGTH


def test_a_row_between_rows_with_names_is_not_sampled(tmp_path: Path) -> None:
    folder = padded(tmp_path)
    names = {f"〔{number}〕": 1072 + number for number in range(0, 64, 2)}
    change_json(folder / "added_tokens.json", **names)

    tokenizer = read_tokenizer(folder / "tokenizer.model", Checkpoint.open(folder).config)

    ids = tokenizer.token_ids()
    assert ids is not None
    assert ids.tolist() == [*range(1072), *range(1072, 1136, 2)]
    assert all(text for text, _ in answers(folder))


def test_special_rows_have_no_text(tmp_path: Path) -> None:
    folder = padded(tmp_path)
    names = [f"<|added_{number}|>" for number in range(64)]
    change_json(folder / "added_tokens.json", **{n: 1072 + i for i, n in enumerate(names)})
    change_json(folder / "special_tokens_map.json", additional_special_tokens=names)

    assert answers(folder)[0] == ("", FinishReason.LENGTH)


def test_a_row_that_is_named_as_the_end_ends_the_answer(tmp_path: Path) -> None:
    folder = padded(tmp_path)
    hot = loaded(folder)
    assert hot._loaded is not None
    prompt = [195, *hot._loaded.tokenizer.encode("今天天气很好吗？"), 196]
    wanted = int(hot._loaded.model.prefill(prompt).argmax())
    entry = {str(wanted): {"content": "<|im_end|>", "special": True}}
    change_json(
        folder / "tokenizer_config.json", added_tokens_decoder=entry, eos_token="<|im_end|>"
    )

    assert answers(folder)[0] == ("", FinishReason.STOP)


def test_a_row_without_a_name_that_the_settings_call_the_end_ends_the_answer(
    tmp_path: Path,
) -> None:
    folder = padded(tmp_path)
    hot = loaded(folder)
    assert hot._loaded is not None
    prompt = [195, *hot._loaded.tokenizer.encode("今天天气很好吗？"), 196]
    wanted = int(hot._loaded.model.prefill(prompt).argmax())
    change_json(folder / "config.json", eos_token_id=wanted)

    assert answers(folder)[0] == ("", FinishReason.STOP)


def test_copies_and_exports_take_the_names_along(tmp_path: Path) -> None:
    folder = padded(tmp_path)
    change_json(folder / "added_tokens.json", **{f"〔{n}〕": 1072 + n for n in range(64)})

    export = exports.write(
        Checkpoint.open(folder), Scheme(Precision.ONNX_FP32), tmp_path / "export"
    )

    assert json.loads((export.folder / "added_tokens.json").read_text(encoding="utf-8"))
    assert answers(export.folder, Precision.ONNX_FP32) == answers(folder)
