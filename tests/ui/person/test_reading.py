"""What was said: copied, quoted, found again, its links opened after a question."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication

from backends.protocol.engine_requests import ChatRequest
from tests.ui.harness import ScriptedEngine, answer, until
from tests.ui.person.person import Person, clipboard

TABLE = "Two animals:\n\n| name | legs |\n|---|---|\n| goose | 2 |\n| cow | 4 |\n"
CODE = "Run this:\n\n```python\nprint('one')\nprint('two')\n```\n\nThat is **all**."


@pytest.fixture(autouse=True)
def _empty_clipboard(app: QApplication) -> None:
    app.clipboard().clear()


def told(me: Person, engine: ScriptedEngine, text: str) -> None:
    """Ask, and wait until this has been answered."""
    engine.answers.append(answer(text))
    me.enter("Tell me")
    until(lambda: len(me.messages()) == 2 and bool(me.notes()[-1]))


def test_an_answer_is_copied_as_text_and_as_a_table_for_other_programs(
    me: Person, engine: ScriptedEngine
) -> None:
    told(me, engine, TABLE)

    me.at_message("animals", "Copy")

    mime = QApplication.clipboard().mimeData()
    assert clipboard() == "Two animals:\n\nname\tlegs\ngoose\t2\ncow\t4"
    assert "<table" in mime.html()
    assert "goose" in mime.html()


def test_the_last_answer_is_copied_by_keys_from_the_field(
    me: Person, engine: ScriptedEngine
) -> None:
    told(me, engine, "Because **so**.")
    me.type("a draft")

    me.ctrl("C", shift=True)

    assert clipboard() == "Because so."
    assert me.written("Message") == "a draft"


def test_a_code_block_is_copied_by_its_button(me: Person, engine: ScriptedEngine) -> None:
    told(me, engine, CODE)

    (name,) = [one for one in me.buttons_at("Run this") if "code" in one.lower()]
    me.at_message("Run this", name)

    assert clipboard() == "print('one')\nprint('two')"


def test_a_table_is_copied_by_its_button(me: Person, engine: ScriptedEngine) -> None:
    told(me, engine, TABLE)

    (name,) = [one for one in me.buttons_at("animals") if "table" in one.lower()]
    me.at_message("animals", name)

    assert clipboard() == "name\tlegs\ngoose\t2\ncow\t4"
    assert "<table" in QApplication.clipboard().mimeData().html()


def test_what_is_selected_over_two_messages_is_copied_with_who_said_it(
    me: Person, engine: ScriptedEngine
) -> None:
    told(me, engine, "Because.")
    me.click(me.transcript.viewport(), QPoint(5, 5))  # type: ignore[attr-defined]  # a scroll area

    me.ctrl("A")
    me.ctrl("C")

    assert "Tell me" in clipboard()
    assert "Because." in clipboard()
    assert "You" in clipboard()


def test_a_word_is_selected_by_a_double_click_and_quoted(
    me: Person, engine: ScriptedEngine
) -> None:
    told(me, engine, "Incomprehensibilities")
    me.type("What of")

    me.double_click_message("Incomprehensibilities")
    me.message_menu("Incomprehensibilities")
    me.choose("Quote the selection")

    assert me.written("Message") == "What of\n\n> Incomprehensibilities\n\n"
    me.enter("means what?")
    until(lambda: len(engine.questions) == 2)
    asked = engine.questions[-1]
    assert isinstance(asked, ChatRequest)
    assert asked.messages[-1].text.startswith("What of\n\n> Incompre")


def test_a_message_is_found_in_the_conversation_and_the_hits_are_stepped_through(
    me: Person, engine: ScriptedEngine
) -> None:
    told(me, engine, "\n\n".join(f"Paragraph {n} of geese." for n in range(1, 60)))

    me.ctrl("F")
    me.type("geese")
    me.wait_to_see("of 59")
    me.write_anew("paragraph 7 of")
    me.wait_to_see("1 of 1")
    me.write_anew("geese")
    me.wait_to_see("of 59")
    here = next(one for one in me.texts() if one.endswith(" of 59"))
    me.key(Qt.Key.Key_Return)
    until(lambda: not me.sees(here))
    me.write_anew("horses")
    me.wait_to_see("Not found")
    me.escape()

    assert not me.controls("Find in this chat")


def test_a_link_is_shown_whole_and_opened_only_after_yes(
    me: Person, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toString())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    told(me, engine, "[a page with a long name to click on](https://example.org/page?a=1)")

    me.click_link("a page with")
    me.wait_to_see("Open this address in another program? It may reach the network.")
    assert me.written("Address") == "https://example.org/page?a=1"
    me.key(Qt.Key.Key_Return)  # what Enter does is harmless
    until(lambda: not me.controls("Address"))
    assert opened == []

    me.click_link("a page with")
    me.wait_to_see("It may reach the network.")
    me.press("Copy the address")
    assert clipboard() == "https://example.org/page?a=1"
    me.press("Open")
    assert opened == ["https://example.org/page?a=1"]
    me.type("the keyboard is in the field again")
    assert me.written("Message") == "the keyboard is in the field again"


def test_a_link_to_a_file_or_a_share_opens_nothing(
    me: Person, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    told(me, engine, "[a page with a long name to click on](file:///etc/passwd)")

    place = me.link_in("a page with")

    assert place is None
    assert not me.controls("Address")
    assert opened == []


def test_a_message_is_shown_as_plain_text_and_back(me: Person, engine: ScriptedEngine) -> None:
    told(me, engine, "Because **so**.")
    assert me.messages()[-1] == "Baichuan Guide: Because so."

    me.more_at("Because", "Plain text")
    assert me.messages()[-1] == "Baichuan Guide: Because so.", "what is read out has no marks"
    me.message_menu("Because")

    assert me.menu()["Plain text"]
    me.choose("Plain text")
