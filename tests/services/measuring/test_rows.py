"""Which precisions can be measured, beside the chat or not, and what was measured before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.machine.hardware import Machine
from backends.precision import BackendName, DeviceKind, Precision
from baichuan_desktop.services.measuring.rows import MeasuredRow, measured_rows, room_decision
from baichuan_desktop.services.precisions.measurements import (
    Benchmark,
    DecodeFigure,
    Measurements,
    PrefillFigure,
)
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.helpers import goldens
from tests.helpers.installed import installed
from tests.helpers.machines import BAICHUAN2_7B, card, machine
from tests.ui.harness import READY

FOLDER = goldens.folder("b2-7b", "safetensors")
FOUND = Benchmark(
    device_name="A processor",
    threads=2,
    load_seconds=1.0,
    peak_bytes=2**30,
    prefill=(PrefillFigure(tokens=128, tokens_per_second=9.0),),
    decode=(),
    read_bytes_per_second=None,
    neighbour_cores=0.0,
)


@pytest.fixture
def measurements(tmp_path: Path) -> Measurements:
    return Measurements(tmp_path / "measurements.json")


@pytest.fixture
def seven(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder holds a model of the shapes of Baichuan2-7B."""
    opened = replace(Checkpoint.open(FOLDER), config=BAICHUAN2_7B)
    monkeypatch.setattr(Checkpoint, "open", lambda _folder: opened)


def rows(measurements: Measurements, freed: Machine, now: Machine) -> dict[str, MeasuredRow]:
    precisions = Precisions(measurements, lambda: now, lambda _ready: freed)
    found = measured_rows(precisions, installed(FOLDER), None)
    named = {f"{row.label} {row.device_kind}": row for row in found}
    assert len(named) == len(found)
    return named


@pytest.mark.usefixtures("seven")
def test_what_runs_can_be_measured_and_what_the_chat_is_in_the_way_of_is_told(
    measurements: Measurements,
) -> None:
    card_of_12 = card(12, free_gib=11.3)

    found = rows(measurements, machine(card_of_12, free_gib=40), machine(card_of_12, free_gib=20))

    assert "bf16 cuda" not in found, "it does not fit, with the chat's engine or without"
    assert found["4-bit cuda"].fits_beside
    assert found["4-bit cuda"].wish == LoadWish(Precision.NF4, "cuda:0")
    assert not found["fp32 cpu"].fits_beside
    assert not found["4-bit cuda"].is_slow
    assert found["4-bit cpu"].is_slow, "bitsandbytes on a processor takes very long"


@pytest.mark.usefixtures("seven")
def test_a_measurement_needs_no_more_context_than_its_longest_prompt(
    measurements: Measurements,
) -> None:
    """14.0 GiB of weights and 2 of a full KV cache would not fit; with half of it they do."""
    tight = machine(free_gib=17.5, bf16=True)

    assert rows(measurements, tight, tight)["bf16 cpu"].fits_beside


def test_figures_of_before_stand_beside_also_where_the_precision_does_not_run_any_more(
    measurements: Measurements, tmp_path: Path
) -> None:
    folder = str(Checkpoint.open(FOLDER).folder)
    newer = {"folder": folder, "backend": "other", "precision": "of a newer version",
             "device": "cpu", "peak_bytes": 1, "load_seconds": 1.0,
             "benchmark": FOUND.model_dump(by_alias=True)}  # fmt: skip
    file = tmp_path / "measurements.json"
    file.write_text(json.dumps({"measurements": [newer]}), encoding="utf-8")
    for precision, backend, kind in (
        (Precision.FP32, BackendName.TORCH_CPU, DeviceKind.CPU),
        (Precision.FP16, BackendName.TORCH_CUDA, DeviceKind.CUDA),
    ):
        ready = replace(
            READY, folder=folder, precision=precision, backend=backend, device_kind=kind
        )
        measurements.benchmarked(ready, FOUND)

    found = rows(measurements, machine(), machine())

    assert found["fp32 cpu"].benchmark == FOUND
    assert found["bf16 cpu"].benchmark is None
    assert list(found)[-1] == "fp16 cuda"
    assert found["fp16 cuda"].wish is None
    assert found["fp16 cuda"].device_name == "A processor"
    kept = json.loads(file.read_text(encoding="utf-8"))["measurements"]
    assert "of a newer version" in [entry["precision"] for entry in kept]


@pytest.mark.usefixtures("seven")
@pytest.mark.parametrize(
    ("facts", "reference"),
    [
        (machine(card(24)), "bf16 cuda"),
        (machine(card(12, free_gib=11.3)), "fp32 cpu"),
        (machine(free_gib=24, bf16=True), "bf16 cpu"),
    ],
)
def test_the_others_are_compared_with_the_best_that_fits(
    facts: Machine, reference: str, measurements: Measurements
) -> None:
    found = rows(measurements, facts, facts)

    assert [name for name, row in found.items() if row.is_reference] == [reference]
    assert found["4-bit cpu"].is_coarser
    assert not found[reference].is_coarser
    assert "fp32 cpu" not in found or not found["fp32 cpu"].is_coarser


@pytest.mark.usefixtures("seven")
def test_of_two_cards_one_stands_for_both(measurements: Measurements) -> None:
    two = machine(card(24), card(24, index=1))

    assert rows(measurements, two, two)["bf16 cuda"].wish == LoadWish(Precision.BF16, "cuda:0")


def test_prefill_and_decoding_near_512_tokens_stand_for_a_benchmark() -> None:
    found = FOUND.model_copy(
        update={
            "decode": tuple(
                DecodeFigure(
                    context_tokens=count,
                    tokens_per_second=1.0,
                    bytes_per_token=1,
                    bandwidth_share=None,
                )
                for count in (16, 512, 2048)
            )
        }
    )

    assert found.usual_decode is not None
    assert found.usual_decode.context_tokens == 512
    assert found.usual_prefill is not None
    assert found.usual_prefill.tokens == 128
    assert FOUND.usual_decode is None


@pytest.mark.usefixtures("seven")
def test_whether_there_is_room_is_decided_by_the_memory_of_that_moment(
    measurements: Measurements,
) -> None:
    found = rows(measurements, machine(bf16=True, free_gib=40), machine(bf16=True, free_gib=22))
    chosen = [found["bf16 cpu"]]
    aside = replace(READY, needed_bytes=30 * 2**30)
    now = [machine(bf16=True, free_gib=22)]
    needs_room = room_decision(chosen, Precisions(measurements, lambda: now[-1]))

    assert not needs_room(None)
    now.append(machine(bf16=True, free_gib=5))  # a larger model was loaded meanwhile
    assert needs_room(None)
    now.append(machine(bf16=True, free_gib=40))
    assert not needs_room(None)
    assert needs_room(aside), "the model that stepped aside comes back where there is room"
