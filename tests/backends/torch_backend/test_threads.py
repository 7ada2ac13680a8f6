"""How many threads torch is told to take, with a clock and a machine that a test moves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from backends.interface import LayerDevices, LoadOptions
from backends.machine import hardware
from backends.precision import Precision
from backends.torch_backend import cpu, loaded_model
from backends.torch_backend.loaded_model import TorchModel
from backends.torch_backend.threads import PacedThreads
from tests.helpers import goldens

ROOT = Path(__file__).parents[3]


class Machine:
    """Time goes by only where a test says so."""

    def __init__(self, *, counts_waiting: bool = True) -> None:
        self.now = 1000.0
        self.waited = 7.0
        self.looks = 0
        self.look_seconds = 0.0
        self.used: list[int] = []  #: the numbers of threads that were set
        self._counts_waiting = counts_waiting

    def paced(self, most: int = 2) -> PacedThreads:
        return PacedThreads(most, waited=self._waited, clock=lambda: self.now, use=self.used.append)

    def _waited(self) -> float | None:
        self.looks += 1
        self.now += self.look_seconds
        return self.waited if self._counts_waiting else None

    def compute(self, paced: PacedThreads, seconds: float, waited: float = 0.0) -> int:
        """One step; the threads that it took."""
        with paced.step():
            threads = paced.threads
            self.now += seconds
            self.waited += waited
        return threads


def test_a_step_that_waited_has_the_next_one_take_fewer() -> None:
    machine = Machine()
    paced = machine.paced()

    taken = [machine.compute(paced, 0.1, 0.1) for _ in range(3)]

    assert taken == [2, 1, 1]
    assert machine.used == [2, 1]


def test_steps_that_do_not_wait_keep_all_threads() -> None:
    machine = Machine()
    paced = machine.paced()

    assert {machine.compute(paced, 0.03) for _ in range(100)} == {2}
    assert machine.used == [2]


def test_loading_beside_busy_programs_has_the_first_step_take_fewer() -> None:
    machine = Machine()
    paced = machine.paced()
    machine.now += 3.0
    machine.waited += 1.5  # one thread that loads, half of the time without a core
    paced.loaded()

    assert machine.compute(paced, 0.1) == 1


def test_what_was_seen_before_a_long_pause_does_not_count() -> None:
    machine = Machine()
    paced = machine.paced()
    machine.compute(paced, 0.1, 0.1)
    machine.now += 1.5  # somebody reads, and types

    assert machine.compute(paced, 0.1) == 2


def test_a_step_that_takes_minutes_is_no_pause() -> None:
    machine = Machine()
    paced = machine.paced()
    machine.compute(paced, 120.0, 120.0)

    assert machine.compute(paced, 0.1) == 1


def test_short_steps_are_looked_at_together() -> None:
    machine = Machine()
    paced = machine.paced()
    looks = machine.looks
    for _ in range(200):
        machine.compute(paced, 0.001)

    assert 8 <= machine.looks - looks <= 10  # one in 20 ms


def test_looking_takes_a_hundredth_of_the_time_at_most() -> None:
    machine = Machine()
    paced = machine.paced(64)
    machine.look_seconds = 0.002  # hundreds of threads
    looks, begun = machine.looks, machine.now
    for _ in range(1000):
        machine.compute(paced, 0.01)

    assert (machine.looks - looks) * 0.002 <= 0.01 * (machine.now - begun)


def test_threads_that_ended_are_no_negative_waiting() -> None:
    machine = Machine()
    paced = machine.paced()
    machine.compute(paced, 0.1, -5.0)
    machine.compute(paced, 0.1, 0.1)

    assert machine.compute(paced, 0.1) == 1


def test_where_nobody_counts_the_waiting_the_threads_stay() -> None:
    machine = Machine(counts_waiting=False)
    paced = machine.paced()

    assert {machine.compute(paced, 1.0, 1.0) for _ in range(9)} == {2}


def options(threads: int, *, may_take_fewer: bool) -> LoadOptions:
    return LoadOptions(
        Precision.FP32, 64, threads, LayerDevices.all_on("cpu", 2), may_take_fewer=may_take_fewer
    )


def test_a_number_that_was_asked_for_is_never_changed() -> None:
    assert PacedThreads.begin(options(2, may_take_fewer=False)) is None
    assert torch.get_num_threads() == 2
    assert PacedThreads.begin(options(1, may_take_fewer=True)) is None
    assert torch.get_num_threads() == 1


def test_a_model_tells_how_many_threads_computed_last() -> None:
    machine = Machine()
    model = loaded(machine.paced())
    assert model.threads is None

    model.prefill((5, 6, 7))
    assert model.threads == 2
    machine.now += 0.5
    machine.waited += 0.5
    model.decode(8)

    assert model.threads == 1


def loaded(paced: PacedThreads) -> TorchModel:
    checkpoint = goldens.checkpoint("b2-7b", "safetensors")
    loading = cpu.load(checkpoint, options(1, may_take_fewer=False))
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            model: TorchModel = finished.value
            break
    inner = model._model
    assert inner is not None
    return loaded_model.TorchModel(
        inner,
        devices=LayerDevices.all_on("cpu", checkpoint.config.num_layers),
        context_length=64,
        prefill_chunk=64,
        paced=paced,
    )


@pytest.mark.parametrize("name", ["b1-7b", "b2-13b"])
def test_logits_are_as_good_as_the_same_on_any_number_of_threads(name: str) -> None:
    checkpoint = goldens.checkpoint(name, "safetensors")
    devices = LayerDevices.all_on("cpu", checkpoint.config.num_layers)
    loading = cpu.load(checkpoint, LoadOptions(Precision.FP32, 64, 2, devices))
    while True:
        try:
            next(loading)
        except StopIteration as finished:
            model: TorchModel = finished.value
            break
    found = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        model.truncate(0)
        found.append([model.prefill((5, 6, 7, 8, 9)), *map(model.decode, range(10, 20))])
    torch.set_num_threads(1)

    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=0, atol=3e-5)


# --- facts -------------------------------------------------------------------------------


def test_waiting_is_counted_here_or_not_at_all() -> None:
    first, second = hardware.waited_seconds(), hardware.waited_seconds()

    if Path("/proc/self/schedstat").exists():
        assert first is not None
        assert second is not None
        assert first >= 0
    else:
        assert first is second is None


def test_whoever_loads_torch_has_it_read_how_threads_wait() -> None:
    code = (
        "import sys, os; from backends.engine import heavy_modules;"
        "assert 'torch' not in sys.modules;"
        "heavy_modules.backend_module('torch_cpu');"
        "print(os.environ['GOMP_SPINCOUNT'])"
    )
    clean = {name: value for name, value in os.environ.items() if name not in hardware._WAITS}

    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=clean,
        check=True,
        capture_output=True,
        text=True,
    )

    assert result.stdout == "20000\n"


@pytest.mark.parametrize(
    "set_by_a_person",
    [{"OMP_WAIT_POLICY": "passive"}, {"GOMP_SPINCOUNT": "0"}, {"KMP_BLOCKTIME": "200"}],
)
def test_how_threads_wait_is_a_persons_choice_first(set_by_a_person: dict[str, str]) -> None:
    assert hardware.with_short_waits(set_by_a_person) == set_by_a_person
    assert hardware.with_short_waits({"A": "b"}) == {"A": "b", "GOMP_SPINCOUNT": "20000"}
    assert hardware.with_short_waits({}, spins=0) == {"GOMP_SPINCOUNT": "0"}
