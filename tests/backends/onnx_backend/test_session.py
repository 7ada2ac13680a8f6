"""An export answers as the published models do, over its cache, in chunks, after truncation."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from backends.checkpoint.folder import Checkpoint
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import (
    BackendUnavailableError,
    DamagedCheckpointError,
    ExportRefusedError,
    GpuLostError,
    InsufficientMemoryError,
    PortableExportError,
    UserFacingError,
)
from backends.events import (
    EngineEvent,
    Finished,
    LoadProgress,
    ModelReady,
    PrefillProgress,
    PromptReady,
    TextDelta,
)
from backends.generation.sampler import Sampler
from backends.generation.sampling import SamplingParams
from backends.interface import LayerDevices, LoadOptions
from backends.onnx_backend import session
from backends.onnx_backend.graph import Scheme
from backends.onnx_backend.session import OnnxModel
from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest, CompleteRequest, LoadRequest, Request
from backends.text.chat_template import Message, Role
from backends.torch_backend import cpu
from tests.helpers import exports, goldens, quantized
from tests.helpers.machines import card, machine
from tests.helpers.sentences import assert_one_sentence

LOGITS = 3e-5
INT4, INT8 = Precision.ONNX_INT4, Precision.ONNX_INT8

Array = npt.NDArray[np.float32]


@pytest.fixture(params=goldens.NAMES)
def name(request: pytest.FixtureRequest) -> str:
    golden: str = request.param
    return golden


def expected_logits(name: str, length: int) -> tuple[list[int], dict[int, Array]]:
    """Ids, and the known logits by position."""
    data = goldens.arrays(name, "logits.npz")
    ids, logits = data[f"ids_{length}"], data[f"logits_{length}"]
    rows = data.get(f"rows_{length}", np.arange(length - len(logits), length))
    return ids.tolist(), dict(zip(rows.tolist(), logits, strict=True))


def last_logits(model: OnnxModel, ids: list[int], size: int) -> dict[int, Array]:
    """Append `ids` in chunks; the logits after the last token of each, by position."""
    found = {}
    for begin in range(0, len(ids), size):
        logits = model.prefill(ids[begin : begin + size])
        found[len(model.cached_ids) - 1] = logits
    return found


def assert_as_published(found: dict[int, Array], expected: dict[int, Array]) -> None:
    known = found.keys() & expected.keys()
    assert known
    for position in known:
        np.testing.assert_allclose(found[position], expected[position], rtol=0, atol=LOGITS)


@pytest.mark.parametrize(
    ("length", "size"), [(1, 1), (7, 1), (7, 2), (7, 7), (130, 1), (130, 7), (130, 64), (130, 129)]
)
def test_logits_over_the_cache(name: str, length: int, size: int) -> None:
    ids, expected = expected_logits(name, length)

    with exports.load(exports.of_golden(name)) as model:
        found = last_logits(model, ids, size)

    assert_as_published(found, expected)


@pytest.mark.parametrize("kept", [0, 1, 63, 100, 129])
def test_logits_after_truncation(name: str, kept: int) -> None:
    """What was cached beyond the prefix leaves no trace, however long it was."""
    ids, expected = expected_logits(name, 130)

    with exports.load(exports.of_golden(name)) as model:
        last_logits(model, [*ids[:kept], *range(10, 110)], 64)
        model.truncate(kept)
        assert list(model.cached_ids) == ids[:kept]
        found = last_logits(model, ids[kept:], 50)

    assert_as_published(found, expected)


def test_logits_after_each_token_for_scoring(name: str) -> None:
    ids, expected = expected_logits(name, 130)

    with exports.load(exports.of_golden(name)) as model:
        parts = [model.prefill_logits(ids[:60]), model.prefill_logits(ids[60:129])]
        found = dict(enumerate(np.concatenate(parts)))
        found[129] = model.decode(ids[129])  # the last position alone again

    assert len(found) == 130
    assert_as_published(found, expected)


@pytest.mark.parametrize("scheme", [exports.FP32, exports.PORTABLE], ids=["fused", "portable"])
@pytest.mark.parametrize(("length", "size"), [(1, 1), (7, 3), (130, 130), (130, 7)])
def test_logits_of_all_positions_as_other_programs_ask_for_them(
    name: str, scheme: Scheme, length: int, size: int
) -> None:
    """By the names of optimum, without the input that only this app knows."""
    ids, expected = expected_logits(name, length)
    session = exports.PlainSession(exports.of_golden(name, scheme))

    logits = np.concatenate(
        [session(ids[begin : begin + size]) for begin in range(0, length, size)]
    )

    assert len(logits) == length
    assert_as_published(dict(enumerate(logits)), expected)


def greedy_tokens(model: OnnxModel, row: dict[str, object]) -> list[int]:
    """As `generation.stream` chooses them, 32 of them, without an end."""
    prompt: list[int] = row["prompt"]  # type: ignore[assignment]  # JSON
    params = SamplingParams(greedy=True, repetition_penalty=float(row["repetition_penalty"]))  # type: ignore[arg-type]
    sampler = Sampler(params, model.vocab_size)
    sampler.see(prompt)
    model.truncate(0)
    logits = last_logits(model, prompt, model.prefill_chunk)[len(prompt) - 1]
    found: list[int] = []
    while len(found) < 32:
        found.append(sampler.sample(logits))
        sampler.see([found[-1]])
        logits = model.decode(found[-1])
    return found


def test_greedy_answers_are_the_published_ones(name: str) -> None:
    rows = goldens.facts("model", name, "greedy.json")
    assert len(rows) >= 6
    with exports.load(exports.of_golden(name)) as model:
        for row in rows:
            if len(row["prompt"]) + 32 > model.context_length:
                continue
            # A step that two tokens nearly share may go either way, and all after it.
            close = [i for i, margin in enumerate(row["top1_minus_top2"]) if margin < 1e-3]
            sure = close[0] if close else len(row["new_tokens"])

            assert greedy_tokens(model, row)[:sure] == row["new_tokens"][:sure]


# --- quantised ---------------------------------------------------------------------------


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize(("precision", "block_size"), [(INT4, 32), (INT4, 128), (INT8, 32)])
def test_a_quantised_export_is_its_dequantised_weights(
    name: str, precision: Precision, block_size: int, symmetric: bool
) -> None:
    """In fp32 arithmetic, that is at accuracy level 0."""
    scheme = Scheme(precision, block_size, symmetric, accuracy_level=0)
    reference = exports.dequantized_model(name, scheme)
    ids, _ = expected_logits(name, 130)

    with exports.load(exports.of_golden(name, scheme)) as model:
        found = last_logits(model, ids, 10)

    with torch.inference_mode():
        expected = reference(torch.tensor([ids]))[0].numpy()
    assert len(found) == 13
    for position, logits in found.items():
        np.testing.assert_allclose(logits, expected[position], rtol=0, atol=1e-4)


@pytest.mark.parametrize(("precision", "share"), [(INT4, 0.05), (INT8, 0.02)])
def test_int8_activations_cost_little(name: str, precision: Precision, share: float) -> None:
    """At the level that is shipped: the mean error, as a share of the range of the logits."""
    ids, _ = expected_logits(name, 130)
    found = []
    for level in (0, 4):
        scheme = Scheme(precision, accuracy_level=level)
        with exports.load(exports.of_golden(name, scheme)) as model:
            found.append(last_logits(model, ids, 64)[129])

    exact, rounded = found
    assert not np.array_equal(exact, rounded)  # that is, the level does something
    assert np.abs(exact - rounded).mean() < share * np.ptp(exact)


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b-h5"])
def test_fp16_is_near_fp32(name: str) -> None:
    """Made for cards; a processor computes it with casts, which shows that the graph is right."""
    ids, expected = expected_logits(name, 130)

    with exports.load(exports.of_golden(name, Scheme(Precision.ONNX_FP16))) as model:
        found = last_logits(model, ids, 64)[129]

    np.testing.assert_allclose(found, expected[129], rtol=0, atol=0.02)


# --- in the engine -----------------------------------------------------------------------


def run(engine: Engine, request: Request) -> list[EngineEvent]:
    return list(run_request(engine, request, threading.Event()))


def text_of(events: list[EngineEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def load_request(name: str, **options: object) -> LoadRequest:
    export = exports.of_golden(name)
    request = LoadRequest(
        str(goldens.folder(name)), precision=Precision.ONNX_FP32, exports=(str(export.folder),)
    )
    return replace(request, **options)  # type: ignore[arg-type]  # names of its fields


def test_an_export_runs_in_place_of_its_model() -> None:
    engine = Engine()

    *progress, ready = run(engine, load_request("b2-7b"))

    assert isinstance(ready, ModelReady)
    assert (ready.backend, ready.precision) == ("onnx_runtime", "onnx-fp32")
    assert ready.folder == str(goldens.folder("b2-7b"))
    assert ready.weights_bytes == exports.of_golden("b2-7b").bytes_on_disk
    last = progress[-1]
    assert isinstance(last, LoadProgress)
    assert last.done_bytes == last.total_bytes > ready.weights_bytes, "all files are hashed"


def test_an_export_is_a_model_of_its_own_too() -> None:
    export = exports.of_golden("b2-7b", Scheme(INT4))
    engine = Engine()

    *_, ready = run(engine, LoadRequest(str(export.folder)))

    assert isinstance(ready, ModelReady)
    assert (ready.backend, ready.precision) == ("onnx_runtime", "onnx-int4")
    assert ready.kind == "chat"
    with pytest.raises(BackendUnavailableError) as caught:
        run(engine, LoadRequest(str(export.folder), precision=Precision.BF16))
    assert_one_sentence(caught.value)
    assert caught.value.message == "This is an export, which runs at ONNX int4 only."


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_the_engine_says_on_an_export_what_it_says_on_torch(name: str) -> None:
    request = CompleteRequest("abc 你好", SamplingParams(greedy=True, max_new_tokens=24))
    texts = []
    for precision in (Precision.FP32, Precision.ONNX_FP32):
        engine = Engine()
        run(engine, load_request(name, precision=precision))
        texts.append(text_of(run(engine, request)))

    assert texts[0]
    assert texts[0] == texts[1]


def test_a_second_turn_reads_only_its_own_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted where the graph is run, not where it is told."""
    computed: list[int] = []
    real = OnnxModel.prefill

    def prefill(self: OnnxModel, token_ids: list[int]) -> Array:
        computed.append(len(token_ids))
        return real(self, token_ids)

    monkeypatch.setattr(OnnxModel, "prefill", prefill)
    engine = Engine()
    run(engine, load_request("b2-7b"))
    params = SamplingParams(greedy=True, max_new_tokens=5)
    question = Message(Role.USER, "What is in a model folder of this app, and what is not?")
    answer = text_of(run(engine, ChatRequest((question,), params)))
    computed.clear()

    second = (question, Message(Role.ASSISTANT, answer), Message(Role.USER, "Why?"))
    events = run(engine, ChatRequest(second, params))

    prompt = next(event for event in events if isinstance(event, PromptReady))
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert prompt.cached_tokens > len(goldens.tokenizer("b2-7b").encode(question.text))
    read = prompt.prompt_tokens - prompt.cached_tokens
    assert [e.total_tokens for e in events if isinstance(e, PrefillProgress)] == [read]
    assert sum(computed) == read + finished.new_tokens - 1


def test_an_export_that_is_damaged_does_not_keep_the_model_from_running(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(exports.of_golden("b2-7b").folder, broken)
    (broken / "model.onnx.data").unlink()
    request = load_request("b2-7b", exports=(str(broken), str(tmp_path / "gone")))

    *_, ready = run(Engine(), replace(request, precision=None))

    assert isinstance(ready, ModelReady)
    assert ready.backend == "torch_cpu"
    with pytest.raises(ExportRefusedError, match=r"“model\.onnx\.data” that it names is missing"):
        run(Engine(), request)
    with pytest.raises(BackendUnavailableError, match="no export at ONNX"):
        run(Engine(), replace(request, precision=Precision.ONNX_INT4, exports=(str(broken),)))
    for gone in (str(tmp_path / "gone"), str(tmp_path / ("x" * 300))):
        with pytest.raises(ExportRefusedError, match="there is no such folder") as caught:
            run(Engine(), replace(request, exports=(gone,)))
        assert "Put it back" in str(caught.value.hint)
        *_, ready = run(Engine(), replace(request, precision=None, exports=(gone,)))
        assert isinstance(ready, ModelReady)


def test_a_manifest_of_another_precision_is_no_reason_for_that_one(tmp_path: Path) -> None:
    (tmp_path / "baichuan_manifest.json").write_text('{"onnx": {"precision": "fp32"}}')

    *_, ready = run(
        Engine(), replace(load_request("b2-7b", exports=(str(tmp_path),)), precision=Precision.FP32)
    )

    assert isinstance(ready, ModelReady)


def test_an_export_that_is_refused_is_named_and_the_model_runs_without_it(tmp_path: Path) -> None:
    """What is damaged is told, and not passed over: somebody has to know that it is."""
    broken = tmp_path / "export"
    shutil.copytree(exports.of_golden("b2-7b").folder, broken)
    with (broken / "model.onnx.data").open("r+b") as file:
        file.write(b"\xff")
    request = load_request("b2-7b", exports=(str(broken),))
    engine = Engine()

    with pytest.raises(ExportRefusedError) as caught:
        run(engine, request)

    assert_one_sentence(caught.value)
    assert caught.value.message == (
        f"The export in “{broken}” was refused: “model.onnx.data” is damaged or incomplete: "
        "it is not what was written."
    )
    *_, ready = run(engine, replace(request, precision=Precision.FP32))
    assert isinstance(ready, ModelReady)
    assert ready.backend == "torch_cpu"
    with pytest.raises(DamagedCheckpointError):  # by itself it is a model that is damaged
        run(engine, replace(request, folder=str(broken)))


def test_an_export_of_another_model_is_not_taken() -> None:
    other = exports.of_golden("b2-13b").folder

    with pytest.raises(BackendUnavailableError, match="no export at ONNX fp32"):
        run(Engine(), load_request("b2-7b", exports=(str(other),)))


# --- the session -------------------------------------------------------------------------


@pytest.fixture
def model() -> Iterator[OnnxModel]:
    with exports.load(exports.of_golden("b1-7b"), context_length=32) as loaded:
        yield loaded


def test_more_tokens_than_the_cache_has_room_for(model: OnnxModel) -> None:
    model.prefill(range(30))

    with pytest.raises(ValueError, match="33 tokens in a KV cache of 32"):
        model.prefill([1, 2, 3])

    assert len(model.cached_ids) == 30
    model.prefill([1, 2])  # exactly full


def test_truncating_to_more_than_there_is(model: OnnxModel) -> None:
    model.prefill([1, 2, 3])

    for length in (4, -1):
        with pytest.raises(ValueError, match="of 3 tokens"):
            model.truncate(length)


def test_logits_are_the_callers(model: OnnxModel) -> None:
    first = model.prefill([1, 2, 3])
    before = first.copy()

    model.decode(4)

    assert np.array_equal(first, before)


def test_a_closed_model_says_so_and_closes_twice(model: OnnxModel) -> None:
    model.close()
    model.close()

    with pytest.raises(ValueError, match="the model is closed"):
        model.prefill([5])


def test_threads_and_idle_waiting_are_as_asked() -> None:
    checkpoint = exports.of_golden("b1-7b")
    assert checkpoint.export is not None
    options = LoadOptions(Precision.ONNX_FP32, 32, 2, LayerDevices.all_on("cpu", 2))
    graph = checkpoint.export.graph.read_bytes()

    made = session.make_session(checkpoint.export, graph, options)

    settings = made.get_session_options()
    assert settings.intra_op_num_threads == 2
    assert settings.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert made.get_providers() == ["CPUExecutionProvider"]


def test_a_card_that_onnx_runtime_cannot_use_is_not_replaced_by_the_processor() -> None:
    """Left to itself it would compute there, without a word, and ten times slower."""
    checkpoint = exports.of_golden("b1-7b", Scheme(Precision.ONNX_FP16))
    assert checkpoint.export is not None
    if "CUDAExecutionProvider" in __import__("onnxruntime").get_available_providers():
        pytest.skip("this machine may have such a card")
    options = LoadOptions(Precision.ONNX_FP16, 32, 1, LayerDevices.all_on("cuda:0", 2))

    with pytest.raises(BackendUnavailableError) as caught:
        quantized.finish(session.load(checkpoint, options))

    assert_one_sentence(caught.value)
    assert "cuda:0" in caught.value.message


@pytest.mark.parametrize(
    ("text", "device", "kind"),
    [
        (
            "[ONNXRuntimeError] : 1 : FAIL : CUDA failure 700: an illegal memory access ; GPU=0",
            "cuda:0",
            GpuLostError,
        ),
        ("CUDNN failure 4: CUDNN_STATUS_INTERNAL_ERROR", "cuda:0", GpuLostError),
        ("CUDA failure 2: out of memory ; GPU=0", "cuda:0", InsufficientMemoryError),
        ("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED", "cuda:0", InsufficientMemoryError),
        (  # the limit of the arena
            (
                "Non-zero status code returned while running MatMul node. Status Message: "
                "bfc_arena.cc:376 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool) "
                "Available memory of 1024 is smaller than requested bytes of 2048"
            ),
            "cuda:0",
            InsufficientMemoryError,
        ),
        (
            "Failed to allocate memory for requested buffer of size 8",
            "cpu",
            InsufficientMemoryError,
        ),
        ("Non-zero status code returned while running Add node", "cuda:0", DamagedCheckpointError),
    ],
)
def test_what_fails_while_it_runs_is_named(
    text: str, device: str, kind: type[UserFacingError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The texts are those of ONNX Runtime's sources; no card was at hand."""
    monkeypatch.setattr(session, "detect", lambda: machine(card(8)))
    export = exports.of_golden("b1-7b").export
    assert export is not None
    options = LoadOptions(Precision.ONNX_FP32, 32, 1, LayerDevices.all_on("cpu", 2))
    model = quantized.finish(session.load(exports.of_golden("b1-7b"), options))
    assert isinstance(model, OnnxModel)

    class Failing:
        def run_with_iobinding(self, _binding: object) -> None:
            raise RuntimeError(text)

    monkeypatch.setattr(model, "_session", Failing())
    monkeypatch.setattr(model, "_device", device)

    with pytest.raises(UserFacingError) as caught:
        model.decode(5)

    assert type(caught.value) is kind
    assert_one_sentence(caught.value)
    model.close()


def test_a_portable_export_is_for_others() -> None:
    with pytest.raises(PortableExportError) as caught:
        exports.load(exports.of_golden("b1-7b", exports.PORTABLE))

    assert_one_sentence(caught.value)


def test_loading_can_be_given_up(tmp_path: Path) -> None:
    checkpoint = exports.of_golden("b1-7b")
    before = threading.active_count()
    loading = session.load(
        checkpoint,
        LoadOptions(Precision.ONNX_FP32, 32, 1, LayerDevices.all_on("cpu", 2)),
    )
    next(loading)

    loading.close()

    assert threading.active_count() == before


def test_a_configuration_that_does_not_fit_the_graph(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    shutil.copytree(exports.of_golden("b1-7b").folder, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    data = (json.dumps({**config, "num_hidden_layers": 1}) + "\n").encode()
    exports.replace_file(folder, "config.json", data)

    with pytest.raises(DamagedCheckpointError, match="belongs to config"):
        exports.load(Checkpoint.open(folder))


def test_torch_is_not_the_reference_by_chance() -> None:
    """Both engines at 64 tokens of random ids, beside the goldens, which are short of prompts."""
    ids = np.random.default_rng(0).integers(5, 1000, 64).tolist()
    source = goldens.checkpoint("b2-13b-h5")
    with (
        exports.load(exports.of_golden("b2-13b-h5")) as ours,
        quantized.load(source.folder, Precision.FP32, cpu) as theirs,
    ):
        np.testing.assert_allclose(ours.prefill(ids), theirs.prefill(ids), rtol=0, atol=LOGITS)
