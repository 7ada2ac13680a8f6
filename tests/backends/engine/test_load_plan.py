"""What is asked for, what the machine is and what its processor computes wrongly: how to load."""

from __future__ import annotations

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.engine import heavy_modules, load_plan
from backends.engine.load_plan import LoadPlan, asked_context_length, plan_load
from backends.errors import BackendUnavailableError, InvalidRequestError
from backends.machine.hardware import Machine
from backends.phrases import Phrase
from backends.precision import Precision
from backends.protocol.engine_requests import LoadRequest
from tests.helpers import exports, goldens
from tests.helpers.machines import card, machine

FOLDER = goldens.folder("b2-7b", "safetensors")  # context 256


class Processor:
    """Multiplies in every precision but those that are `wrong`, and remembers what was tried."""

    def __init__(self, *wrong: Precision) -> None:
        self.tried: list[Precision] = []
        self._wrong = wrong

    def way(self, precision: Precision) -> Phrase:
        self.tried.append(precision)
        if precision in self._wrong:
            raise BackendUnavailableError("It is wrong in {precision}.", precision=precision.label)
        return Phrase("as it should")


def planned(
    monkeypatch: pytest.MonkeyPatch,
    facts: Machine,
    processor: Processor | None = None,
    request: LoadRequest | None = None,
) -> LoadPlan:
    monkeypatch.setattr(heavy_modules, "processor_way", (processor or Processor()).way)
    return plan_load(Checkpoint.open(FOLDER), request or LoadRequest(str(FOLDER)), 64, facts)


@pytest.mark.parametrize(("asked", "length"), [(None, 256), (1, 1), (256, 256)])
def test_the_context_is_the_models_unless_another_is_asked_for(
    asked: int | None, length: int
) -> None:
    config = Checkpoint.open(FOLDER).config

    assert asked_context_length(LoadRequest(str(FOLDER), context_length=asked), config) == length


@pytest.mark.parametrize("asked", [0, -1, 257])
def test_a_context_that_the_model_does_not_have_is_refused(asked: int) -> None:
    with pytest.raises(InvalidRequestError, match="from 1 to 256 for this model"):
        asked_context_length(
            LoadRequest(str(FOLDER), context_length=asked), Checkpoint.open(FOLDER).config
        )


def test_threads_are_the_cores_and_may_be_fewer_unless_a_number_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = LoadRequest(str(FOLDER), threads=3)

    free = planned(monkeypatch, machine()).options
    fixed = planned(monkeypatch, machine(), request=asked).options

    assert (free.threads, free.may_take_fewer) == (8, True)
    assert (fixed.threads, fixed.may_take_fewer) == (3, False)


def test_what_a_processor_computes_wrongly_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    processor = Processor(Precision.BF16)

    plan = planned(monkeypatch, machine(bf16=True), processor)

    assert processor.tried == [Precision.BF16, Precision.FP32]
    assert plan.options.precision is Precision.FP32
    assert "It is wrong in bf16." in str(plan.decision.reason)


def test_a_precision_that_is_wrong_is_refused_to_who_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = LoadRequest(str(FOLDER), Precision.BF16)

    with pytest.raises(BackendUnavailableError, match=r"It is wrong in bf16\."):
        planned(monkeypatch, machine(bf16=True), Processor(Precision.BF16), request)


def test_only_a_processor_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    processor = Processor(*Precision)

    plan = planned(monkeypatch, machine(card(24)), processor)

    assert processor.tried == []
    assert plan.options.devices.first == "cuda:0"


def test_an_export_runs_in_place_of_its_model_and_counts_as_it_lies_on_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export = exports.of_golden("b2-7b")
    libraries = {"torch": "2.11.0", "onnx": "1.23.2", "onnxruntime": "1.31.1"}
    request = LoadRequest(str(FOLDER), Precision.ONNX_FP32, exports=(str(export.folder),))

    plan = planned(monkeypatch, machine(libraries=libraries), request=request)

    assert plan.weights.folder == export.folder
    assert plan.weights_bytes == export.bytes_on_disk


def test_a_model_counts_as_its_precision_does(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned(monkeypatch, machine(), request=LoadRequest(str(FOLDER), Precision.FP32))

    assert plan.weights.folder == FOLDER
    assert plan.weights_bytes == 4 * plan.weights.config.parameters


def test_every_precision_of_the_processor_is_tried_and_what_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(heavy_modules, "processor_way", Processor(Precision.NF4).way)

    found = {one.precision: one for one in load_plan.try_products(machine(bf16=True))}

    assert found[Precision.FP32].is_right
    assert not found[Precision.NF4].is_right
    assert str(found[Precision.NF4].way) == "It is wrong in 4-bit."
