"""What generation_config.json asks for is done; what cannot be done is replaced, and said."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.generation_config import BASE_DEFAULTS
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import CheckpointError, NotDownloadedError, UnsafeCheckpointError
from backends.events import EngineEvent, Finished, FinishReason, ModelReady, SamplingDefaults
from backends.generation.sampling import SamplingParams
from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest, CompleteRequest, LoadRequest
from backends.text.chat_template import ChatTokens, Message, Role
from tests.helpers import exports, goldens
from tests.helpers.sentences import assert_one_sentence
from tests.helpers.weight_files import BOM

FILE = "generation_config.json"
#: Of the golden model, b2-7b.
GOLDEN = SamplingDefaults(
    greedy=False,
    temperature=0.3,
    top_k=5,
    top_p=0.85,
    repetition_penalty=1.05,
    max_new_tokens=64,
)
PUBLISHED = replace(GOLDEN, max_new_tokens=2048)


def copy_of(tmp_path: Path, name: str = "b2-7b") -> Path:
    folder = tmp_path / "model"
    shutil.copytree(goldens.folder(name, "safetensors"), folder)
    return folder


def change_json(file: Path, **changes: Any) -> Path:
    data = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(data | changes), encoding="utf-8")
    return file.parent


def notes(checkpoint: Checkpoint) -> list[str]:
    found = list(map(str, checkpoint.notes))
    for note in found:
        assert note.endswith(".")
        assert note.isprintable()
        assert len(note) < 300
    return found


# --- sampling ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    ["0.3", "hot", float("nan"), float("inf"), -1, -0.1, 100.5, True, False, [0.3], {}, 10**40],
    ids=str,
)
@pytest.mark.parametrize("name", ["temperature", "top_p"])
def test_a_fraction_that_cannot_be_is_replaced_by_the_published_one(
    tmp_path: Path, name: str, value: object
) -> None:
    folder = change_json(copy_of(tmp_path) / FILE, **{name: value})

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.defaults == GOLDEN
    (note,) = notes(checkpoint)
    assert note.startswith(f"{name} in generation_config.json is ")
    assert f"{getattr(PUBLISHED, name):g} is taken instead" in note


@pytest.mark.parametrize("value", [-1, "5", 5.5, float("nan"), True, [5], 2**31, 10**40], ids=str)
@pytest.mark.parametrize("name", ["top_k", "max_new_tokens"])
def test_a_whole_number_that_cannot_be_is_replaced_by_the_published_one(
    tmp_path: Path, name: str, value: object
) -> None:
    folder = change_json(copy_of(tmp_path) / FILE, **{name: value})

    checkpoint = Checkpoint.open(folder)

    assert getattr(checkpoint.defaults, name) == getattr(PUBLISHED, name)
    (note,) = notes(checkpoint)
    assert note.startswith(f"{name} in generation_config.json is ")


@pytest.mark.parametrize("value", [0, 1.0e-9, 1e999, "1.05"], ids=str)
@pytest.mark.parametrize(("name", "penalty"), [("b2-7b", 1.05), ("b1-13b", 1.1)])
def test_the_published_penalty_is_the_one_of_the_family(
    tmp_path: Path, name: str, penalty: float, value: object
) -> None:
    folder = change_json(copy_of(tmp_path, name) / FILE, repetition_penalty=value)

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.defaults.repetition_penalty == penalty
    assert len(notes(checkpoint)) == 1


@pytest.mark.parametrize("value", ["true", 1, [], 0.5], ids=str)
def test_do_sample_that_is_no_truth_value_is_what_the_published_models_do(
    tmp_path: Path, value: object
) -> None:
    chat = change_json(copy_of(tmp_path / "chat") / FILE, do_sample=value)
    base = change_json(copy_of(tmp_path / "base", "b1-7b") / FILE, do_sample=value)

    assert not Checkpoint.open(chat).defaults.greedy
    assert Checkpoint.open(base).defaults.greedy
    assert len(notes(Checkpoint.open(chat))) == len(notes(Checkpoint.open(base))) == 1


def test_every_value_that_cannot_be_used_has_a_note_of_its_own(tmp_path: Path) -> None:
    folder = change_json(copy_of(tmp_path) / FILE, top_k=-1, top_p=2, temperature="warm")

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.defaults == GOLDEN
    assert [note.split()[0] for note in notes(checkpoint)] == ["temperature", "top_k", "top_p"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"top_k": 5.0, "max_new_tokens": 64.0}, GOLDEN),
        ({"temperature": 0}, replace(GOLDEN, temperature=0.0)),
        ({"top_k": 50_000}, replace(GOLDEN, top_k=50_000)),  # all tokens
        ({"temperature": None}, replace(GOLDEN, temperature=1.0)),
        ({"top_k": None}, replace(GOLDEN, top_k=50)),  # transformers' own default
    ],
    ids=str,
)
def test_what_is_unusual_and_can_be_done_needs_no_note(
    tmp_path: Path, changes: dict[str, Any], expected: SamplingDefaults
) -> None:
    folder = change_json(copy_of(tmp_path) / FILE, **changes)

    checkpoint = Checkpoint.open(folder)

    assert (checkpoint.defaults, notes(checkpoint)) == (expected, [])


# --- the ids that begin a turn -----------------------------------------------------------


@pytest.mark.parametrize("value", [99_999, -1, "195", True, [195], 195.5], ids=str)
def test_a_turn_id_that_is_no_token_is_the_published_one(tmp_path: Path, value: object) -> None:
    folder = change_json(copy_of(tmp_path) / FILE, user_token_id=value)

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.chat_tokens == ChatTokens(195, 196)
    (note,) = notes(checkpoint)
    assert "195 is taken instead" in note


# --- a file that is no JSON --------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [b'{"do_sample": true,}', b"", b"{", b"[]", b"5", b"null", b"\xff\xfe",
     b'{"a": 1' + b"0" * 9999, b'{"a": ' * 50_000, b"[" * 50_000],
    ids=lambda text: ascii(text[:12]),
)  # fmt: skip
def test_a_file_that_is_no_json_object_is_left_out_and_said(tmp_path: Path, text: bytes) -> None:
    folder = copy_of(tmp_path)
    (folder / FILE).write_bytes(text)

    checkpoint = Checkpoint.open(folder)

    assert (checkpoint.kind, checkpoint.defaults) == ("base", BASE_DEFAULTS)
    (note,) = notes(checkpoint)
    assert note.startswith("generation_config.json is not used, for it ")
    assert "taken for a base model" in note


@pytest.mark.parametrize("spoil", ["{},", "[{}]", "{}}}", "{}\n// by hand"])
def test_a_chat_model_stays_one_when_its_file_is_no_json(tmp_path: Path, spoil: str) -> None:
    """Somebody changed a number by hand, and left a comma too many."""
    folder = copy_of(tmp_path)
    (folder / FILE).write_text(spoil.replace("{}", (folder / FILE).read_text()))

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.chat_tokens == ChatTokens(195, 196)
    assert checkpoint.defaults == PUBLISHED
    (note,) = notes(checkpoint)
    assert note.endswith("the model is sampled as the published chat models are.")


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    for name in (FILE, "config.json"):
        (folder / name).write_bytes(BOM + (folder / name).read_bytes())

    checkpoint = Checkpoint.open(folder)

    assert (checkpoint.defaults, notes(checkpoint)) == (GOLDEN, [])
    assert checkpoint.kind == "chat"


@pytest.mark.parametrize(
    ("make", "kind", "sentence"),
    [
        (os.mkfifo, UnsafeCheckpointError, "it is not a file"),
        (Path.mkdir, UnsafeCheckpointError, "it is not a file"),
        (
            lambda file: file.symlink_to("/nowhere/generation_config.json"),
            NotDownloadedError,
            "“generation_config.json” is a link to “/nowhere/generation_config.json”, which is",
        ),
        (
            lambda file: file.write_text("version https://git-lfs.github.com/spec/v1\nsize 283\n"),
            NotDownloadedError,
            "is a Git LFS pointer",
        ),
    ],
)
def test_what_cannot_be_read_at_all_is_not_passed_over(
    tmp_path: Path, make: Any, kind: type[CheckpointError], sentence: str
) -> None:
    folder = copy_of(tmp_path)
    (folder / FILE).unlink()
    make(folder / FILE)

    with pytest.raises(kind) as caught:
        Checkpoint.open(folder)

    assert_one_sentence(caught.value)
    assert sentence in caught.value.message


# --- where an answer ends ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "generation", "expected"),
    [
        (2, 2, {2}),
        (2, [2, 56], {2, 56}),
        ([2, 195], 2, {2, 195}),
        (2, 56, {2, 56}),
        (7, None, {7}),
        (None, [56], {56}),
        (None, None, {2}),
        (2.0, [56.0, 57], {2, 56, 57}),
        ([], [], {2}),
        ([56, 56], 56, {56}),
    ],
    ids=str,
)
def test_every_id_of_both_files_ends_an_answer(
    tmp_path: Path, config: object, generation: object, expected: set[int]
) -> None:
    folder = copy_of(tmp_path)
    change_json(folder / "config.json", eos_token_id=config)
    change_json(folder / FILE, eos_token_id=generation)

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.eos_ids == expected
    assert notes(checkpoint) == []


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (True, {2}),
        ("56", {2}),
        (5000, {2}),
        (-1, {2}),
        (2.5, {2}),
        ({"id": 56}, {2}),
        ([56, True, None, "57", [58]], {2, 56}),
        ([*range(3, 100_000)], {*range(2, 259)}),  # 256 are looked at
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("file", [FILE, "config.json"])
def test_an_id_that_is_no_token_is_left_out_and_said(
    tmp_path: Path, file: str, value: object, left: set[int]
) -> None:
    folder = change_json(copy_of(tmp_path) / file, eos_token_id=value)

    checkpoint = Checkpoint.open(folder)

    assert checkpoint.eos_ids == left
    (note,) = notes(checkpoint)
    assert note.startswith(f"eos_token_id in {file} is ")


PARAMS = SamplingParams(greedy=True, repetition_penalty=1.05, max_new_tokens=12)


def answer(folder: Path, request: ChatRequest | CompleteRequest, *more: Path) -> Finished:
    precision = Precision.ONNX_FP32 if more else Precision.FP32
    load = LoadRequest(str(folder), precision, threads=1, exports=tuple(map(str, more)))
    *_, last = events(Engine(), load, request)
    assert isinstance(last, Finished)
    return last


def events(engine: Engine, *requests: Any) -> Sequence[EngineEvent]:
    return [event for one in requests for event in run_request(engine, one, threading.Event())]


CHAT = ChatRequest((Message(Role.USER, "你好"),), PARAMS)
COMPLETE = CompleteRequest("你好", PARAMS)


@pytest.mark.parametrize("request_", [CHAT, COMPLETE], ids=["chat", "complete"])
@pytest.mark.parametrize("file", [FILE, "config.json"])
def test_an_answer_ends_at_whichever_id_comes_first(
    tmp_path: Path, request_: ChatRequest | CompleteRequest, file: str
) -> None:
    whole = copy_of(tmp_path / "whole")
    said = _ids(whole, request_)
    third = said[2]
    assert third not in said[:2]
    folder = change_json(copy_of(tmp_path / "ends") / file, eos_token_id=[2, third])

    finished = answer(folder, request_)

    assert finished.reason is FinishReason.STOP
    assert finished.new_tokens == 3
    assert answer(whole, request_).new_tokens > 3


def test_an_export_ends_its_answers_where_its_model_does(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    third = _ids(folder, CHAT)[2]
    change_json(folder / FILE, eos_token_id=[2, third])

    export = exports.write(Checkpoint.open(folder), exports.FP32, tmp_path / "onnx")

    assert export.eos_ids == {2, third}
    assert answer(folder, CHAT, export.folder).new_tokens == 3
    assert answer(export.folder, CHAT, export.folder).new_tokens == 3
    genai = json.loads((export.folder / "genai_config.json").read_text(encoding="utf-8"))
    assert genai["model"]["eos_token_id"] == sorted({2, third})


def _ids(folder: Path, request: ChatRequest | CompleteRequest) -> list[int]:
    """The first three tokens of an answer."""
    engine = Engine()
    four = replace(request, params=replace(PARAMS, max_new_tokens=4))
    *_, last = events(engine, LoadRequest(str(folder), Precision.FP32, threads=1), four)
    assert isinstance(last, Finished)
    # The fourth is said, and not read any more.
    return list(engine.loaded.model.cached_ids)[last.prompt_tokens :]


def test_a_loaded_model_tells_its_notes(tmp_path: Path) -> None:
    folder = change_json(copy_of(tmp_path) / FILE, top_k=-1)

    *_, ready = events(Engine(), LoadRequest(str(folder), Precision.FP32, threads=1))

    assert isinstance(ready, ModelReady)
    assert ready.notes == Checkpoint.open(folder).notes
    assert len(ready.notes) == 1


# --- of a folder -------------------------------------------------------------------------


def test_the_sampling_of_a_chat_model_is_its_generation_config() -> None:
    for name, penalty in (("b1-13b", 1.1), ("b2-7b", 1.05)):
        checkpoint = goldens.checkpoint(name)

        assert checkpoint.kind == "chat"
        assert checkpoint.chat_tokens == ChatTokens(195, 196)
        assert checkpoint.defaults == SamplingDefaults(
            greedy=False,
            temperature=0.3,
            top_k=5,
            top_p=0.85,
            repetition_penalty=penalty,
            max_new_tokens=64,
        )


def test_a_base_model_is_greedy_with_a_repetition_penalty() -> None:
    checkpoint = goldens.checkpoint("b1-7b")

    assert checkpoint.kind == "base"
    assert checkpoint.chat_tokens is None
    assert checkpoint.defaults == BASE_DEFAULTS


def test_a_folder_without_generation_config_is_a_base_model(tmp_path: Path) -> None:
    folder = copy_of(tmp_path)
    (folder / "generation_config.json").unlink()

    checkpoint = Checkpoint.open(folder)

    assert (checkpoint.kind, checkpoint.defaults) == ("base", BASE_DEFAULTS)
