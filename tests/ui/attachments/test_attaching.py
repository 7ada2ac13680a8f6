"""Documents from the file to the prompt, as a person attaches them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from shiboken6 import isValid

from backends.text.chat_template import ChatTokens, build_app_prompt
from backends.text.described import described
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.tokens.counting import opened_tokenizer
from baichuan_desktop.ui.attachments import attachments
from tests.ui.attachments.documents import (
    Hands,
    drop,
    note,
    price_list,
    rows_of,
    text_of,
)
from tests.ui.harness import BASE, Harness, ScriptedEngine, answer, until


def test_the_passages_that_are_chosen_are_shown_and_are_what_the_model_reads(
    hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = price_list(tmp_path)
    asked: list[str] = []

    def choose(_window: object, _title: str, kinds: str) -> Sequence[Path]:
        asked.append(kinds)
        return [file]

    monkeypatch.setattr(attachments, "choose_files", choose)
    hands.engine.answers.append(answer("In section 17."))

    hands.ui.press(
        Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    hands.wait_until_counted()
    hands.write("What do you know of harbours17?")
    (chip,) = hands.chips
    dialog = hands.open()
    shown, summary = text_of(dialog), dialog.summary.text()
    rows = rows_of(dialog)
    dialog.close()
    prompt = hands.ask("What do you know of harbours17?")

    assert "*.pdf" in asked[0]
    given = re.fullmatch(
        r"prices\.txt · [\d,]+ characters · (\d+) of (\d+) passages, ([\d,]+) of ([\d,]+) tokens",
        chip,
    )
    assert given is not None
    assert int(given[1]) == len(rows) < int(given[2])
    assert f"Given: {given[1]} of {given[2]} passages" in summary
    assert all(row.startswith("Line ") for row in rows)
    document, question = prompt.rsplit("\n\n", 1)
    assert question == "What do you know of harbours17?"
    assert document == shown
    assert len(document) == int(given[3].replace(",", ""))  # a token a character
    assert "harbours17" in document
    assert document.count("[prices.txt, line") == len(rows)
    assert hands.ui.rows[0].documents == (re.sub(r" · [\d,]+ characters", "", chip),)

    dialog_of_given = hands.open_given()

    assert text_of(dialog_of_given) == document
    assert rows_of(dialog_of_given) == rows


def test_what_a_chip_says_is_true_of_the_exact_prompt_of_a_real_tokenizer(
    hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = opened_tokenizer(resource("guide_model"))

    def count(_folder: Path, texts: Sequence[str]) -> None:
        counts = [len(tokenizer.encode(text)) for text in texts]
        QTimer.singleShot(0, hands.ui.counting, lambda: hands.ui.counting.answered.emit(counts))

    monkeypatch.setattr(hands.ui.counting, "count", count)
    hands.engine.answers.append(answer("4711"))
    hands.attach(
        price_list(tmp_path, sections=120),
        note(tmp_path, "便笺.txt", "大门的密码是 4711。\n不要告诉别人。"),
    )

    hands.ask("ferries101?")

    request = hands.engine.questions[-1]
    roles = [one.role for one in request.messages]  # type: ignore[union-attr]  # it is a chat's
    prompt = build_app_prompt(
        request.messages,  # type: ignore[union-attr]  # likewise
        tokenizer.encode,
        ChatTokens(195, 196),
        context_length=4096,
        max_new_tokens=request.params.max_new_tokens,
    )
    exact = described(prompt, roles, tokenizer, 4096)
    part = exact.parts[0]
    texts = exact.texts[part.begin : part.end]
    message = hands.ui.window.controller.tree.message(hands.ui.rows[0].id)
    assert message is not None
    place = 0
    for number, one in enumerate(message.attachments):
        dialog = hands.open_given(number)
        shown = text_of(dialog)
        dialog.close()
        inside, length = 0, 0
        while length < len(shown):
            length += len(texts[place + inside])
            inside += 1
        assert "".join(texts[place : place + inside]).startswith(shown)
        assert abs(inside - one.given_tokens) <= 1  # the line after it may share its last token
        place += inside
        while "".join(texts[place:]).startswith("\n"):
            place += 1
    assert message.attachments[0].given is not None
    assert message.attachments[1].given is None
    assert message.attachments[0].given_tokens < message.attachments[0].all_tokens
    assert len(prompt.ids) < 4096 - request.params.max_new_tokens


def test_a_short_document_is_given_whole_and_again_with_the_next_question(
    hands: Hands, tmp_path: Path
) -> None:
    hands.engine.answers += [answer("4711"), answer("Yes")]
    hands.attach(note(tmp_path))

    prompt = hands.ask("What is the gate code?")

    assert prompt == "[note.md]\n# Note\n\nThe gate code is 4711.\n\nWhat is the gate code?"
    (chip,) = hands.ui.rows[0].documents
    assert chip == "note.md · all 40 tokens"
    dialog = hands.open_given()
    assert rows_of(dialog) == ["Whole text"]

    dialog.again.click()
    hands.wait_until_counted()

    assert hands.ask("Really?").endswith("4711.\n\nReally?")
    assert hands.ui.rows[2].documents == (chip,)


def test_files_that_are_dropped_go_to_the_chat_and_folders_to_the_library(
    hands: Hands, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    hands.ui.window.menus.models_page.trigger()

    drop(hands.ui, note(tmp_path), tmp_path / "model")
    hands.ui.until(lambda: hands.ui.window.models.acquiring.dialog is not None)
    hands.ui.until(lambda: bool(hands.entries))
    hands.wait_until_counted()

    assert hands.chips == ["note.md · 30 characters · 40 tokens"]
    assert hands.ui.composer.isVisible()


def test_a_long_paste_becomes_a_document_and_a_short_one_text(hands: Hands) -> None:
    long = "A long text. " * 700
    paste(hands, "short")
    assert hands.ui.composer.text() == "short"

    paste(hands, long)
    hands.wait_until_counted()

    assert hands.ui.composer.text() == "short"
    assert hands.chips[0].startswith("Pasted text · 9,0")
    assert "9,100 characters" in hands.said

    hands.attachments.strip.offer.click()

    assert hands.chips == []
    assert hands.ui.composer.text() == f"short\n{long}"


def paste(hands: Hands, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    hands.ui.composer.setFocus()
    hands.ui.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)


def test_passages_are_taken_away_and_brought_back_by_hand_and_stay_so(
    hands: Hands, tmp_path: Path
) -> None:
    hands.engine.answers.append(answer("Of course."))
    hands.attach(price_list(tmp_path))
    hands.write("What of harbours17?")
    dialog = hands.open()
    before = rows_of(dialog)

    dialog.view.list.setCurrentRow(0)
    QTest.keyClick(dialog.view.list, Qt.Key.Key_Delete)
    until(lambda: "by hand" in dialog.summary.text())
    taken = f"{len(before) - 1} of "
    until(lambda: taken in hands.chips[0])

    assert rows_of(dialog) == before  # it can be ticked again
    QTest.keyClick(dialog.view.list, Qt.Key.Key_Space)
    until(lambda: f" {len(before)} of " in hands.chips[0])
    QTest.keyClick(dialog.view.list, Qt.Key.Key_Space)
    until(lambda: taken in hands.chips[0])
    dialog.all.click()
    assert len(rows_of(dialog)) > len(before)
    dialog.close()
    prompt = hands.ask("Something else: ferries5?")

    assert prompt.count("[prices.txt, line") == len(before) - 1
    assert "ferries5." not in prompt  # it was not asked about when they were chosen
    assert hands.ui.rows[0].documents[0].startswith(f"prices.txt · {len(before) - 1} of ")


def test_a_choice_by_hand_that_does_not_fit_is_not_sent_and_nothing_is_lost(
    hands: Hands, tmp_path: Path
) -> None:
    hands.attach(price_list(tmp_path))
    hands.write("What of harbours17?")
    dialog = hands.open()
    dialog.all.click()
    for row in range(12):
        dialog.view.list.item(row).setCheckState(Qt.CheckState.Checked)
    until(lambda: dialog.summary.objectName() == "trouble")
    dialog.close()

    hands.ui.press(Qt.Key.Key_Return)
    until(lambda: "there is room for" in hands.said)

    assert hands.engine.questions == []
    assert hands.ui.composer.text() == "What of harbours17?"

    hands.open().best.click()
    until(lambda: hands.entries[0].by_hand is None and hands.entries[0].given is not None)
    hands.attachments.dialog.close()  # type: ignore[union-attr]  # it is open
    hands.engine.answers.append(answer("Yes"))
    assert "harbours17" in hands.ask("What of harbours17?")


def test_what_cannot_be_read_says_why_and_the_message_waits_until_it_is_removed(
    hands: Hands, tmp_path: Path
) -> None:
    (tmp_path / "noise.txt").write_bytes(bytes(range(9)) * 50)
    hands.engine.answers.append(answer("Hello"))
    hands.attach(tmp_path / "noise.txt")
    assert "no text, and no document" in hands.said, "it is not only red"
    assert hands.chips == ["noise.txt · not read"]

    hands.ui.say("Hello")

    assert "“noise.txt” was not read" in hands.said
    assert hands.engine.questions == []
    assert hands.ui.composer.text() == "Hello"

    hands.attachments.strip.chips[0].button.setFocus()
    QTest.keyClick(hands.attachments.strip.chips[0].button, Qt.Key.Key_Delete)
    assert "does not go with your message any more" in hands.said
    hands.attachments.strip.offer.click()
    until(lambda: hands.chips == ["noise.txt · not read"])
    hands.attachments.strip.chips[0].close_button.click()
    (tmp_path / "noise.txt").write_text("Now it is one.")
    hands.attachments.strip.offer.click()
    until(lambda: hands.entries[0].counted is not None)
    assert hands.entries[0].error is None
    hands.attachments.strip.chips[0].close_button.click()

    assert hands.chips == []
    assert hands.ask("Hello") == "Hello"


def test_a_text_in_another_encoding_is_read_by_the_menu(hands: Hands, tmp_path: Path) -> None:
    (tmp_path / "big5.txt").write_bytes("開啟檔案，請輸入密碼。".encode("big5"))
    hands.attach(tmp_path / "big5.txt")
    dialog = hands.open()
    assert "開啟" not in text_of(dialog)

    dialog.encoding.setCurrentIndex(dialog.encoding.findData("big5hkscs"))
    dialog.encoding.activated.emit(dialog.encoding.currentIndex())
    until(lambda: "開啟檔案" in text_of(dialog))

    assert dialog.encoding.currentData() == "big5hkscs"


def test_a_message_waits_in_the_field_until_its_documents_are_read_and_counted(
    hands: Hands, tmp_path: Path
) -> None:
    hands.engine.answers.append(answer("4711"))
    hands.ui.counting.is_held = True
    hands.attachments.attach([note(tmp_path)])

    hands.ui.say("The code?")

    assert "is sent as soon as" in hands.said
    assert hands.ui.composer.text() == "The code?"
    assert hands.engine.questions == []

    hands.ui.counting.is_held = False
    hands.ui.until(lambda: hands.ui.composer.text() == "")
    hands.ui.until_idle()

    assert hands.last_prompt.startswith("[note.md]")
    assert hands.said == ""


def test_who_writes_on_takes_a_message_back_that_waits(hands: Hands, tmp_path: Path) -> None:
    hands.ui.counting.is_held = True
    hands.attachments.attach([note(tmp_path)])
    hands.ui.say("The code?")

    hands.ui.composer.set_text("The code? Or rather")
    hands.ui.counting.is_held = False
    hands.wait_until_counted()
    QTest.qWait(1)

    assert hands.said == ""
    assert hands.ui.composer.text() == "The code? Or rather"
    assert hands.engine.questions == []


def test_a_base_model_is_given_no_documents_and_says_so(hands: Hands, tmp_path: Path) -> None:
    hands.attach(note(tmp_path))
    hands.ui.load(BASE)
    hands.ui.until(lambda: hands.ui.window.controller.completes)

    hands.ui.say("Once upon a time")
    assert "continues a text" in hands.said
    assert hands.engine.questions == []

    hands.attachments.attach([tmp_path / "other.md"])
    assert len(hands.entries) == 1

    long = "A long text. " * 700
    hands.ui.composer.set_text("Before.After.")
    cursor = hands.ui.composer.input.textCursor()
    cursor.setPosition(len("Before."))
    hands.ui.composer.input.setTextCursor(cursor)
    paste(hands, long)
    assert hands.ui.composer.text() == f"Before.{long}After."

    hands.ui.composer.set_text("before after")
    for _ in "after":
        hands.ui.press(Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    paste(hands, long)  # in place of what is selected, as any paste
    assert hands.ui.composer.text() == f"before {long}"
    hands.ui.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert hands.ui.composer.text() == "before after"


def test_a_message_with_documents_waits_for_the_first_model_and_wakes_one_that_sleeps(
    cold: Harness, engine: ScriptedEngine, tmp_path: Path
) -> None:
    hands = Hands(cold, engine)
    engine.answers += [answer("4711"), answer("Yes")]
    hands.attachments.attach([note(tmp_path)])
    until(lambda: hands.chips == ["note.md · 30 characters"])
    cold.say("The code?")
    assert "as soon as a model is loaded" in hands.said

    cold.start()
    until(lambda: not hands.entries)
    cold.until_idle()
    assert hands.last_prompt.startswith("[note.md]")

    cold.window.switcher.set_aside(asleep=True)
    until(lambda: cold.window.switcher.current is None)
    hands.attach(note(tmp_path, "other.md"))
    cold.say("Really?")
    until(lambda: len(engine.questions) == 2)
    assert hands.last_prompt.startswith("[other.md]")


def test_the_transcript_lives_on_when_a_document_was_taken_away(
    hands: Hands, tmp_path: Path
) -> None:
    transcript, composer = hands.ui.window.page.transcript, hands.ui.composer
    hands.attach(note(tmp_path, "kept.txt", "Kept."), note(tmp_path, "gone.txt", "Gone."))
    gone = hands.attachments.strip.chips[1]
    QTest.keyClick(gone.button, Qt.Key.Key_Delete)
    until(lambda: not isValid(gone))
    hands.engine.answers.append(answer("Yes."))

    hands.ask("Is it there?")

    assert hands.ui.rows[0].documents == ("kept.txt · all 16 tokens",)
    assert transcript.overlays.documents, "nothing lies over the question"
    composer.input.setFocus()
    hands.attach(note(tmp_path, "next.txt", "Next."))
    QTest.keyClick(composer.input, Qt.Key.Key_Backtab)
    assert hands.attachments.strip.isAncestorOf(hands.ui.window.focusWidget())
