"""What is measured is what was asked for: counted on a scripted model, whose passes are known."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory
from backends.copying.folder_writer import write_copy
from backends.errors import InvalidLogitsError
from backends.events import BenchmarkProgress, Speed
from backends.interface import Logits
from backends.measuring.speed import Plan, Speeds, decode_speed, measure
from backends.onnx_backend.export import export_plan
from backends.onnx_backend.graph import Scheme
from backends.precision import Precision
from tests.helpers import goldens
from tests.helpers.fakes import ScriptedModel
from tests.helpers.machines import BAICHUAN2_7B

INT4 = Precision.ONNX_INT4
PLAN = Plan(prompts=(8, 20), contexts=(6, 12), new_tokens=3)


class Model(ScriptedModel):
    """Remembers how many tokens were cached when each token was decoded."""

    def __init__(self) -> None:
        super().__init__([5], context_length=20)
        self.decoded_at: list[int] = []

    def decode(self, token_id: int) -> Logits:
        self.decoded_at.append(len(self.cached_ids))
        return super().decode(token_id)


def measured(
    model: ScriptedModel,
    plan: Plan = PLAN,
    cancel: threading.Event | None = None,
    on_event: Callable[[BenchmarkProgress], None] = lambda _: None,
) -> Speeds | None:
    job = measure(model, plan, cancel or threading.Event())
    while True:
        try:
            on_event(next(job))
        except StopIteration as finished:
            speeds: Speeds | None = finished.value
            return speeds


def test_every_prompt_and_context_is_measured_in_the_order_of_the_plan() -> None:
    model = Model()

    speeds = measured(model, Plan((20, 8), (6, 12), 3))

    assert speeds is not None
    assert [speed.tokens for speed in speeds.prefill] == [20, 8]
    assert [speed.tokens for speed in speeds.decode] == [6, 12]
    for speed in (*speeds.prefill, *speeds.decode):
        assert 0 < speed.tokens_per_second <= speed.best_tokens_per_second
    # two tokens to warm up before each context, the longer context first
    assert model.decoded_at == [10, 11, 12, 13, 14, 4, 5, 6, 7, 8]


def test_prompts_are_read_three_times_and_contexts_not_again() -> None:
    model = Model()

    measured(model)

    prefills = [4, *(3 * [4, 4]), *(3 * [4, 4, 4, 4, 4])]
    # what the last prompt left in the cache is what decoding begins with
    assert model.passes == prefills + [1] * 10


def test_a_speed_is_tokens_by_seconds() -> None:
    model = Model()
    model.before_pass = lambda: time.sleep(0.01)

    speeds = measured(model)

    assert speeds is not None
    for speed in speeds.decode:
        assert speed.best_tokens_per_second < 100
    for speed in speeds.prefill:  # four tokens a pass
        assert speed.best_tokens_per_second < 400


def test_a_slow_prompt_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.measuring.speed._ENOUGH_SECONDS", 1e-9)
    model = Model()

    measured(model, Plan((20,), (), 3))

    assert model.passes == [4, *([4] * 5)]


def test_progress_reaches_the_end_of_each_step() -> None:
    events: list[BenchmarkProgress] = []

    measured(Model(), on_event=events.append)

    for step, tokens, total in [("prefill", 8, 8), ("prefill", 20, 20), ("decode", 12, 3)]:
        mine = [e for e in events if (e.step, e.tokens) == (step, tokens)]
        assert mine[-1].done_tokens == mine[-1].total_tokens == total


def test_a_cancel_ends_it_after_one_pass() -> None:
    events: list[BenchmarkProgress] = []
    measured(Model(), on_event=events.append)

    for stop in range(1, len(events) + 1):
        model, cancel = Model(), threading.Event()
        seen = 0

        def on_event(_: BenchmarkProgress, stop: int = stop) -> None:
            nonlocal seen
            seen += 1
            if seen == stop:
                cancel.set()  # noqa: B023  called in this turn of the loop only

        assert measured(model, cancel=cancel, on_event=on_event) is None
        assert seen == stop


def test_numbers_that_are_none_are_an_error() -> None:
    class Broken(Model):
        def _pass(self, token_ids: object) -> Logits:
            return np.full(self.vocab_size, np.nan, dtype=np.float32)

    with pytest.raises(InvalidLogitsError):
        measured(Broken())


@pytest.mark.parametrize(
    ("context_length", "prompts", "contexts"),
    [(20, (8, 20), (6, 12)), (19, (8,), (6, 12)), (14, (8,), (6,)), (7, (), ())],
)
def test_what_exceeds_the_context_is_left_out(
    context_length: int, prompts: tuple[int, ...], contexts: tuple[int, ...]
) -> None:
    plan = PLAN.within(context_length)

    assert (plan.prompts, plan.contexts) == (prompts, contexts)
    assert plan.context_length <= context_length


def test_bytes_of_a_token_against_the_bandwidth() -> None:
    checkpoint = Checkpoint.open(goldens.folder("b2-7b", "safetensors"))
    config = checkpoint.config
    speed = Speed(512, 2.0, 2.5, 0.0)

    found = decode_speed(speed, Plan((), (512,), 32), checkpoint, Precision.BF16, 60e9)

    embedding = config.vocab_size * config.hidden_size
    cache = (512 + 16) * 2 * config.num_layers * config.hidden_size  # keys and values
    assert found.bytes_per_token == 2 * (config.parameters - embedding + cache)
    assert found.bandwidth_share == found.bytes_per_token * 2.0 / 60e9


def test_a_head_in_8_bits_is_read_as_it_is_held() -> None:
    checkpoint = Checkpoint.open(goldens.folder("b2-7b", "safetensors"))
    config, speed = checkpoint.config, Speed(512, 2.0, 2.5, 0.0)

    whole, small = (
        decode_speed(
            speed, Plan((), (512,), 32), checkpoint, Precision.NF4, None, head_in_8_bits=is_small
        ).bytes_per_token
        for is_small in (False, True)
    )

    rows, columns = config.vocab_size, config.hidden_size
    assert whole - small == 2 * rows * columns - (rows * columns + 4 * rows)


@pytest.mark.parametrize("block", [16, 64])
def test_the_blocks_of_an_export_count_as_they_are(tmp_path: Path, block: int) -> None:
    source = Checkpoint.open(goldens.folder("b2-7b", "safetensors"))
    for _ in write_copy(source, export_plan(source, Scheme(INT4, block)), tmp_path / "export"):
        pass
    checkpoint = Checkpoint.open(tmp_path / "export")

    found = decode_speed(Speed(16, 2.0, 2.5, 0.0), Plan((), (16,), 32), checkpoint, INT4, None)

    assert found.bytes_per_token == memory.bytes_per_token(
        source.config, INT4, 16 + 16, onnx_block=block
    )
    assert memory.bytes_per_token(BAICHUAN2_7B, INT4, 32, onnx_block=block) > (
        memory.bytes_per_token(BAICHUAN2_7B, INT4, 32)  # in blocks of 128
    )


def test_a_quantised_token_reads_fewer_bytes() -> None:
    sizes = [
        memory.bytes_per_token(BAICHUAN2_7B, precision, 16)
        for precision in (Precision.FP32, Precision.BF16, Precision.INT8, Precision.NF4)
    ]

    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 2 * sizes[1]
