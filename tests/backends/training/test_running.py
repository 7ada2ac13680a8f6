"""Fine-tunings of golden models from files to a result: what is computed, told and refused."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
import torch.nn.functional as F

pytest.importorskip("transformers")
pytest.importorskip("peft")

from backends.adapters.allowed import open_allowed_adapter
from backends.adapters.fitting import require_fitting
from backends.adapters.folder import open_adapter
from backends.bridge.model import BaichuanForCausalLM
from backends.checkpoint.folder import Checkpoint
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import (
    OutputFullError,
    PolicyError,
    TrainingDivergedError,
    TrainingSettingsError,
    WrongBaseError,
)
from backends.events import Finished
from backends.generation.sampling import SamplingParams
from backends.machine.hardware import Machine
from backends.policy.site_policy import site_policy
from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest, LoadRequest
from backends.text.chat_template import Message, Role
from backends.torch_backend import cpu
from backends.training import running
from backends.training.commands import Commands
from backends.training.data.masking import coding_of
from backends.training.events import (
    CheckpointKept,
    TrainingBegan,
    TrainingEvaluated,
    TrainingEvent,
    TrainingNote,
    TrainingPaused,
    TrainingReady,
    TrainingStep,
    TrainingStopped,
)
from backends.training.keeping.checkpoints import write_checkpoint
from backends.training.keeping.values import Snapshot
from backends.training.memory import trained_parameters
from backends.training.values import Cadence, Compute, Lora, Method, Schedule, TrainingRequest
from tests.helpers import adapted, goldens, quantized
from tests.helpers.bridge import load, logits
from tests.helpers.copies import copy
from tests.helpers.policies import write_policy
from tests.helpers.training_data import prepare
from tests.helpers.trainings import asked, kept, losses, of, said, some_rows, trained

MACHINE = Machine(
    "A processor",
    1,
    frozenset(),
    8 * 2**30,
    4 * 2**30,
    libraries={"torch": "2.13.0", "bitsandbytes": "0.50"},
)
WITHOUT_DROPOUT = Lora(rank=2, alpha=32.0, dropout=0.0, targets=("all",))


def ready_of(events: list[TrainingEvent]) -> TrainingReady:
    last = events[-1]
    assert isinstance(last, TrainingReady)
    return last


def answer(base: str, adapter: str, precision: Precision) -> int:
    """Tokens that the engine answers with, from a model with an adapter."""
    engine = Engine(lambda: MACHINE)
    request = LoadRequest(base, adapter=adapter, precision=precision, threads=1)
    list(run_request(engine, request, threading.Event()))
    params = SamplingParams(greedy=True, max_new_tokens=3)
    chat = ChatRequest((Message(Role.USER, "你好"),), params)
    last = list(run_request(engine, chat, threading.Event()))[-1]
    assert isinstance(last, Finished)
    return last.new_tokens


# --- what comes of it ----------------------------------------------------------------------


def test_an_adapter_is_trained_told_of_and_opened_for_its_base_alone(tmp_path: Path) -> None:
    request = replace(asked(tmp_path, epochs=2), lora=WITHOUT_DROPOUT)

    events = trained(request)

    began, steps = of(events, TrainingBegan)[0], of(events, TrainingStep)
    shapes = Checkpoint.open(Path(request.model)).config
    assert (began.examples, began.total_steps, began.processes) == (6, 6, 1)
    assert began.all_parameters - began.trained_parameters == shapes.parameters
    assert began.trained_parameters == 2 * sum(
        shapes.num_layers * sum(shape) for shape in shapes.layer_matrices().values()
    )
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert steps[-1].loss < steps[0].loss
    assert [step.learning_rate for step in steps] == pytest.approx(
        [2e-3 * (6 - done) / 6 for done in range(6)]
    )
    assert sum(step.tokens for step in steps[:3]) == sum(step.tokens for step in steps[3:])
    ready = ready_of(events)
    adapter, notes = open_allowed_adapter(
        Path(ready.folder), Checkpoint.open(Path(request.model)), site_policy()
    )
    assert adapter.ranks == (2, 2)
    assert not notes
    assert {record.dtype for record in adapter.records} == {"F32"}
    for other in ("b2-13b-h5", "b2-7b"):
        with pytest.raises(WrongBaseError):
            open_allowed_adapter(Path(ready.folder), goldens.checkpoint(other), site_policy())


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_an_adapter_of_the_head_too_computes_in_the_app_what_it_learnt(
    tmp_path: Path, name: str
) -> None:
    """Of Baichuan 2 too, whose rows are normalised beside what the adapter adds."""
    request = replace(
        asked(tmp_path, name, epochs=4, learning_rate=1e-2),
        lora=Lora(rank=4, alpha=8.0, dropout=0.0, targets=("all", "lm_head")),
    )
    request = replace(request, data=replace(request.data, eval_files=request.data.files))
    events = trained(kept(request, evaluate=Cadence.EPOCH))

    folder = Path(ready_of(events).folder)
    loss = mean_loss(request, folder)

    found = safetensors.torch.load_file(folder / "adapter_model.safetensors")
    assert any("lm_head" in name for name in found)
    assert of(events, TrainingEvaluated)[-1].loss == pytest.approx(loss, abs=1e-5)
    assert loss < of(events, TrainingStep)[0].loss - 0.2


def mean_loss(request: TrainingRequest, adapter: Path) -> float:
    """Of the examples of a request, as the app computes with the adapter."""
    model = quantized.load(Path(request.model), Precision.FP32, cpu)
    adapted.use(model, adapter)
    coding = coding_of(*Checkpoint.open_with_tokenizer(Path(request.model)))
    total = count = 0.0
    for example in prepare(request.data, coding).examples:
        logits = adapted.said(model, example.ids[:-1], len(example.ids) - 1)
        labels = torch.tensor(example.labels[1:])
        total += float(F.cross_entropy(torch.tensor(logits), labels, reduction="sum"))
        count += example.trained_tokens
    return total / count


@pytest.mark.parametrize("name", ["b2-7b", "b1-7b"])  # with a NormHead, and without
def test_an_adapter_of_the_head_is_trained_and_kept_beside_those_of_the_layers(
    name: str, tmp_path: Path
) -> None:
    request = asked(tmp_path, name, epochs=2)
    request = replace(request, lora=replace(WITHOUT_DROPOUT, targets=("o_proj", "lm_head")))
    shapes = Checkpoint.open(Path(request.model)).config

    events = trained(request)

    wide, count = shapes.hidden_size, of(events, TrainingBegan)[0].trained_parameters
    assert count == trained_parameters(shapes, request)
    assert count == 2 * (shapes.num_layers * 2 * wide + wide + shapes.vocab_size)
    curve = losses(events)
    assert curve[-1] < curve[0]
    adapter = open_adapter(Path(ready_of(events).folder))
    require_fitting(adapter, Checkpoint.open(Path(request.model)))
    head = adapter.matrices["lm_head"]
    assert head.shape == (shapes.vocab_size, wide)
    with_it = load(request.model, dtype=torch.float32)
    with_it.load_adapter(ready_of(events).folder)
    moved = logits(with_it) - logits(load(request.model, dtype=torch.float32))
    assert float(np.abs(moved).max()) > 1e-3


def test_a_full_training_writes_a_model_that_the_strict_loader_opens(tmp_path: Path) -> None:
    request = asked(tmp_path, "b1-7b", method=Method.FULL, learning_rate=1e-3)

    ready = ready_of(trained(request))

    assert not ready.is_adapter
    made = Checkpoint.open(Path(ready.folder))
    assert made.config == Checkpoint.open(Path(request.model)).config
    before = logits(load(request.model, dtype=torch.float32))
    after = logits(load(ready.folder, dtype=torch.float32))
    assert float(np.abs(after - before).max()) > 1e-3


def test_qlora_on_four_bits_learns_and_its_adapter_answers_on_16_and_4_bits(
    tmp_path: Path,
) -> None:
    """By bitsandbytes' code for processors, which wants sizes that are multiples of 64."""
    sizes = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2}
    base = quantized.random_folder(
        tmp_path / "base", goldens.folder("b2-7b", "safetensors"), sizes, shards=1
    )
    request = replace(
        asked(tmp_path, method=Method.QLORA, epochs=4, learning_rate=1e-2),
        model=str(base),
        lora=WITHOUT_DROPOUT,
        compute=Compute.BF16,
    )

    events = trained(request)

    began = of(events, TrainingBegan)[0]
    assert began.compute == "bf16"
    assert (
        began.all_parameters - began.trained_parameters == Checkpoint.open(base).config.parameters
    )
    found = losses(events)
    assert found[-1] < found[0] - 0.2
    for precision in (Precision.BF16, Precision.NF4):
        assert answer(str(base), ready_of(events).folder, precision) == 3


def test_qlora_goes_on_from_a_folder_that_is_stored_in_four_bits(tmp_path: Path) -> None:
    """Multiplied in what is computed in, whatever its config.json says."""
    base = goldens.folder("b2-7b", "safetensors")
    stored = copy(base, tmp_path / "four bits").folder
    request = replace(
        asked(tmp_path, "b2-7b", method=Method.QLORA, epochs=3, learning_rate=1e-2),
        model=str(stored),
        lora=WITHOUT_DROPOUT,
    )

    events = trained(request)

    assert of(events, TrainingBegan)[0].compute == "fp32"
    assert losses(events)[-1] < losses(events)[0]
    open_allowed_adapter(Path(ready_of(events).folder), goldens.checkpoint("b2-7b"), site_policy())


@pytest.mark.parametrize("method", [Method.FULL, Method.LORA])
def test_bf16_is_computed_on_a_processor_with_trained_weights_in_fp32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: Method
) -> None:
    """And no copy of a weight in bf16 is kept from its layer to the end of a pass."""
    keeps: set[bool] = set()
    monkeypatch.setattr(BaichuanForCausalLM, "_through", _watched_layers(keeps))
    request = replace(
        asked(tmp_path, method=method, max_steps=2),
        compute=Compute.BF16,
        lora=WITHOUT_DROPOUT,
    )
    plain = losses(trained(replace(request, compute=Compute.FP32)))
    ready_of(trained(kept(request, output=str(tmp_path / "other"))))
    in_bf16 = losses(trained(kept(request, output=str(tmp_path / "third"))))

    assert in_bf16 == pytest.approx(plain, rel=1e-2)
    assert in_bf16 != plain
    assert keeps == {False}


def _watched_layers(keeps: set[bool]) -> Callable[..., torch.Tensor]:
    """A pass through a layer that tells whether autocast keeps what it makes of weights."""
    plain = BaichuanForCausalLM._through

    def through(*arguments: Any) -> torch.Tensor:
        if torch.is_autocast_enabled("cpu"):
            keeps.add(torch.is_autocast_cache_enabled())
        return plain(*arguments)

    return through


# --- the same computation ------------------------------------------------------------------


@pytest.mark.parametrize("z_weight", [0.0, 1e-3])
def test_two_batches_of_two_are_a_batch_of_four(tmp_path: Path, z_weight: float) -> None:
    """Whatever their lengths, and with the published loss of large logits."""
    folder = copied(tmp_path, {"z_loss_weight": z_weight})
    rows = some_rows(8) if not z_weight else some_rows(1) * 8  # pads count among the positions
    request = replace(
        asked(tmp_path, rows=rows, epochs=2, batch_size=4), model=str(folder), lora=WITHOUT_DROPOUT
    )
    whole = of(trained(request), TrainingStep)
    how = replace(request.optimization, batch_size=2, accumulation=2)

    parts = of(
        trained(kept(replace(request, optimization=how), output=str(tmp_path / "parts"))),
        TrainingStep,
    )

    for one, other in zip(whole, parts, strict=True):
        assert one.loss == pytest.approx(other.loss, abs=1e-6)
        assert one.gradient_norm == pytest.approx(other.gradient_norm, rel=1e-5)
        assert one.tokens == other.tokens


def copied(tmp_path: Path, config: dict[str, Any]) -> Path:
    """The golden model with other facts in its config.json."""
    source, out = goldens.folder("b2-13b", "safetensors"), tmp_path / "copied"
    out.mkdir()
    for file in source.iterdir():
        (out / file.name).write_bytes(file.read_bytes())
    data = json.loads((out / "config.json").read_text(encoding="utf-8")) | config
    (out / "config.json").write_text(json.dumps(data), encoding="utf-8")
    return out


def test_the_seed_alone_decides_what_a_training_with_dropout_computes(tmp_path: Path) -> None:
    request = replace(asked(tmp_path, epochs=2), lora=Lora(rank=2, dropout=0.5))
    found = []
    for number, seed in enumerate((1, 1, 2)):
        how = replace(request.optimization, seed=seed)
        one = kept(replace(request, optimization=how), output=str(tmp_path / str(number)))
        torch.rand(number)  # where chance stands before does not count
        found.append(losses(trained(one)))

    assert found[0] == found[1]
    assert found[0] != found[2]


def test_each_epoch_reads_all_examples_in_an_order_of_its_own(tmp_path: Path) -> None:
    events = trained(asked(tmp_path, rows=some_rows(8), epochs=2, batch_size=1))

    tokens = [step.tokens for step in of(events, TrainingStep)]

    first, second = tokens[:8], tokens[8:]
    assert sorted(first) == sorted(second)
    assert first != second


@pytest.mark.parametrize("last", [1, 2, 3])
def test_what_was_paused_goes_on_to_the_same_losses(tmp_path: Path, last: int) -> None:
    """In the middle of an epoch, at its end, in the next one; the last step of each is smaller."""
    request = replace(
        asked(tmp_path, rows=some_rows(10), epochs=2, accumulation=2, warmup_ratio=0.5),
        lora=Lora(rank=2, dropout=0.5, targets=("all",)),
    )
    undisturbed = losses(trained(kept(request, output=str(tmp_path / "undisturbed"))))

    def pause(event: TrainingEvent, commands: Commands) -> None:
        if isinstance(event, TrainingStep) and event.step == last:
            commands.pause()

    paused = trained(request, pause)
    resumed = trained(replace(request, resume=True))

    # A pause that is asked for while a step is told is seen after the next one.
    assert paused[-1] == TrainingPaused(last + 1)
    assert of(paused, CheckpointKept)[-1].step == last + 1
    assert of(resumed, TrainingBegan)[0].first_step == last + 1
    assert losses(paused) + losses(resumed) == undisturbed
    assert ready_of(resumed).steps == len(undisturbed) == 6


# --- ends before the last step -------------------------------------------------------------


def test_a_stop_ends_after_the_step_and_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    request = kept(asked(tmp_path, epochs=2), save=Cadence.STEPS, save_steps=2)

    def stop(event: TrainingEvent, commands: Commands) -> None:
        if isinstance(event, TrainingStep) and event.step == 2:
            commands.stop()

    events = trained(request, stop)

    assert events[-1] == TrainingStopped(3, 2)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["checkpoint-2"]


def test_a_stop_before_the_first_step_leaves_nothing(tmp_path: Path) -> None:
    events = trained(asked(tmp_path), lambda _, commands: commands.stop())

    assert events[-1] == TrainingStopped(0, None)
    assert not of(events, TrainingStep)
    assert not (tmp_path / "out").exists()


def test_a_loss_that_is_no_number_ends_it(tmp_path: Path) -> None:
    request = asked(tmp_path, epochs=20, learning_rate=1e30, method=Method.FULL)

    with pytest.raises(TrainingDivergedError) as raised:
        trained(request)

    assert int(str(raised.value.facts["step"])) > 1
    assert not (tmp_path / "out").exists()


# --- evaluation ------------------------------------------------------------------------------


def test_examples_that_are_held_back_are_evaluated_and_the_best_weights_are_the_result(
    tmp_path: Path,
) -> None:
    """Steps that are far too long: the loss on what is held back rises after the first ones."""
    request = asked(
        tmp_path, rows=some_rows(12), epochs=2, learning_rate=1.0, schedule=Schedule.CONSTANT
    )
    request = replace(request, data=replace(request.data, dev_ratio=0.25))
    watched = kept(request, evaluate=Cadence.STEPS, eval_steps=1, load_best=True, save_limit=1)

    events = trained(watched)

    found = of(events, TrainingEvaluated)
    assert [one.step for one in found] == [step.step for step in of(events, TrainingStep)]
    best = min(found, key=lambda one: one.loss)
    assert 1 < best.step < found[-1].step
    assert ready_of(events).best_step == best.step
    shorter = replace(request, optimization=replace(request.optimization, max_steps=best.step))
    again = ready_of(trained(kept(shorter, output=str(tmp_path / "again"))))
    name = "adapter_model.safetensors"
    assert (Path(again.folder) / name).read_bytes() == (tmp_path / "out" / name).read_bytes()


def test_what_was_best_before_a_pause_stays_so(tmp_path: Path) -> None:
    request = asked(
        tmp_path, rows=some_rows(12), epochs=2, learning_rate=1.0, schedule=Schedule.CONSTANT
    )
    request = replace(request, data=replace(request.data, dev_ratio=0.25))
    request = kept(request, evaluate=Cadence.STEPS, eval_steps=1, load_best=True)
    undisturbed = ready_of(trained(kept(request, output=str(tmp_path / "undisturbed"))))
    best = undisturbed.best_step
    assert best is not None

    def pause(event: TrainingEvent, commands: Commands) -> None:
        if isinstance(event, TrainingStep) and event.step == best:
            commands.pause()

    assert trained(request, pause)[-1] == TrainingPaused(best + 1)
    ready = ready_of(trained(replace(request, resume=True)))

    assert ready.best_step == best < best + 1 < ready.steps
    name = "adapter_model.safetensors"
    whole = (Path(undisturbed.folder) / name).read_bytes()
    assert (tmp_path / "out" / name).read_bytes() == whole


def test_evaluation_changes_nothing_of_what_is_learnt(tmp_path: Path) -> None:
    request = replace(asked(tmp_path, rows=some_rows(12)), lora=Lora(rank=2, dropout=0.5))
    request = replace(request, data=replace(request.data, dev_ratio=0.25))
    plain = losses(trained(request))

    watched = kept(request, output=str(tmp_path / "other"), evaluate=Cadence.STEPS, eval_steps=1)
    assert losses(trained(watched)) == plain


# --- all is learnt, and nothing was written ---------------------------------------------------


def test_a_result_that_could_not_be_written_is_written_by_a_resume_without_a_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of an epoch, too: not a step more is computed."""
    request = replace(asked(tmp_path, max_steps=2), lora=WITHOUT_DROPOUT)
    expected = ready_of(trained(kept(request, output=str(tmp_path / "expected"))))

    def full(output: Path, snapshot: Snapshot, tell: Callable[..., object]) -> TrainingReady:
        write_checkpoint(output, snapshot)
        raise OutputFullError(output, needed_bytes=2, free_bytes=1)

    with monkeypatch.context() as patched:
        patched.setattr(running, "write_result", full)
        with pytest.raises(OutputFullError):
            trained(request)
    monkeypatch.setattr(running, "load_base", lambda *_, **__: pytest.fail("it was loaded"))

    events = trained(replace(request, resume=True))

    assert not of(events, TrainingStep)
    assert ready_of(events).steps == 2
    name = "adapter_model.safetensors"
    whole = (Path(expected.folder) / name).read_bytes()
    assert (tmp_path / "out" / name).read_bytes() == whole


# --- refused ---------------------------------------------------------------------------------


def test_a_policy_turns_it_off(tmp_path: Path) -> None:
    write_policy(tmp_path, "fine_tuning: false\n")

    with pytest.raises(PolicyError):
        trained(asked(tmp_path))
    assert not (tmp_path / "out").exists()


def test_a_policy_allows_what_weights_are_held_in(tmp_path: Path) -> None:
    """A whole training counts as what it computes in; QLoRA's matrices are in 4 bits."""
    write_policy(tmp_path, "fine_tuning: true\nprecisions: [bf16]\n")
    request = asked(tmp_path, max_steps=1)
    with pytest.raises(PolicyError):
        trained(request)
    with pytest.raises(PolicyError):
        trained(replace(request, method=Method.QLORA, compute=Compute.BF16))

    ready_of(trained(replace(request, compute=Compute.BF16)))


def test_a_processor_does_not_train_in_fp16(tmp_path: Path) -> None:
    with pytest.raises(TrainingSettingsError, match="fp16"):
        trained(replace(asked(tmp_path), compute=Compute.FP16))
    assert not (tmp_path / "out").exists()


def test_examples_beyond_what_the_model_reads_are_told_of(tmp_path: Path) -> None:
    rows = said([(("human", "你好"), ("gpt", "一" * 300))])
    request = asked(tmp_path, rows=rows, max_steps=1)
    request = replace(request, data=replace(request.data, max_length=512))

    notes = [str(note.text) for note in of(trained(request), TrainingNote)]

    assert any("but the model reads 256" in note for note in notes)
