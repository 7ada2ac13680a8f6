"""The benchmark of fine-tuning counts what it says. Nothing here is timed."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

pytest.importorskip("transformers")
pytest.importorskip("peft")

from backends.training.memory import lora_parameters
from backends.training.values import ALL_MATRICES, Compute, Lora, Method
from benchmarks import finetune
from benchmarks.random_checkpoint import SHAPES, make


def test_a_training_of_a_random_checkpoint_is_counted(tmp_path: Path) -> None:
    make(SHAPES["tiny-alibi"], tmp_path / "tiny")
    config = SHAPES["tiny-alibi"].config
    options = argparse.Namespace(
        source=tmp_path / "tiny", method=[Method.LORA], length=24, batch=2, steps=2, rank=2,
        compute=Compute.FP32, gradient_checkpointing=False,
    )  # fmt: skip

    found = finetune._train(options)

    adapter = lora_parameters(config, Lora(rank=2, targets=(ALL_MATRICES,)))
    assert found["trained_parameters"] == adapter
    assert found["all_parameters"] == config.parameters + adapter
    assert found["tokens_per_second"] * found["seconds_a_step"] == pytest.approx(2 * 24)
    assert found["peak_bytes"] > 0
    row = finetune._row({"shape": "tiny", **found})
    assert row.startswith(f"| tiny | lora | {adapter:,} of ")
