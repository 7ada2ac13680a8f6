"""What is asked for, what the machine is and what its processor computes wrongly: how to load."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory
from backends.engine import heavy_modules, load_plan
from backends.engine.load_plan import LoadPlan, asked_context_length, plan_load
from backends.errors import BackendUnavailableError, InvalidRequestError
from backends.machine.hardware import Machine
from backends.model_config import ModelConfig
from backends.phrases import Phrase
from backends.precision import DeviceKind, Precision
from backends.protocol.engine_requests import LoadRequest
from tests.helpers import exports, goldens
from tests.helpers.machines import BAICHUAN2_7B, BAICHUAN2_13B, card, machine
from tests.helpers.sentences import assert_one_sentence

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


# --- parts that are held as on a small card, to be compared ----------------------------------


@pytest.mark.parametrize("on_host", [False, True])
@pytest.mark.parametrize("in_8_bits", [False, True])
@pytest.mark.parametrize(
    ("precision", "facts"), [(Precision.BF16, machine(card(24))), (Precision.NF4, machine())]
)
def test_parts_are_held_as_it_is_asked_for_where_all_of_it_fits(
    precision: Precision,
    facts: Machine,
    on_host: bool,
    in_8_bits: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = LoadRequest(
        str(FOLDER), precision, embedding_on_host=on_host, head_in_8_bits=in_8_bits
    )

    plan = planned(monkeypatch, facts, request=request)

    assert plan.options.devices.embedding_on_host is on_host
    assert plan.options.head_in_8_bits is in_8_bits
    whole = planned(monkeypatch, facts, request=LoadRequest(str(FOLDER), precision))
    assert plan.options.devices.layers == whole.options.devices.layers
    assert (plan.weights_bytes < whole.weights_bytes) is in_8_bits
    assert (plan.host_weights_bytes > 0) is (on_host and bool(facts.gpus))


@pytest.mark.parametrize("asked", [{"embedding_on_host": True}, {"head_in_8_bits": True}])
def test_an_export_holds_its_parts_as_they_were_written(
    asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = exports.of_golden("b2-7b")
    libraries = {"torch": "2.11.0", "onnx": "1.23.2", "onnxruntime": "1.31.1"}
    request = LoadRequest(str(FOLDER), Precision.ONNX_FP32, exports=(str(export.folder),))

    with pytest.raises(BackendUnavailableError) as caught:
        planned(monkeypatch, machine(libraries=libraries), request=replace(request, **asked))

    assert_one_sentence(caught.value)
    assert caught.value.message.startswith("ONNX fp32 runs with the embedding and the head")


# --- what a card is too small for ---------------------------------------------------------


def planned_for(
    config: ModelConfig,
    facts: Machine,
    monkeypatch: pytest.MonkeyPatch,
    processor: Processor | None = None,
    **asked: Any,
) -> LoadPlan:
    """The plan for a checkpoint of the released shapes."""
    monkeypatch.setattr(heavy_modules, "processor_way", (processor or Processor()).way)
    checkpoint = replace(Checkpoint.open(FOLDER), config=config)
    request = LoadRequest(str(FOLDER), **asked)
    return plan_load(checkpoint, request, asked_context_length(request, config), facts)


def test_the_form_that_was_chosen_is_what_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned_for(BAICHUAN2_13B, machine(card(12)), monkeypatch)

    options = plan.options
    assert options.precision is Precision.NF4
    assert options.devices.embedding_on_host
    assert set(options.devices.layers) == {"cuda:0"}
    assert options.head_in_8_bits
    assert options.context_length == 4096
    assert plan.weights_bytes == memory.weight_bytes(
        BAICHUAN2_13B, Precision.NF4, head_in_8_bits=True
    )
    assert plan.host_weights_bytes == 125_696 * 5120 * 2


def test_a_context_that_was_shortened_is_what_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned_for(BAICHUAN2_7B, machine(card(6)), monkeypatch)

    assert plan.options.context_length == plan.decision.chosen.context_length == 2048
    assert "in a context of 2,048 tokens instead of 4,096" in str(plan.decision.reason)


def test_a_context_that_was_asked_for_is_what_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = planned_for(BAICHUAN2_7B, machine(card(6)), monkeypatch, context_length=4000)

    assert plan.options.context_length == 4000
    assert plan.options.devices.kind is DeviceKind.SPREAD
    assert plan.host_weights_bytes == 0, "not of one card, from which later loads learn"


def test_a_plain_plan_has_nothing_on_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    for facts in (machine(card(24)), machine()):
        plan = planned_for(BAICHUAN2_7B, facts, monkeypatch)

        assert not plan.options.head_in_8_bits
        assert plan.host_weights_bytes == 0
        assert plan.options.context_length == 4096


def test_a_processor_that_takes_part_is_tried_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers that it computes wrongly would spoil the answer as a whole model would."""
    processor = Processor(Precision.NF4)

    plan = planned_for(BAICHUAN2_13B, machine(card(8)), monkeypatch, processor)

    assert processor.tried[0] is Precision.NF4
    assert plan.options.precision is not Precision.NF4
    assert plan.options.precision in processor.tried


def test_scoring_a_text_counts_the_logits_of_every_token(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = [
        planned_for(
            BAICHUAN2_7B,
            machine(card(24)),
            monkeypatch,
            context_length=512,
            scores_every_token=scores,
        ).decision.chosen.need
        for scores in (False, True)
    ]

    answering, scoring = needs
    assert answering is not None
    assert scoring is not None
    assert scoring.total - answering.total == 511 * 125_696 * (2 + 4)
