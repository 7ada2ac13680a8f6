"""Two processes on this processor by torch's launcher and gloo, against one that trains alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

pytest.importorskip("transformers")
pytest.importorskip("peft")

import safetensors.torch

from backends.checkpoint.folder import Checkpoint
from backends.protocol.frames import Done, Failed
from backends.training.events import (
    CheckpointKept,
    TrainingBegan,
    TrainingEvaluated,
    TrainingPaused,
    TrainingReady,
    TrainingStep,
)
from backends.training.values import Cadence, Compute, Lora, Method, Several, TrainingRequest
from backends.training.wire import PauseTraining, TrainingPayload
from tests.helpers import goldens, quantized
from tests.helpers.ranks_watched import Watched, watched
from tests.helpers.trainings import asked, kept, of, some_rows, trained

TWO = Several(processes=2)
#: Not drawn alike by several processes.
WITHOUT_DROPOUT = Lora(rank=2, alpha=32.0, dropout=0.0, targets=("all",))


def _shared(request: TrainingRequest, output: Path) -> TrainingRequest:
    """The same training by two processes, which read half as many examples at a time each."""
    halved = replace(request.optimization, batch_size=request.optimization.batch_size // 2)
    return kept(replace(request, optimization=halved, several=TWO), output=str(output))


def _told(frames: Sequence[object]) -> list[tuple[float, ...]]:
    """The numbers of each step and of each evaluation."""
    steps = [
        (one.step, one.loss, one.gradient_norm, one.tokens) for one in of(frames, TrainingStep)
    ]
    return [*steps, *((one.step, one.loss) for one in of(frames, TrainingEvaluated))]


def _almost(frames: Sequence[object]) -> list[object]:
    return [pytest.approx(one, abs=1e-5) for one in _told(frames)]


def test_two_processes_train_all_weights_as_one_does(tmp_path: Path) -> None:
    """Also where one of them has less to read than the other, or nothing.

    Of seven examples four make a step, so of the last three one process has one. Of the five that
    are held back four are read at a time, so the second process has none of the last.
    """
    rows = some_rows(12)
    request = asked(tmp_path, rows=rows, method=Method.FULL, batch_size=4, epochs=2)
    request = replace(
        kept(request, evaluate=Cadence.EPOCH, save=Cadence.EPOCH),
        data=replace(request.data, dev_ratio=0.4),
        optimization=replace(request.optimization, eval_batch_size=2, max_grad_norm=0.5),
    )
    sockets: list[tuple[str, str]] = []

    def look(frame: TrainingPayload, processes: Watched) -> None:
        if isinstance(frame, TrainingStep):
            sockets.extend(processes.internet_sockets())

    alone = trained(request)
    together = watched(_shared(request, tmp_path / "together"), tmp_path / "log", look)

    began, ready = of(together, TrainingBegan)[0], of(together, TrainingReady)[0]
    assert (began.processes, began.examples, began.eval_examples) == (2, 7, 5)
    assert began.trained_parameters == Checkpoint.open(Path(request.model)).config.parameters
    assert _told(together) == _almost(alone)
    assert len(of(together, CheckpointKept)) == 1
    assert isinstance(together[-1], Done)
    made = safetensors.torch.load_file(Path(ready.folder) / "model.safetensors")
    assert Checkpoint.open(Path(ready.folder)).config == Checkpoint.open(Path(request.model)).config
    expected = safetensors.torch.load_file(tmp_path / "out" / "model.safetensors")
    assert made.keys() == expected.keys() == set(Checkpoint.open(Path(request.model)).tensors)
    for name, tensor in expected.items():
        assert made[name].float().numpy() == pytest.approx(tensor.float().numpy(), abs=1e-3)
    assert sockets
    assert {address for pair in sockets for address in pair} <= {"127.0.0.1", "::1", ""}


@pytest.mark.slow
def test_an_adapter_that_two_processes_train_goes_on_after_a_pause_and_after_a_kill(
    tmp_path: Path,
) -> None:
    lora = replace(WITHOUT_DROPOUT, targets=("all", "lm_head"))
    request = replace(asked(tmp_path, batch_size=4, epochs=4), lora=lora)
    request = kept(request, save=Cadence.STEPS, save_steps=2)
    shared = _shared(request, tmp_path / "together")
    killed: list[int] = []

    def pause(frame: TrainingPayload, processes: Watched) -> None:
        if isinstance(frame, TrainingBegan):
            processes.ask(PauseTraining())

    def kill(frame: TrainingPayload, processes: Watched) -> None:
        if isinstance(frame, CheckpointKept):
            first, second = processes.ranks()
            killed.append(first.pid)
            second.kill()

    alone = trained(request)
    begun = watched(shared, tmp_path / "log", pause)
    lost = watched(replace(shared, resume=True), tmp_path / "log", kill)
    ended = watched(replace(shared, resume=True), tmp_path / "log")

    paused_at = of(begun, TrainingPaused)[0].step
    resumed_at = of(ended, TrainingBegan)[0].first_step
    steps = _told(alone)
    assert 1 <= paused_at < resumed_at < len(steps)
    assert _told(begun) == _almost(alone)[:paused_at]
    failed = lost[-1]
    assert isinstance(failed, Failed)
    assert failed.exception().message.startswith("Process 1 of the training ended unexpectedly")
    assert not psutil.pid_exists(killed[0])
    assert _told(ended) == _almost(alone)[resumed_at:]
    assert of(ended, TrainingReady)[0].is_adapter


@pytest.mark.slow
def test_two_processes_train_an_adapter_on_four_bits_as_one_does(tmp_path: Path) -> None:
    """Each holds the whole model, which cannot be divided."""
    sizes = {"hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 2}
    base = quantized.random_folder(
        tmp_path / "base", goldens.folder("b2-7b", "safetensors"), sizes, shards=1
    )
    request = replace(
        asked(tmp_path, method=Method.QLORA, batch_size=4, epochs=2),
        model=str(base), lora=WITHOUT_DROPOUT, compute=Compute.FP32,
    )  # fmt: skip

    alone = trained(request)
    together = watched(_shared(request, tmp_path / "together"), tmp_path / "log")

    assert _told(together) == _almost(alone)
    assert of(together, TrainingReady)[0].is_adapter
