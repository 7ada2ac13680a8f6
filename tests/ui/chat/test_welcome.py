from __future__ import annotations

import pytest

from baichuan_desktop.services.settings import Language
from tests.ui.harness import BASE, OTHER, Harness, ScriptedEngine, answer


def titles(ui: Harness) -> list[str]:
    return [one.title.text() for one in ui.window.page.welcome.buttons if one.isVisible()]


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_a_card_puts_a_beginning_into_the_field_and_sends_nothing(
    ui: Harness, engine: ScriptedEngine, language: Language
) -> None:
    ui.window.view.use_language(language)
    ui.load(OTHER)
    ui.until_idle()

    for number in range(4):
        ui.composer.clear()
        ui.window.page.welcome.buttons[number].click()
        assert len(ui.composer.text()) > 10
        assert ui.composer.input.hasFocus()

    assert engine.questions == []
    assert len(set(titles(ui))) == 4


def test_a_card_never_replaces_what_was_written(ui: Harness) -> None:
    ui.load(OTHER)
    ui.until_idle()
    ui.composer.set_text("my own words")

    ui.window.page.welcome.buttons[0].click()

    assert ui.composer.text() == "my own words"


def test_a_base_model_is_offered_beginnings_of_texts(ui: Harness, engine: ScriptedEngine) -> None:
    chat = titles(ui)
    ui.load(BASE)
    ui.until_idle()

    assert len(titles(ui)) == 4
    assert not set(titles(ui)) & set(chat)
    ui.window.page.welcome.buttons[1].click()
    assert ui.composer.text().endswith("river:")
    engine.answers.append(answer(" 河"))
    ui.ask(ui.composer.text())
    assert "river: 河" in ui.page_text


def test_a_base_model_that_is_chatted_with_is_offered_tasks(ui: Harness) -> None:
    ui.load(BASE)
    ui.until_idle()

    ui.window.page.welcome.as_chat.click()
    ui.until_idle()

    assert "Translate" in titles(ui)
    assert not ui.window.page.welcome.as_chat.isVisible()


def test_the_facts_of_a_model_are_told(ui: Harness) -> None:
    ui.load(OTHER)
    ui.until_idle()
    welcome = ui.window.page.welcome

    assert "Other" in welcome.text.text()
    assert welcome.facts.text() == "Chat model · Baichuan2-7B · 4,096 tokens of context"


def test_cards_stand_in_one_column_where_two_are_too_narrow(ui: Harness) -> None:
    first, second = ui.window.page.welcome.buttons[:2]
    ui.window.resize(1280, 800)
    ui.until(lambda: second.y() == first.y())

    ui.window.resize(480, 600)

    ui.until(lambda: second.y() > first.y())
