"""An engine answers with an adapter, with another one, and as if there had never been any."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from backends.adapters.folder import open_adapter
from backends.engine import engine as engine_module
from backends.engine import heavy_modules
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.engine.load_plan import plan_load
from backends.errors import (
    InsufficientMemoryError,
    InvalidRequestError,
    NotAnAdapterError,
    PolicyError,
    UnsupportedAdapterError,
    UserFacingError,
    WrongBaseError,
)
from backends.events import (
    AdapterReady,
    EngineEvent,
    Finished,
    LoadProgress,
    ModelReady,
    PrefillProgress,
    QualityReady,
    TextDelta,
)
from backends.generation.sampling import SamplingParams
from backends.machine.hardware import Machine
from backends.modeling.adapters.placing import Placer
from backends.precision import Precision
from backends.protocol.engine_requests import (
    AdapterRequest,
    BenchmarkRequest,
    ChatRequest,
    CompleteRequest,
    LoadRequest,
    QualityRequest,
    Request,
)
from backends.text.chat_template import Message, Role
from tests.helpers import adapters, exports, goldens
from tests.helpers.adapted import CASES, assert_golden
from tests.helpers.policies import write_policy
from tests.helpers.sentences import assert_one_sentence

MACHINE = Machine(
    "A processor", 1, frozenset(), 8 * 2**30, 4 * 2**30, libraries={"torch": "2.13.0"}
)
WITH_ONNX = replace(MACHINE, libraries={"torch": "2.13.0", "onnx": "1.21", "onnxruntime": "1.31"})
ALL = adapters.folder("b2-7b", "all_r8")
SAVED_HEAD = adapters.folder("b2-7b", "save_head_r2")


def run(engine: Engine, request: Request) -> list[EngineEvent]:
    return list(run_request(engine, request, threading.Event()))


def loaded(base: str, adapter: Path | None = None, **options: object) -> tuple[Engine, ModelReady]:
    engine = Engine(lambda: MACHINE)
    options = {"precision": Precision.FP32, "threads": 1} | options
    request = LoadRequest(
        str(goldens.folder(base)),
        adapter=None if adapter is None else str(adapter),
        **options,  # type: ignore[arg-type]
    )
    ready = run(engine, request)[-1]
    assert isinstance(ready, ModelReady)
    return engine, ready


def switched(engine: Engine, adapter: Path | None) -> AdapterReady:
    folder = None if adapter is None else str(adapter)
    last = run(engine, AdapterRequest(folder))[-1]
    assert isinstance(last, AdapterReady)
    return last


@pytest.mark.parametrize(("name", "case"), CASES)
def test_a_model_that_is_loaded_with_an_adapter_computes_the_golden_logits(
    name: str, case: str
) -> None:
    engine, ready = loaded(name, adapters.folder(name, case))

    assert ready.adapter is not None
    assert ready.adapter.folder == str(adapters.folder(name, case))
    assert_golden(engine.loaded.model, name, case)


# --- switching ---------------------------------------------------------------------------


def answer(engine: Engine, text: str = "你好") -> tuple[str, int]:
    """What a model answers, and how many tokens of the question it had read before."""
    params = SamplingParams(greedy=True, max_new_tokens=12)
    events = run(engine, ChatRequest((Message(Role.USER, text),), params))
    said = "".join(event.text for event in events if isinstance(event, TextDelta))
    last = events[-1]
    assert isinstance(last, Finished)
    return said, last.cached_tokens


def test_a_question_asked_again_after_a_switch_is_read_and_answered_anew() -> None:
    engine, _ = loaded("b2-7b")
    base, _ = answer(engine)
    assert answer(engine) == (base, 4)  # as long as nothing changes

    switched(engine, ALL)
    changed, cached = answer(engine)
    assert cached == 0
    assert changed == answer(loaded("b2-7b", ALL)[0])[0]
    assert changed != base

    switched(engine, SAVED_HEAD)
    assert answer(engine) == (answer(loaded("b2-7b", SAVED_HEAD)[0])[0], 0)

    switched(engine, None)
    assert answer(engine) == (base, 0)


def continued(engine: Engine, text: str) -> str:
    params = SamplingParams(greedy=True, max_new_tokens=4)
    events = run(engine, CompleteRequest(text, params))
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_the_memory_of_a_prompt_is_gone_though_the_cache_was_filled_with_it_again() -> None:
    """By a longer prompt that was stopped: of the short one, no pass has given logits since."""
    engine, _ = loaded("b2-7b")
    base = continued(engine, "123")
    switched(engine, ALL)
    stopped = threading.Event()
    longer = CompleteRequest("123" + "4" * 200, SamplingParams(max_new_tokens=1))
    for event in run_request(engine, longer, stopped):
        if isinstance(event, PrefillProgress):
            stopped.set()
    assert len(engine.loaded.model.cached_ids) == engine.loaded.model.prefill_chunk

    found = continued(engine, "123")

    assert found == continued(loaded("b2-7b", ALL)[0], "123")
    assert found[:1] != base[:1]


def test_what_is_said_of_an_adapter_are_its_folder_and_its_bytes_in_memory() -> None:
    engine, ready = loaded("b2-7b")
    assert ready.adapter is None

    told = switched(engine, ALL)

    assert told.adapter is not None
    assert told.adapter.folder == str(ALL)
    assert told.adapter.nbytes == engine.loaded.model.adapter_bytes == 69888
    assert told.seconds > 0
    assert switched(engine, None).adapter is None


def test_without_a_model_there_is_nothing_to_switch() -> None:
    refused(InvalidRequestError, lambda: run(Engine(lambda: MACHINE), AdapterRequest(None)))


# --- what is refused ---------------------------------------------------------------------


def refused(kind: type[UserFacingError], act: Callable[[], object]) -> UserFacingError:
    with pytest.raises(kind) as caught:
        act()
    assert_one_sentence(caught.value)
    return caught.value


@pytest.fixture
def no_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading weights is an error: what is refused shall be refused before."""

    def read(*_: object) -> NoReturn:
        raise AssertionError("weights were read")

    monkeypatch.setattr(heavy_modules, "backend_module", read)


def test_an_adapter_of_another_model_is_refused_before_weights_are_read_or_given_back(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    engine, _ = loaded("b2-7b")
    base, _ = answer(engine)
    request.getfixturevalue("no_weights")
    wrong = adapters.folder("b2-13b", "all_r8")

    refused(
        WrongBaseError,
        lambda: run(
            engine, LoadRequest(str(goldens.folder("b2-7b")), Precision.FP32, adapter=str(wrong))
        ),
    )

    assert answer(engine)[0] == base


@pytest.mark.parametrize("before", [None, ALL])
def test_a_switch_that_is_refused_leaves_the_model_without_an_adapter_and_says_so(
    before: Path | None, tmp_path: Path
) -> None:
    engine, _ = loaded("b2-7b")
    base, _ = answer(engine)
    if before is not None:
        switched(engine, before)

    for wrong, kind in (
        (adapters.folder("b2-13b", "all_r8"), WrongBaseError),
        (tmp_path / "nothing", NotAnAdapterError),
    ):
        error = refused(kind, lambda wrong=wrong: switched(engine, wrong))  # type: ignore[misc]
        assert str(error.hint).endswith("The model answers without an adapter now.")
        assert len(str(error.hint)) > 60  # behind what else is to be done
        assert engine.loaded.adapter is None
        assert answer(engine) == (base, 0 if before and kind is WrongBaseError else 4)


def test_memory_that_runs_out_in_a_switch_leaves_the_model_without_an_adapter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine, _ = loaded("b2-7b")
    base, _ = answer(engine)
    switched(engine, ALL)
    placed: list[object] = []

    def factor(self: Placer, *arguments: Any) -> NoReturn:
        placed.append(self)
        raise RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: "
            "you tried to allocate 1048576 bytes."
        )

    monkeypatch.setattr(Placer, "factor", factor)
    refused(InsufficientMemoryError, lambda: switched(engine, SAVED_HEAD))

    assert placed
    assert engine.loaded.model.adapter_bytes == 0
    assert answer(engine) == (base, 0)


def test_a_switch_that_is_cancelled_ends_without_a_result_and_without_an_adapter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_module, "_PROGRESS_SECONDS", 0)  # as of one that takes long
    engine, _ = loaded("b2-7b")
    base, _ = answer(engine)
    cancel = threading.Event()
    events = []

    for event in run_request(engine, AdapterRequest(str(ALL)), cancel):
        events.append(event)
        cancel.set()

    assert [type(event) for event in events] == [LoadProgress]
    assert answer(engine) == (base, 0)
    assert switched(engine, ALL).adapter is not None


def test_a_load_that_is_cancelled_in_its_adapter_leaves_no_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine_module, "_PROGRESS_SECONDS", 0)
    engine, cancel = Engine(lambda: MACHINE), threading.Event()
    request = LoadRequest(str(goldens.folder("b2-7b")), Precision.FP32, threads=1, adapter=str(ALL))
    total = open_adapter(ALL).bytes_on_disk

    for event in run_request(engine, request, cancel):
        if isinstance(event, LoadProgress) and event.total_bytes == total:
            cancel.set()

    assert cancel.is_set()
    assert not engine.is_loaded


# --- exports -----------------------------------------------------------------------------


def test_an_export_takes_no_adapter_and_goes_on_answering() -> None:
    export = exports.of_golden("b2-7b")
    engine = Engine(lambda: WITH_ONNX)
    asked = LoadRequest(
        str(goldens.folder("b2-7b")),
        Precision.ONNX_FP32,
        threads=1,
        exports=(str(export.folder),),
    )
    run(engine, asked)
    base, _ = answer(engine)

    for act in (
        lambda: switched(engine, ALL),
        lambda: run(engine, replace(asked, adapter=str(ALL))),
    ):
        error = refused(UnsupportedAdapterError, act)
        assert "export-onnx MODEL --adapter ADAPTER" in str(error.hint)
        assert answer(engine)[0] == base
    assert switched(engine, None).adapter is None


@pytest.mark.parametrize("prefer_speed", [False, True])
def test_a_plan_with_an_adapter_never_takes_an_export(prefer_speed: bool) -> None:
    export = exports.of_golden("b2-7b")
    checkpoint = goldens.checkpoint("b2-7b")
    request = LoadRequest(
        str(checkpoint.folder), exports=(str(export.folder),), prefer_speed=prefer_speed
    )
    assert plan_load(checkpoint, request, 256, WITH_ONNX).weights.export is not None

    plan = plan_load(checkpoint, request, 256, WITH_ONNX, open_adapter(ALL))

    assert plan.weights is checkpoint
    assert not plan.options.precision.is_onnx


# --- memory and policy -------------------------------------------------------------------


def test_a_load_that_only_fits_without_its_adapter_is_refused_before_weights_are_read(
    no_weights: None,
) -> None:
    checkpoint, adapter = goldens.checkpoint("b2-7b"), open_adapter(SAVED_HEAD)
    asked = LoadRequest(str(checkpoint.folder), Precision.FP32, threads=1)
    need = plan_load(checkpoint, asked, 256, MACHINE).decision.chosen.need
    assert need is not None
    tight = replace(MACHINE, free_memory_bytes=need.total + adapter.most_bytes - 1)
    assert plan_load(checkpoint, asked, 256, tight).options.precision is Precision.FP32

    refused(
        InsufficientMemoryError,
        lambda: run(Engine(lambda: tight), replace(asked, adapter=str(SAVED_HEAD))),
    )

    roomy = replace(tight, free_memory_bytes=tight.free_memory_bytes + 1)
    assert plan_load(checkpoint, asked, 256, roomy, adapter).options.precision is Precision.FP32


def test_a_switch_that_finds_no_room_is_refused_before_memory_is_taken() -> None:
    size = open_adapter(ALL).most_bytes
    free = MACHINE.free_memory_bytes
    engine = Engine(lambda: replace(MACHINE, free_memory_bytes=free))
    load = LoadRequest(str(goldens.folder("b2-7b")), Precision.FP32, threads=1)
    run(engine, load)
    base, _ = answer(engine)

    free = size - 1
    error = refused(InsufficientMemoryError, lambda: switched(engine, ALL))
    assert "The adapter needs" in error.message
    assert answer(engine)[0] == base
    free = size
    switched(engine, ALL)
    free = 0  # what the adapter in use takes comes back
    switched(engine, ALL)


def test_an_adapter_that_is_forbidden_while_it_is_in_use_answers_no_longer(tmp_path: Path) -> None:
    engine, _ = loaded("b2-7b", ALL)
    answer(engine)
    write_policy(tmp_path, "adapters: []\n")

    refused(PolicyError, lambda: answer(engine))
    refused(PolicyError, lambda: loaded("b2-7b", ALL))
    switched(engine, None)
    answer(engine)
    refused(PolicyError, lambda: switched(engine, ALL))


# --- jobs --------------------------------------------------------------------------------


def test_quality_and_speed_are_measured_of_the_model_with_its_adapter(tmp_path: Path) -> None:
    load = LoadRequest(str(goldens.folder("b2-7b")), Precision.FP32, threads=1)
    texts = ("some text and more of it " * 30,)

    def perplexity(load: LoadRequest) -> float:
        request = QualityRequest(
            load, texts, "text", 65, str(tmp_path / str(load.adapter is None)), True
        )
        last = run(Engine(lambda: MACHINE), request)[-1]
        assert isinstance(last, QualityReady)
        return last.perplexity

    assert perplexity(replace(load, adapter=str(ALL))) != perplexity(load)
    request = BenchmarkRequest(
        replace(load, adapter=str(ALL)), prompts=(4,), contexts=(4,), new_tokens=2
    )
    events = run(Engine(lambda: MACHINE), request)
    ready = next(event for event in events if isinstance(event, ModelReady))
    assert ready.adapter is not None
