from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from backends.precision import Precision
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.one_shot import JobEngine
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.engines.silence import Patience
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.ui.comparing.dialog import ComparisonDialog
from baichuan_desktop.ui.jobs.copy_dialog import CopyDialog
from baichuan_desktop.ui.look.numbers import speed_text
from baichuan_desktop.ui.measuring.dialog import MeasureDialog
from baichuan_desktop.ui.transcript.rows.row import RowAction
from baichuan_desktop.ui.turns.compare_dialog import CompareDialog
from baichuan_desktop.workers.engine_worker import EngineWorker
from tests.helpers.machines import SECOND, SECOND_LABEL, machine
from tests.ui.harness import Harness

CHECKPOINT = Path(__file__).parents[1] / "goldens" / "checkpoints" / "b2-7b" / "safetensors"
MakeWindow = Callable[[EnginePort], Harness]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(CHECKPOINT, tmp_path / "models" / "百川 7B")
    return tmp_path / "models" / "百川 7B"


@pytest.fixture
def client() -> Iterator[EngineClient]:
    client = EngineClient(app_paths().engine_log)
    yield client
    client.close()


@pytest.fixture
def ui(make_window: MakeWindow, client: EngineClient, folder: Path) -> Iterator[Harness]:
    """A window with a real engine, and a checkpoint loaded in it."""
    window = make_window(client)
    window.window.library.load_first(str(folder))
    window.until_idle()
    window.window.panel.max_new_tokens.setValue(8)
    window.window.panel.greedy.setChecked(True)
    yield window
    window.window.close()


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.mark.parametrize("milliseconds", [0, 150, 400, 800])
def test_a_window_that_is_closed_while_a_model_loads_says_nothing(
    milliseconds: int, make_window: MakeWindow, client: EngineClient, folder: Path
) -> None:
    """That the engine died is what was wanted; a dialog would keep the app without a window."""
    harness = make_window(client)
    wish = LoadWish(Precision.FP32, "cpu")
    harness.settings.keep_precision(folder, wish)
    harness.window.library.load_first(str(folder))
    harness.until(lambda: harness.window.switcher.wanted is not None)
    QTest.qWait(milliseconds)

    harness.window.close()
    QTest.qWait(100)

    assert harness.error is None
    assert harness.settings.current.precisions == {folder: wish}
    assert client.pid is None


def test_a_checkpoint_answers_in_the_window_and_again_after_its_engine_was_killed(
    ui: Harness, client: EngineClient
) -> None:
    ui.ask("你好")
    first = ui.page_text
    client.kill()
    ui.until(lambda: client.pid is None)
    ui.ask("And now?")

    assert "你好\n百川 7B\n" in first
    assert "\n8 tokens · " in first
    assert ui.page_text.startswith(first)
    assert ui.page_text.count("\n8 tokens · ") == 2
    assert ui.error is None


def test_an_answer_that_was_cut_goes_on_in_the_engine(ui: Harness) -> None:
    ui.ask("你好")
    cut = ui.rows[-1]
    assert "reached “Max new tokens”" in cut.footer

    ui.do(RowAction.CONTINUE, cut.text)
    ui.until(lambda: not ui.window.controller.desk.busy)

    whole = ui.rows[-1]
    assert ui.error is None
    assert (whole.version, whole.versions) == (2, 2)
    assert whole.text.startswith(cut.text.rstrip("\ufffd"))
    assert whole.footer.startswith("8 tokens")
    ui.transcript.version_requested.emit(whole.id, -1)
    assert ui.rows[-1].text == cut.text


@pytest.fixture
def hasty(make_window: MakeWindow, folder: Path) -> Iterator[tuple[Harness, EngineClient]]:
    """A window whose engine may be silent for a second only, and a checkpoint loaded in it."""
    client = EngineClient(app_paths().engine_log, patience=Patience(steps=0, least=1, most=60))
    window = make_window(client)
    window.window.library.load_first(str(folder))
    window.until_idle()
    window.window.panel.max_new_tokens.setValue(8)
    yield window, client
    window.window.close()
    client.close()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes are stopped by a signal")
def test_an_engine_that_is_stopped_is_told_and_ended_and_the_next_message_is_answered(
    hasty: tuple[Harness, EngineClient],
) -> None:
    ui, client = hasty
    ui.ask("你好")
    first = ui.page_text
    assert client.pid is not None
    stopped = psutil.Process(client.pid)
    stopped.suspend()
    ui.say("And now?")
    notice = ui.window.remarks.engine_notice
    ui.until(lambda: not notice.isHidden())

    notice.button.click()
    ui.until_idle()
    ui.until(lambda: not stopped.is_running())

    assert ui.error is None
    assert ui.composer.text() == "And now?", "no answer began, so the message can be sent again"
    ui.press(Qt.Key.Key_Return)
    ui.until_idle()
    assert ui.page_text.startswith(first)
    assert ui.page_text.count("\n8 tokens") == 2


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes are stopped by a signal")
def test_stop_ends_an_engine_that_does_not_answer_it(
    hasty: tuple[Harness, EngineClient],
) -> None:
    ui, client = hasty
    stopped = psutil.Process(client.pid)
    stopped.suspend()
    ui.say("你好")
    # A request that is stopped before the engine's thread takes it never reaches the engine.
    ui.until(lambda: not ui.window.remarks.engine_notice.isHidden())
    ui.window.controller.stop()
    ui.until(lambda: ui.error is not None)

    assert not stopped.is_running()
    error = ui.error
    assert error is not None
    error.close()
    ui.until_idle()
    ui.press(Qt.Key.Key_Return)
    ui.until_idle()
    assert ui.page_text.count("\n8 tokens") == 1


def switch(ui: Harness, precision: Precision, shown: str) -> None:
    model = ui.window.switcher.current
    assert model is not None
    ui.window.switcher.load(model, LoadWish(precision, "cpu"))
    ui.until(lambda: ui.window.top_bar.precision.accessibleName() == f"Precision: {shown}")
    ui.until_idle()


def test_one_conversation_goes_through_three_precisions(
    ui: Harness, client: EngineClient, folder: Path
) -> None:
    pids = []
    switch(ui, SECOND, f"{SECOND_LABEL} · CPU")
    for precision, shown in ((Precision.FP32, "fp32 · CPU"), (Precision.NF4, "4-bit · CPU")):
        ui.ask("你好")
        ui.composer.set_text("a draft")
        pids.append(client.pid)
        switch(ui, precision, shown)
        assert ui.composer.text() == "a draft"
        assert client.pid not in pids
    ui.ask("And now?")

    assert ui.page_text.count("\n8 tokens · ") == 3
    assert "begins here" not in ui.page_text
    assert not any(pid is not None and psutil.pid_exists(pid) for pid in pids)
    assert ui.error is None
    measured = {(m.precision, m.device_kind) for m in ui.measurements.peaks(folder)}
    assert {(SECOND, "cpu"), ("fp32", "cpu"), ("4bit", "cpu")} <= measured


@pytest.mark.parametrize("switches", [4, pytest.param(10, marks=pytest.mark.slow)])
def test_switches_leave_no_engine_and_no_memory_behind(ui: Harness, switches: int) -> None:
    own = psutil.Process()
    before, resident = children(), own.memory_info().rss
    assert len(before) == 1

    for number in range(switches):
        precision, shown = ((Precision.FP32, "fp32"), (SECOND, SECOND_LABEL))[number % 2]
        switch(ui, precision, f"{shown} · CPU")

    after = children()
    assert len(after) == 1
    assert after != before
    assert not any(process.is_running() for process in before)
    assert own.memory_info().rss - resident < 50 * 2**20


def jobs_in_real_engines(ui: Harness) -> None:
    def job_worker() -> EngineWorker:
        engine = JobEngine(app_paths().job_log)
        return EngineWorker(engine, lambda job, cancel: job.steps(engine.run, cancel))

    ui.job_worker = job_worker


def test_a_precision_is_measured_beside_the_chat(ui: Harness, folder: Path) -> None:
    jobs_in_real_engines(ui)
    _, entry = ui.window.menus.jobs[-2]
    ui.until(entry.isEnabled)
    entry.trigger()
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, MeasureDialog)
    ui.until(lambda: bool(dialog.chart.lines))
    for line in dialog.chart.lines:
        line.tick.setChecked(line.tick.accessibleName() == "fp32 · CPU")
    dialog.measure.click()
    ui.ask("你好")
    ui.until(lambda: ui.window.jobs.desk.running is None)

    (line,) = [line for line in dialog.chart.lines if line.tick.accessibleName() == "fp32 · CPU"]
    (measured,) = ui.measurements.measured(folder)
    assert measured.precision == "fp32"
    assert measured.benchmark is not None
    assert measured.benchmark.usual_decode is not None
    assert line.bar.text == speed_text(measured.benchmark.usual_decode.tokens_per_second)
    assert line.bar.bar_width() > 0
    assert len(children()) == 1, "the engine of the measurement has ended"
    assert "\n8 tokens · " in ui.page_text
    assert ui.error is None


def test_a_quantised_copy_is_written_beside_the_chat_and_answers(ui: Harness, folder: Path) -> None:
    jobs_in_real_engines(ui)
    _, entry = ui.window.menus.jobs[0]
    ui.until(entry.isEnabled)
    entry.trigger()
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, CopyDialog)
    ui.until(lambda: bool(dialog.options.radios))
    dialog.options.begin.click()
    ui.ask("你好")
    ui.until(lambda: dialog.pages.currentWidget() is dialog.done_page)

    out = folder.with_name("百川 7B-4bit")
    assert dialog.windowTitle() == "Quantise a copy"
    assert len(children()) == 1, "the engine of the job has ended"
    assert sorted(folder.parent.iterdir()) == [folder, out]
    dialog.done_page.load.click()
    ui.until(lambda: (ui.window.switcher.current or ui.store.models[0]).path == out)
    assert ui.window.top_bar.precision.text() == "· 4-bit"
    ui.window.panel.max_new_tokens.setValue(8)  # it has settings of its own
    ui.ask("And now?")
    assert ui.page_text.count("\n8 tokens · ") == 2
    assert ui.error is None


def test_an_export_becomes_a_precision_of_the_model_that_is_loaded(
    ui: Harness, folder: Path
) -> None:
    jobs_in_real_engines(ui)
    ui.store.add(folder)  # what “Open a model folder…” does
    _, entry = ui.window.menus.jobs[2]
    ui.until(entry.isEnabled)
    entry.trigger()
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, CopyDialog)
    ui.until(lambda: bool(dialog.options.radios))
    dialog.options.begin.click()
    ui.until(lambda: dialog.pages.currentWidget() is dialog.done_page)

    out = folder.with_name("百川 7B-onnx-int4")
    assert dialog.windowTitle() == "Export for ONNX Runtime"
    assert "“百川 7B” has one more precision: ONNX int4." in dialog.done_page.text.text()
    assert [model.path for model in ui.store.models][1:] == [folder], "no model of its own"
    current = ui.window.switcher.current
    assert current is not None
    assert current.exports == (out,)
    dialog.done_page.load.click()
    ui.until(lambda: ui.window.top_bar.precision.text() == "· ONNX int4")
    ui.until_idle()
    ui.ask("你好")
    assert ui.page_text.count("\n8 tokens · ") == 1
    assert ui.error is None


def test_precisions_are_compared_on_a_text_of_ones_own(
    ui: Harness, folder: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.txt"
    sentence = "How does a refrigerator make cold? 天空为什么是蓝色的？\n"
    text.write_text(4 * sentence, encoding="utf-8")
    jobs_in_real_engines(ui)
    _, entry = ui.window.menus.jobs[-1]
    ui.until(entry.isEnabled)
    entry.trigger()
    dialog = ui.window.jobs.dialog
    assert isinstance(dialog, MeasureDialog)
    ui.until(lambda: bool(dialog.chart.lines))
    for row, line in zip(dialog.chart.rows, dialog.chart.lines, strict=True):
        line.tick.setChecked(row.label in ("fp32", SECOND_LABEL))
    dialog.text.choose(text)
    dialog.measure.click()
    ui.until(lambda: ui.window.jobs.desk.running is None)

    assert ui.error is None
    qualities = {m.precision: m.quality for m in ui.measurements.measured(folder)}
    assert set(qualities) == {"fp32", SECOND}
    second = qualities[SECOND]
    assert second is not None
    assert second.reference == "fp32"
    assert second.text == "text.txt"
    assert second.kl_divergence is not None
    assert 0 < second.kl_divergence < 0.01
    assert len(children()) == 1, "the engines of the comparison have ended"
    assert not list(app_paths().cache.iterdir())


def engines() -> list[int]:
    """The processes of engines that this one has; the window has others, for formulas."""
    return [one.pid for one in children() if "backends.engine" in " ".join(one.cmdline())]


def beside_in_real_engines(ui: Harness) -> list[EngineClient]:
    """The clients of the second engines, as they are made."""
    made: list[EngineClient] = []

    def comparison_worker() -> EngineWorker:
        made.append(EngineClient(app_paths().comparison_log))
        return EngineWorker(made[-1])

    ui.comparison_worker = comparison_worker
    return made


def ask_beside(ui: Harness, label: str) -> ComparisonDialog:
    """Have the last answer's question answered in another precision of the model too."""
    ui.transcript.action_requested.emit(RowAction.COMPARE, ui.rows[-1].id)
    choice = ui.window.turns.dialog
    assert isinstance(choice, CompareDialog)
    ui.until(choice.ask_button.isEnabled)
    offered = [choice.precision_list.itemText(n) for n in range(choice.precision_list.count())]
    choice.precision_list.setCurrentIndex(offered.index(f"{label} · CPU"))
    choice.ask_button.click()
    dialog = ui.window.comparing.dialog
    assert dialog is not None, "both fit: they are small"
    return dialog


@pytest.fixture
def two(ui: Harness, folder: Path) -> tuple[Harness, list[EngineClient]]:
    """A window with the checkpoint loaded in fp32, which has answered once."""
    ui.machine = machine(bf16=True)
    switcher = ui.window.switcher
    assert switcher.current is not None
    switcher.load(switcher.current, LoadWish(Precision.FP32, "cpu"))
    ui.until(lambda: switcher.current is not None)
    ui.ask("你好")
    return ui, beside_in_real_engines(ui)


def test_two_precisions_answer_side_by_side_and_the_second_engine_is_gone_afterwards(
    two: tuple[Harness, list[EngineClient]], client: EngineClient, folder: Path
) -> None:
    ui, made = two
    chat = client.pid

    dialog = ask_beside(ui, SECOND_LABEL)
    ui.until(lambda: dialog.is_over)
    (beside,) = made
    assert beside.pid is None
    assert client.pid == chat, "the loaded model stayed where it was"
    assert engines() == [chat]
    assert dialog.left.title.text() == "百川 7B · fp32 · CPU"
    assert dialog.right.title.text() == f"百川 7B · {SECOND_LABEL} · CPU"
    assert dialog.left.note.text().startswith("8 tokens · ")
    assert dialog.right.note.text().startswith("8 tokens · ")
    dialog.keep_right.click()

    (shown,) = [row for row in ui.rows if row.versions > 1]
    assert shown.speaker == f"百川 7B · {SECOND_LABEL}"
    measured = {(m.precision, m.device_kind) for m in ui.measurements.peaks(folder)}
    assert {("fp32", "cpu"), (SECOND, "cpu")} <= measured, "its peak is known from now on"
    ui.ask("And now?")
    assert ui.error is None


def test_a_window_that_is_closed_while_two_answer_leaves_no_process(
    two: tuple[Harness, list[EngineClient]], client: EngineClient
) -> None:
    ui, made = two
    ui.window.panel.max_new_tokens.setValue(2000)
    dialog = ask_beside(ui, SECOND_LABEL)
    ui.until(lambda: bool(dialog.right.side.answer and dialog.right.side.answer.text))
    (beside,) = made
    pids = [beside.pid, client.pid]

    ui.window.close()

    assert beside.pid is None
    assert client.pid is None
    assert not any(pid is not None and psutil.pid_exists(pid) for pid in pids)


def test_a_second_engine_that_is_killed_says_so_in_its_column(
    two: tuple[Harness, list[EngineClient]],
) -> None:
    ui, made = two
    ui.window.panel.max_new_tokens.setValue(2000)
    dialog = ask_beside(ui, SECOND_LABEL)
    ui.until(lambda: bool(dialog.right.side.answer and dialog.right.side.answer.text))
    (beside,) = made
    assert beside.pid is not None

    psutil.Process(beside.pid).kill()
    ui.until(lambda: dialog.right.side.is_over)

    assert dialog.right.note.text().startswith("The answer broke off: ")
    assert not dialog.left.side.is_over or dialog.left.trouble.text() == ""
    dialog.stop_button.click()
    ui.until(lambda: dialog.is_over)
    dialog.keep_both.click()
    assert ui.error is None
    assert ui.rows[-1].versions == 3
