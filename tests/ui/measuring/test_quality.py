"""Compare quality…: with what, on which text, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from backends.checkpoint.folder import Checkpoint
from backends.errors import InsufficientMemoryError
from backends.events import ModelReady, QualityProgress, QualityReady
from backends.precision import BackendName, DeviceKind, Precision
from backends.protocol.engine_requests import QualityRequest
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.jobs.desk import JobState
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.ui.measuring.dialog import MeasureDialog
from tests.ui.harness import READY, Gate, Harness, Step

FOLDER = Checkpoint.open(resource("guide_model")).folder
BEST = QualityReady(900, is_cut=False, perplexity=7.41, kl_divergence=None, top1_agreement=None)
NEAR = QualityReady(900, is_cut=False, perplexity=7.5, kl_divergence=0.0123, top1_agreement=0.987)


def ready(precision: Precision) -> ModelReady:
    return replace(READY, folder=str(FOLDER), precision=precision)


def open_dialog(ui: Harness) -> MeasureDialog:
    _, entry = ui.window.menus.jobs[-1]
    ui.until(entry.isEnabled)
    entry.trigger()
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, MeasureDialog)
    ui.until(lambda: bool(dialog.chart.lines))
    return dialog


def begin(ui: Harness, *scripts: list[Step]) -> MeasureDialog:
    """Compare bf16 with fp32 by an engine that follows scripts."""
    dialog = open_dialog(ui)
    ui.jobs.answers += scripts
    dialog.measure.click()
    return dialog


def ended(ui: Harness) -> None:
    ui.until(lambda: ui.window.jobs.desk.running is None)


def shown(dialog: MeasureDialog, name: str) -> list[str]:
    (line,) = [one for one in dialog.chart.lines if one.tick.accessibleName() == name]
    return [line.bar.text, *(figure.text() for figure in line.figures)]


def test_the_best_that_fits_is_always_read_and_the_rest_is_for_the_person_to_choose(
    ui: Harness,
) -> None:
    dialog = open_dialog(ui)

    ticks = {line.tick.accessibleName(): line.tick for line in dialog.chart.lines}
    assert ticks["fp32 · CPU"].isChecked()
    assert not ticks["fp32 · CPU"].isEnabled()
    assert ticks["bf16 · CPU"].isChecked()
    assert not ticks["4-bit · CPU"].isChecked()
    assert shown(dialog, "fp32 · CPU")[0] == "the others are compared with it"
    assert dialog.measure.isEnabled()
    ticks["bf16 · CPU"].setChecked(False)
    assert not dialog.measure.isEnabled(), "one precision alone is no comparison"


def test_what_was_compared_is_a_table_and_stands_in_the_menu_of_precisions(ui: Harness) -> None:
    dialog = begin(ui, [ready(Precision.FP32), BEST], [ready(Precision.BF16), NEAR])
    ended(ui)

    assert shown(dialog, "fp32 · CPU") == ["the others are compared with it", "", "7.41", ""]
    assert shown(dialog, "bf16 · CPU") == ["98.7 %", "0.0123", "7.50", "fp32"]
    assert dialog.notes.text() == "Scored on 900 tokens of the sample that ships with the app."
    requests = [r for r in ui.jobs.requests if isinstance(r, QualityRequest)]
    assert [(r.load.precision, r.is_reference) for r in requests] == [
        ("fp32", True), ("bf16", False)
    ]  # fmt: skip
    (line,) = [one for one in dialog.chart.lines if one.tick.accessibleName() == "bf16 · CPU"]
    assert line.tick.accessibleDescription() == (
        "the same next token as fp32 98.7 % of the time, KL divergence 0.0123, perplexity 7.50"
    )
    known = Measurements(ui.measurements._file).of(
        FOLDER, BackendName.TORCH_CPU, Precision.BF16, DeviceKind.CPU
    )
    assert known is not None
    assert known.quality is not None
    assert known.quality.top1_agreement == 0.987
    ui.window.top_bar.precision.click()
    menu = ui.window.precision.menu
    ui.until(lambda: menu.list.count() > 1)
    spoken = [menu.list.item(row).data(11) for row in range(menu.list.count())]
    (bf16,) = [text for text in spoken if text.startswith("bf16 · CPU")]
    assert "98.7 % of next tokens as in fp32" in bf16
    menu.close()


def test_all_but_the_same_is_not_100_per_cent(ui: Harness) -> None:
    dialog = begin(
        ui,
        [ready(Precision.FP32), BEST],
        [ready(Precision.BF16), replace(NEAR, top1_agreement=0.9998)],
    )
    ended(ui)

    assert shown(dialog, "bf16 · CPU")[0] == "99.9 %"


def test_a_text_of_ones_own_is_read(ui: Harness, tmp_path: Path) -> None:
    (tmp_path / "my own.txt").write_text("A text of my own.", encoding="utf-8")
    dialog = open_dialog(ui)
    assert dialog.text.name.text() == "Text: the sample of the app"

    dialog.text.choose(tmp_path / "my own.txt")
    ui.jobs.answers += [
        [ready(Precision.FP32), BEST],
        [ready(Precision.BF16), replace(NEAR, is_cut=True)],
    ]
    dialog.measure.click()
    ended(ui)

    assert dialog.text.name.text() == "Text: my own.txt"
    request = ui.jobs.requests[0]
    assert isinstance(request, QualityRequest)
    assert request.texts == ("A text of my own.",)
    assert "of “my own.txt”. There is more text than that." in dialog.notes.text()


def test_a_text_that_cannot_be_read_is_an_error_and_nothing_is_loaded(
    ui: Harness, tmp_path: Path
) -> None:
    dialog = open_dialog(ui)
    dialog.text.choose(tmp_path / "gone.txt")

    dialog.measure.click()
    ended(ui)

    assert ui.error is not None
    assert "There is no file or folder" in ui.error.message.text()
    assert ui.jobs.requests == []
    assert dialog.measure.isEnabled()


def test_without_its_reference_there_is_no_comparison(ui: Harness) -> None:
    error = InsufficientMemoryError(device="the processor", needed_bytes=2**31, free_bytes=2**30)
    begin(ui, [error])
    ended(ui)

    assert ui.error is not None
    assert "The model needs 2.0 GiB" in ui.error.message.text()
    assert len(ui.jobs.requests) == 1


@pytest.mark.parametrize(
    ("language", "step", "summary"),
    [
        ("en", "bf16 (2 of 2): 256 of 1,000 tokens", "Comparing quality: 81 %"),
        ("zh_CN", "bf16（第 2 个，共 2 个）：256 / 1,000 个词元", "正在比较质量：81%"),
    ],
)
def test_the_progress_is_told(ui: Harness, language: str, step: str, summary: str) -> None:
    gate = Gate()
    dialog = begin(
        ui,
        [ready(Precision.FP32), BEST],
        [ready(Precision.BF16), QualityProgress(256, 1000), gate, NEAR],
    )
    ui.until(gate.reached.is_set)
    ui.window.view.use_language(language)  # type: ignore[arg-type]  # one of the two
    ui.until(lambda: dialog.step.text() == step)

    assert ui.window.top_bar.job_button.text() == summary
    assert not dialog.text.isEnabled()
    gate.open.set()
    ended(ui)


def test_a_comparison_that_compared_nothing_failed(ui: Harness) -> None:
    error = InsufficientMemoryError(device="the processor", needed_bytes=2**31, free_bytes=2**30)
    dialog = begin(ui, [ready(Precision.FP32), BEST], [error])
    ended(ui)

    assert dialog.record is not None
    assert (dialog.record.state, dialog.record.error) == (JobState.FAILED, error)
    assert shown(dialog, "fp32 · CPU")[2] == "7.41", "what was found stays"
