"""A model is opened once, and its options are found once, whatever is asked of its precisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.choice import options
from backends.errors import NotACheckpointError
from backends.events import ModelReady
from backends.machine.hardware import Machine
from backends.onnx_backend.graph import Scheme
from backends.precision import Precision
from baichuan_desktop.services.measuring.quality import compared_precisions
from baichuan_desktop.services.measuring.rows import measured_rows
from baichuan_desktop.services.precisions import rows as rows_module
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.precisions.wish import LoadWish
from tests.helpers import exports, goldens
from tests.helpers.installed import installed
from tests.helpers.machines import LIBRARIES, card, machine

FOLDER = goldens.folder("b2-7b", "safetensors")
WITH_ONNX = machine(card(24), libraries=LIBRARIES | {"onnx": "1", "onnxruntime": "1"})


class Counts:
    """Folders that were opened, and how often options were found and the machine looked at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened: Counter[Path] = Counter()
        self.options = 0
        self.looks = 0
        whole = Checkpoint.open

        def open_counted(folder: Path) -> Checkpoint:
            self.opened[folder] += 1
            return whole(folder)

        def options_counted(*args: Any, **more: Any) -> Any:
            self.options += 1
            return options.options(*args, **more)

        monkeypatch.setattr(Checkpoint, "open", open_counted)
        monkeypatch.setattr(rows_module, "options", options_counted)

    def look(self) -> Machine:
        self.looks += 1
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
    counts = Counts(monkeypatch)

    ask(Precisions(measurements, counts.look), installed(FOLDER, [export]))

    assert counts.opened == {FOLDER: 1, export: 1}
    assert counts.options == 1


def test_remedies_open_a_folder_once_however_often_the_context_is_halved(
    measurements: Measurements, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counts(monkeypatch)
    opened = Precisions(measurements, counts.look).open(installed(FOLDER, [export]))

    opened.remedies(LoadWish(Precision.BF16, "cuda:0", 4096), None)

    assert counts.opened == {FOLDER: 1, export: 1}
    assert counts.looks == 1


def test_a_machine_is_looked_at_only_where_there_is_a_model(
    measurements: Measurements, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = Counts(monkeypatch)

    with pytest.raises(NotACheckpointError):
        Precisions(measurements, counts.look).open(installed(tmp_path / "gone"))

    assert counts.looks == 0


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
