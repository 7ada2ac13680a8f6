from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from backends.sampling import SamplingParams
from baichuan_desktop.services.settings import SettingsFile
from tests.ui.harness import DEFAULTS, Harness, ScriptedEngine, answer


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
