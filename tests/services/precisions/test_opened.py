"""A model is opened once, and its options are found once, whatever is asked of its precisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from backends.errors import NotACheckpointError
from backends.events import ModelReady
from backends.machine.hardware import Machine
from backends.onnx_backend.graph import Scheme
from backends.precision import Precision
from baichuan_desktop.services.measuring.quality import compared_precisions
from baichuan_desktop.services.measuring.rows import measured_rows
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.helpers import exports, goldens
from tests.helpers.installed import installed
from tests.helpers.machines import LIBRARIES, card, machine
from tests.helpers.reads import counted

FOLDER = goldens.folder("b2-7b", "safetensors")
WITH_ONNX = machine(card(24), libraries=LIBRARIES | {"onnx": "1", "onnxruntime": "1"})


class Look:
    """Looks at a machine, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> Machine:
        self.times += 1
        return WITH_ONNX


@pytest.fixture
def measurements(tmp_path: Path) -> Measurements:
    return Measurements(tmp_path / "measurements.json")


@pytest.fixture
def export() -> Path:
    return exports.of_golden("b2-7b", Scheme(Precision.ONNX_INT4)).folder


@pytest.mark.parametrize(
    "ask",
    [
        lambda precisions, model: precisions.open_freed(model, None).at(128),
        lambda precisions, model: precisions.open(model).wanted("all"),
        lambda precisions, model: compared_precisions("all, 4bit", precisions.open(model)),
        lambda precisions, model: measured_rows(precisions, model, None),
    ],
    ids=["menu", "bench", "quality", "measuring"],
)
def test_folders_are_opened_once_and_options_found_once(
    ask: Callable[..., object],
    measurements: Measurements,
    export: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = counted(monkeypatch)

    ask(Precisions(measurements, Look()), installed(FOLDER, [export]))

    assert Counter(reads.opened) == {FOLDER: 1, export: 1}
    assert len(reads.options) == 1


def test_remedies_open_a_folder_once_however_often_the_context_is_halved(
    measurements: Measurements, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, look = counted(monkeypatch), Look()
    opened = Precisions(measurements, look).open(installed(FOLDER, [export]))

    opened.remedies(LoadWish(Precision.BF16, "cuda:0", 4096), None)

    assert Counter(reads.opened) == {FOLDER: 1, export: 1}
    assert look.times == 1


def test_a_machine_is_looked_at_only_where_there_is_a_model(
    measurements: Measurements, tmp_path: Path
) -> None:
    look = Look()

    with pytest.raises(NotACheckpointError):
        Precisions(measurements, look).open(installed(tmp_path / "gone"))

    assert look.times == 0


def test_the_engine_of_the_chat_counts_as_gone_only_where_that_is_asked(
    measurements: Measurements,
) -> None:
    seen: list[ModelReady | None] = []

    def freed(ready: ModelReady | None) -> Machine:
        seen.append(ready)
        return machine(free_gib=30)

    precisions = Precisions(measurements, lambda: machine(free_gib=10), freed)

    assert precisions.open_freed(installed(FOLDER), None).machine == machine(free_gib=30)
    assert precisions.open(installed(FOLDER)).machine == precisions.now() == machine(free_gib=10)
    assert seen == [None]


def test_without_a_chat_beside_nothing_is_given_back(measurements: Measurements) -> None:
    precisions = Precisions(measurements, lambda: machine(free_gib=10))

    assert precisions.open_freed(installed(FOLDER), None).machine == machine(free_gib=10)
