"""Measure speed…: what is offered, what is measured, and that the chat's model makes room."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from backends.checkpoint.folder import Checkpoint
from backends.errors import InsufficientMemoryError
from backends.events import (
    BenchmarkProgress,
    BenchmarkReady,
    BenchmarkStep,
    DecodeSpeed,
    LoadProgress,
    ModelReady,
    Speed,
)
from backends.precision import Precision
from backends.protocol.engine_requests import (
    BenchmarkRequest,
    CopyRequest,
    LoadRequest,
    UnloadRequest,
)
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.jobs.desk import JobState
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.settings import ThemeChoice
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.jobs.copy_dialog import CopyDialog
from baichuan_desktop.ui.look.colours import DARK, LIGHT, Colours
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.measuring.dialog import MeasureDialog
from tests.helpers.accepted import accept_released
from tests.helpers.machines import BAICHUAN2_7B, machine
from tests.helpers.reads import counted
from tests.ui.harness import READY, Gate, Harness, ScriptedEngine, Step, answer

FOLDER = Checkpoint.open(resource("guide_model")).folder


def ready(precision: Precision) -> ModelReady:
    return replace(READY, folder=str(FOLDER), precision=precision, load_seconds=1.5)


def found(decode: float, *, neighbours: float = 0.0) -> BenchmarkReady:
    return BenchmarkReady(
        prefill=(Speed(512, 200.0, 210.0, 0.0),),
        decode=(DecodeSpeed(Speed(512, decode, decode, neighbours), 2 * 10**9, 0.5),),
        skipped_prompts=(),
        skipped_contexts=(),
        peak_bytes=3 * 2**30,
        read_bytes_per_second=2e10,
    )


def open_dialog(ui: Harness) -> MeasureDialog:
    _, entry = ui.window.menus.jobs[-2]
    ui.until(entry.isEnabled)
    entry.trigger()
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, MeasureDialog)
    ui.until(lambda: bool(dialog.chart.lines))
    return dialog


def tick(dialog: MeasureDialog, *names: str) -> None:
    for line in dialog.chart.lines:
        line.tick.setChecked(line.tick.accessibleName() in names)


def begin(ui: Harness, *scripts: list[Step]) -> MeasureDialog:
    """Measure bf16 and fp32 on the processor with an engine that follows scripts."""
    dialog = open_dialog(ui)
    tick(dialog, "bf16 · CPU", "fp32 · CPU")
    ui.jobs.answers += scripts
    dialog.measure.click()
    return dialog


def ended(ui: Harness) -> None:
    ui.until(lambda: ui.window.jobs.desk.running is None)


def can_send(ui: Harness) -> bool:
    return ui.composer.state is ChatState.READY


def shown(dialog: MeasureDialog, name: str) -> list[str]:
    """A line of the chart: its bar's text, and the figures beside."""
    (line,) = [one for one in dialog.chart.lines if one.tick.accessibleName() == name]
    return [line.bar.text, *(figure.text() for figure in line.figures)]


# --- what is offered ---------------------------------------------------------------------


def test_without_a_model_nothing_can_be_measured(cold: Harness) -> None:
    _, entry = cold.window.menus.jobs[-2]
    assert not entry.isEnabled()


def test_what_was_not_measured_is_ticked(ui: Harness) -> None:
    dialog = open_dialog(ui)

    ticked = {line.tick.accessibleName() for line in dialog.chart.lines if line.tick.isChecked()}
    assert ticked == {"bf16 · CPU", "fp32 · CPU"}
    assert shown(dialog, "4-bit · CPU") == ["not measured yet", "", "", ""]
    assert dialog.measure.isEnabled()
    tick(dialog)
    assert not dialog.measure.isEnabled()


def test_older_measurements_are_shown_and_not_measured_again_unasked(ui: Harness) -> None:
    begin(ui, [ready(Precision.BF16), found(5.94)], [ready(Precision.FP32), found(4.0)])
    ended(ui)

    dialog = open_dialog(ui)

    assert shown(dialog, "bf16 · CPU") == ["5.9 tokens/s", "200 tokens/s", "1.5 s", "3.0 GiB"]
    assert not dialog.measure.isEnabled()
    assert "Decoding after 512 tokens" in [label.text() for label in dialog.chart._headers]


# --- the measurement ---------------------------------------------------------------------


def test_each_ticked_precision_is_measured_remembered_and_drawn(ui: Harness) -> None:
    dialog = begin(ui, [ready(Precision.BF16), found(6.0)], [ready(Precision.FP32), found(3.0)])
    ended(ui)

    requests = [r for r in ui.jobs.requests if isinstance(r, BenchmarkRequest)]
    assert [(r.load.precision, r.load.wanted_device) for r in requests] == [
        ("bf16", "cpu"), ("fp32", "cpu")
    ]  # fmt: skip
    long, short = [line.bar.bar_width() for line in dialog.chart.lines[:2]]
    assert abs(long - 2 * short) <= 1
    known = Measurements(ui.measurements._file)
    speeds = {m.precision: m.tokens_per_second for m in known.measured(FOLDER)}
    assert speeds == {"bf16": 6.0, "fp32": 3.0}
    assert dialog.chart.chosen == []
    assert ui.window.top_bar.job_button.isHidden()
    ui.window.top_bar.precision.click()
    menu = ui.window.precision.menu
    ui.until(lambda: menu.list.count() > 1)
    spoken = [menu.list.item(row).data(11) for row in range(menu.list.count())]
    assert any("fp32 · CPU" in text and "last 3.0 tokens/s" in text for text in spoken)
    menu.close()


def test_the_chart_is_told_to_who_does_not_see_it(ui: Harness) -> None:
    dialog = begin(ui, [ready(Precision.BF16), found(6.0)], [ready(Precision.FP32), found(3.0)])
    ended(ui)

    line = dialog.chart.lines[0]
    assert line.tick.accessibleDescription() == (
        "6.0 tokens/s decoding, 200 tokens/s reading the prompt, loaded in 1.5 s, at most 3.0 GiB"
    )
    assert "2.00 GB: 50 % of the bandwidth" in line.bar.toolTip()


def test_the_progress_is_told_in_the_dialog_and_in_the_status_bar(ui: Harness) -> None:
    gate = Gate()
    decoding = BenchmarkProgress(BenchmarkStep.DECODE, 512, 8, 32)
    dialog = begin(
        ui,
        [LoadProgress(1, 1), ready(Precision.BF16), decoding, gate],
        [ready(Precision.FP32), found(3.0)],
    )
    ui.until(gate.reached.is_set)
    ui.until(lambda: "decoding" in dialog.step.text())

    assert dialog.step.text() == "bf16 (1 of 2): decoding after 512 tokens"
    assert shown(dialog, "bf16 · CPU")[0] == "is being measured…"
    assert ui.window.top_bar.job_button.text() == "Measuring speed: 37 %"
    assert not dialog.chart.lines[0].tick.isEnabled()
    dialog.close()
    ui.window.top_bar.job_button.click()
    assert dialog.record is not None
    ui.window.jobs.page.rows[dialog.record].show_button.click()
    assert dialog.isVisible()
    ui.window.view.use_language("zh_CN")
    ui.app.processEvents()
    assert dialog.step.text() == "bf16（第 1 个，共 2 个）：在 512 个词元之后生成"
    gate.open.set()
    ended(ui)
    assert dialog.measure.text() == "测量"


def test_what_cannot_be_measured_says_why_and_the_rest_goes_on(ui: Harness) -> None:
    error = InsufficientMemoryError(device="the processor", needed_bytes=2**31, free_bytes=2**30)
    dialog = begin(ui, [error], [ready(Precision.FP32), found(3.0, neighbours=0.8)])
    ended(ui)

    assert shown(dialog, "bf16 · CPU")[0] == "could not be measured"
    assert shown(dialog, "fp32 · CPU")[0] == "3.0 tokens/s"
    assert "bf16 · CPU: The model needs 2.0 GiB" in dialog.notes.text()
    assert "fp32: other programs kept up to 0.8 cores busy" in dialog.notes.text()
    assert [row.label for row in dialog.chart.chosen] == ["bf16"]
    assert ui.error is None


def test_a_measurement_in_which_every_precision_failed_failed_with_the_last_refusal(
    ui: Harness,
) -> None:
    first, last = (
        InsufficientMemoryError(device="the processor", needed_bytes=gib * 2**30, free_bytes=1)
        for gib in (2, 3)
    )
    dialog = begin(ui, [first], [last])
    ended(ui)

    record = dialog.record
    assert record is not None
    assert (record.state, record.error) == (JobState.FAILED, last)
    assert "The model needs 3.0 GiB" in ui.window.jobs.page.rows[record].text.text()
    assert len(dialog.notes.text().splitlines()) == 2, "each refusal is told once"
    assert "bf16 · CPU: The model needs 2.0 GiB" in dialog.notes.text()
    assert "fp32 · CPU: The model needs 3.0 GiB" in dialog.notes.text()
    assert dialog.measure.isVisible()


def test_a_cancel_keeps_what_was_measured_before(ui: Harness) -> None:
    gate = Gate()
    dialog = begin(ui, [ready(Precision.BF16), found(6.0)], [ready(Precision.FP32), gate])
    ui.until(gate.reached.is_set)

    dialog.cancel.click()
    ended(ui)

    assert shown(dialog, "bf16 · CPU")[0] == "6.0 tokens/s"
    assert shown(dialog, "fp32 · CPU")[0] == "not measured yet"
    assert ui.jobs.killed.is_set(), "its engine has ended"
    assert ui.error is None


def test_a_copy_and_a_measurement_do_not_run_at_once(ui: Harness) -> None:
    gate = Gate()
    dialog = begin(ui, [gate], [ready(Precision.FP32), found(3.0)])
    ui.until(gate.reached.is_set)
    dialog.close()

    _, copy = ui.window.menus.jobs[0]
    copy.trigger()
    options = ui.window.jobs.dialog
    assert isinstance(options, CopyDialog)
    ui.until(lambda: bool(options.options.radios))
    ui.jobs.answers.append([])
    options.options.begin.click()

    assert len(ui.jobs.requests) == 1
    assert options.progress.step.text() == "Waits until the job before it has ended"
    assert ui.window.top_bar.job_button.text() == "Measuring speed: 0 % · 1 waiting"
    gate.open.set()
    ended(ui)
    assert dialog.record is not None
    assert dialog.record.state is JobState.DONE
    assert isinstance(ui.jobs.requests[-1], CopyRequest)


def test_the_window_closes_in_a_measurement_without_a_question(ui: Harness) -> None:
    gate = Gate()
    begin(ui, [ready(Precision.BF16), found(6.0)], [gate])
    ui.until(gate.reached.is_set)

    ui.window.close()

    assert not ui.window.isVisible()
    assert ui.jobs.killed.is_set()


# --- room --------------------------------------------------------------------------------


@pytest.fixture
def crowded(ui: Harness, monkeypatch: pytest.MonkeyPatch) -> Harness:
    """The model has the shapes of Baichuan2-7B, and fp32 does not fit beside the chat."""
    opened = replace(Checkpoint.open(FOLDER), config=BAICHUAN2_7B)
    monkeypatch.setattr(Checkpoint, "open", lambda _folder: opened)
    accept_released()
    ui.machine = machine(bf16=True, free_gib=40)
    ui.machine_now = machine(bf16=True, free_gib=22)
    return ui


def test_the_dialog_says_before_that_the_chats_model_has_to_make_room(crowded: Harness) -> None:
    dialog = open_dialog(crowded)

    tick(dialog, "bf16 · CPU")
    assert dialog.room.isHidden()
    tick(dialog, "fp32 · CPU")
    assert not dialog.room.isHidden()
    assert "is unloaded before it begins" in dialog.room.text()


def test_the_chats_model_makes_room_and_comes_back_with_its_conversation(
    crowded: Harness, engine: ScriptedEngine
) -> None:
    engine.answers.append(answer("Hello."))
    crowded.ask("Hi")
    gate = Gate()
    begin(crowded, [ready(Precision.BF16), found(6.0)], [ready(Precision.FP32), gate, found(3.0)])
    crowded.until(gate.reached.is_set)

    assert isinstance(engine.requests[-1], UnloadRequest)
    assert crowded.window.switcher.current is None
    assert can_send(crowded) is False
    assert "makes room" in crowded.window.top_bar.usage.text()
    gate.open.set()
    ended(crowded)
    crowded.until_idle()

    assert isinstance(engine.requests[-1], LoadRequest)
    assert "Hello." in crowded.page_text
    assert "begins here" not in crowded.page_text
    assert can_send(crowded)


def test_a_model_chosen_meanwhile_is_not_replaced_by_the_one_that_made_room(
    crowded: Harness, engine: ScriptedEngine, tmp_path: Path
) -> None:
    gate = Gate()
    begin(crowded, [ready(Precision.BF16), found(6.0)], [ready(Precision.FP32), gate, found(3.0)])
    crowded.until(gate.reached.is_set)
    model = crowded.store.models[0]
    other = replace(model, id="other", path=tmp_path)

    crowded.window.switcher.load(other)
    crowded.until_idle()
    gate.open.set()
    ended(crowded)
    crowded.app.processEvents()

    assert crowded.window.switcher.current == other
    assert engine.loaded_folders[-1] == tmp_path


def test_a_cancel_before_there_is_room_begins_nothing(
    crowded: Harness, engine: ScriptedEngine
) -> None:
    answering, unloading = Gate(), Gate()
    engine.answers.append([answering])
    engine.unloads.append([unloading])
    crowded.say("Hi")
    crowded.until(answering.reached.is_set)
    dialog = begin(crowded)
    crowded.until(unloading.reached.is_set)

    dialog.cancel.click()
    ended(crowded)
    crowded.until_idle()

    assert crowded.jobs.requests == []
    assert crowded.window.switcher.current is not None


# --- colours -----------------------------------------------------------------------------


@pytest.mark.parametrize(("choice", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_the_bars_have_the_colour_of_the_theme(
    ui: Harness, theme: Theme, choice: ThemeChoice, colours: Colours
) -> None:
    dialog = begin(ui, [ready(Precision.BF16), found(6.0)], [ready(Precision.FP32), found(3.0)])
    ended(ui)

    theme.use(choice)
    bar = dialog.chart.lines[0].bar
    image: QImage = bar.grab().toImage()

    scale = image.devicePixelRatio()
    pixel = image.pixelColor(int(bar.bar_width() / 2 * scale), image.height() // 2)
    assert pixel.name() == colours.accent


# --- what it costs -----------------------------------------------------------------------


@pytest.mark.parametrize("number", [-2, -1])
def test_a_dialog_opens_the_model_and_finds_its_options_once(
    ui: Harness, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    _, entry = ui.window.menus.jobs[number]
    ui.until(entry.isEnabled)
    reads = counted(monkeypatch)

    entry.trigger()
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, MeasureDialog)
    ui.until(lambda: bool(dialog.chart.lines))

    assert reads.opened == [FOLDER]
    assert len(reads.options) == 1
