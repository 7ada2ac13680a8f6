from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest

from backends.errors import InsufficientMemoryError
from backends.generation.sampling import SamplingParams
from backends.precision import Precision
from backends.protocol.engine_requests import LoadRequest
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.chat.settings_panel import SettingsPanel
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.window.bars.status import threads_text
from tests.ui.harness import DEFAULTS, READY, Harness, ScriptedEngine, answer, finished

GUIDE = resource("guide_model")


def test_it_begins_with_what_the_model_asks_for(ui: Harness) -> None:
    assert ui.window.panel.params() == SamplingParams.from_defaults(DEFAULTS)


def test_what_is_set_is_what_is_asked(ui: Harness, engine: ScriptedEngine) -> None:
    panel = ui.window.panel
    panel.temperature.setValue(0.75)
    panel.top_k.setValue(40)
    panel.top_p.setValue(0.9)
    panel.repetition_penalty.setValue(1.2)
    panel.max_new_tokens.setValue(33)
    panel.seed.setText("42")
    engine.answers.append(answer("Yes."))

    ui.ask("Question")

    assert engine.questions[0].params == SamplingParams(
        temperature=0.75,
        top_k=40,
        top_p=0.9,
        repetition_penalty=1.2,
        max_new_tokens=33,
        seed=42,
    )


def test_reset_brings_the_models_defaults_back_and_keeps_the_system_prompt(ui: Harness) -> None:
    panel = ui.window.panel
    panel.greedy.setChecked(True)
    panel.temperature.setValue(9)
    panel.max_new_tokens.setValue(1)
    panel.seed.setText("7")
    panel.system_prompt_edit.setPlainText("Be kind.")

    panel.reset_button.click()

    assert panel.params() == SamplingParams.from_defaults(DEFAULTS)
    assert panel.system_prompt() == "Be kind."


def test_greedy_greys_what_it_makes_meaningless(ui: Harness) -> None:
    panel = ui.window.panel

    panel.greedy.setChecked(True)

    grey = (panel.temperature, panel.top_k, panel.top_p, panel.seed)
    assert [field.isEnabled() for field in grey] == [False] * 4
    assert panel.repetition_penalty.isEnabled()
    assert panel.max_new_tokens.isEnabled()
    assert panel.params().greedy


@pytest.mark.parametrize("end", ["minimum", "maximum"])
def test_both_ends_of_every_range_are_accepted_by_the_engine(ui: Harness, end: str) -> None:
    panel = ui.window.panel
    fields = (panel.temperature, panel.top_p, panel.repetition_penalty)
    for field in fields:
        field.setValue(getattr(field, end)())
    for whole in (panel.top_k, panel.max_new_tokens):
        whole.setValue(getattr(whole, end)())

    panel.params()  # raises for what is not possible


@pytest.mark.parametrize(
    ("typed", "seed"),
    [
        ("", None),
        ("0", 0),
        ("-1x٣7", 17),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 922337203685477580),
    ],
)
def test_only_a_possible_seed_can_be_typed(ui: Harness, typed: str, seed: int | None) -> None:
    for char in typed:
        ui.window.panel.seed.insert(char)  # as a key does, and an input method

    assert ui.window.panel.params().seed == seed


def test_f9_shows_and_hides_it_and_that_is_remembered(ui: Harness) -> None:
    assert not ui.window.panel.isVisible()

    QTest.keyClick(ui.window, Qt.Key.Key_F9)

    assert ui.window.panel.isVisible()
    assert ui.window.top_bar.panel.isChecked()
    assert SettingsFile(ui.settings._file).current.show_panel
    ui.window.top_bar.panel.click()
    assert not ui.window.panel.isVisible()
    assert not ui.window.menus.panel.isChecked()


def test_numbers_are_shown_without_idle_zeros(ui: Harness) -> None:
    assert ui.window.panel.temperature.text() == "0.3"
    assert ui.window.panel.repetition_penalty.text() == "1.05"
    ui.window.panel.temperature.setValue(1)
    assert ui.window.panel.temperature.text() == "1.0"


# --- threads -----------------------------------------------------------------------------


def offered(panel: SettingsPanel) -> list[str]:
    return [panel.threads.itemText(row) for row in range(panel.threads.count())]


def choose_threads(ui: Harness, text: str) -> None:
    """As a person does: with the keys, in the field."""
    threads = ui.window.panel.threads
    threads.setCurrentIndex(threads.findText(text))
    threads.activated.emit(threads.currentIndex())


def wanted_threads(engine: ScriptedEngine) -> list[int | None]:
    return [request.threads for request in engine.requests if isinstance(request, LoadRequest)]


def test_one_to_all_cores_are_offered_and_automatic_is_first(ui: Harness) -> None:
    panel = SettingsPanel(ui.theme, 4)

    panel.show_threads(None, can_change=True)
    assert offered(panel) == ["Automatic", "1", "2", "3", "4"]
    assert panel.threads.currentText() == "Automatic"
    panel.show_threads(6, can_change=True)  # chosen on a machine with more cores
    assert offered(panel) == ["Automatic", "1", "2", "3", "4", "6"]
    assert panel.threads.currentText() == "6"
    panel.deleteLater()


def test_threads_load_the_model_again_and_keep_the_conversation(
    ui: Harness, engine: ScriptedEngine
) -> None:
    engine.answers += [answer("Yes."), answer("Still here.")]
    ui.ask("Question")

    choose_threads(ui, "1")
    ui.until(lambda: len(wanted_threads(engine)) == 2)
    ui.until_idle()

    assert wanted_threads(engine) == [None, 1]
    assert ui.window.panel.threads.currentText() == "1"
    assert "Yes." in ui.page_text
    ui.ask("And now?")
    assert len(engine.questions[-1].messages) == 3  # type: ignore[union-attr]  # a chat
    assert SettingsFile(ui.settings._file).current.precisions == {GUIDE: LoadWish(threads=1)}


def test_automatic_again_forgets_the_number(ui: Harness, engine: ScriptedEngine) -> None:
    choose_threads(ui, "1")
    ui.until(lambda: ui.window.switcher.wish == LoadWish(threads=1))

    choose_threads(ui, "Automatic")
    ui.until(lambda: ui.window.switcher.current is not None)

    assert wanted_threads(engine) == [None, 1, None]
    assert SettingsFile(ui.settings._file).current.precisions == {}


def test_the_same_number_again_loads_nothing(ui: Harness, engine: ScriptedEngine) -> None:
    choose_threads(ui, "Automatic")
    ui.app.processEvents()

    assert wanted_threads(engine) == [None]


def test_another_precision_keeps_the_threads(ui: Harness, engine: ScriptedEngine) -> None:
    choose_threads(ui, "1")
    ui.until(lambda: ui.window.switcher.wish == LoadWish(threads=1))

    ui.window.precision._on_chosen(LoadWish(Precision.FP32, "cpu"))
    ui.until(lambda: ui.window.switcher.wish == LoadWish(Precision.FP32, "cpu", threads=1))

    assert wanted_threads(engine) == [None, 1, 1]


def test_threads_with_which_nothing_loads_give_way_to_those_before(
    ui: Harness, engine: ScriptedEngine
) -> None:
    no_room = InsufficientMemoryError(device="it", needed_bytes=2, free_bytes=1)
    engine.loads.append([no_room])

    choose_threads(ui, "1")
    ui.until(lambda: len(wanted_threads(engine)) == 3)
    ui.until_idle()

    assert wanted_threads(engine) == [None, 1, None]
    assert ui.window.panel.threads.currentText() == "Automatic"
    assert SettingsFile(ui.settings._file).current.precisions == {}


def test_the_wheel_scrolls_the_panel_and_chooses_nothing(
    ui: Harness, engine: ScriptedEngine
) -> None:
    threads = ui.window.panel.threads
    turned = QWheelEvent(
        QPointF(5, 5), QPointF(5, 5), QPoint(0, -120), QPoint(0, -120),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
        False,
    )  # fmt: skip

    ui.app.sendEvent(threads, turned)
    ui.app.processEvents()

    assert threads.currentText() == "Automatic"
    assert wanted_threads(engine) == [None]


def test_the_field_waits_while_a_model_is_loaded(ui: Harness) -> None:
    assert ui.window.panel.threads.isEnabled()

    ui.load(ui.store.models[0])

    assert not ui.window.panel.threads.isEnabled()
    ui.until_idle()
    assert ui.window.panel.threads.isEnabled()


def test_the_threads_of_the_last_answer_are_told(ui: Harness, engine: ScriptedEngine) -> None:
    button = ui.window.top_bar.precision
    assert "A processor, 2 threads" in button.toolTip()
    *text, _ = answer("Yes.")
    engine.answers.append([*text, replace(finished(), threads=1)])

    ui.ask("Question")

    expected = "1 of 2 threads: other programs keep the processor busy"
    assert expected in button.toolTip()
    assert expected in ui.window.top_bar.usage.toolTip()


def test_threads_are_counted_in_words() -> None:
    assert threads_text(READY, None) == "2 threads"
    assert threads_text(replace(READY, threads=1), None) == "1 thread"
    assert threads_text(READY, replace(finished(), threads=2)) == "2 threads"


def test_it_fits_after_the_zoom_has_changed_while_it_was_hidden(ui: Harness, theme: Theme) -> None:
    window, panel = ui.window, ui.window.panel
    window.resize(1280, 820)
    theme.set_zoom(2.0)
    window.menus.panel.trigger()
    window.menus.panel.trigger()
    theme.set_zoom(1.0)
    window.menus.panel.trigger()
    QTest.qWait(1)

    right = panel.top_k.mapTo(panel, panel.top_k.rect().topRight()).x()
    assert panel.isVisible()
    assert right < panel.width()
