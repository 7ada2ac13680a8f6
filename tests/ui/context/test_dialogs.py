"""What is left out is chosen in a list, and the exact prompt is shown id by id."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from backends.events import ModelKind, TextDelta
from backends.protocol.engine_requests import ChatRequest, DescribePromptRequest, Request
from backends.text.chat_template import ChatPrompt, ChatTokens, build_app_prompt
from backends.text.described import described
from baichuan_desktop.services.chat.given import given_text
from baichuan_desktop.services.documents.values import Attachment, Document, Passage
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.ui.context.leave_out_dialog import LeaveOutDialog
from baichuan_desktop.ui.context.prompt_dialog import PromptDialog
from tests.helpers import goldens
from tests.ui.context.conftest import Hands, click
from tests.ui.harness import BASE, OTHER, Gate, ScriptedEngine, answer, finished


class DescribingEngine(ScriptedEngine):
    """Describes prompts as an engine does, with the tokenizer of a golden model."""

    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        if not isinstance(request, DescribePromptRequest):
            yield from super().run(request, cancel)
            return
        self.requests.append(request)
        tokenizer = goldens.tokenizer("b2-7b")
        if request.complete is not None:
            prompt, roles = ChatPrompt(tokenizer.encode(request.complete.prompt), 0), []
        else:
            assert request.chat is not None
            prompt = build_app_prompt(
                request.chat.messages,
                tokenizer.encode,
                ChatTokens(195, 196),
                context_length=4096,
                max_new_tokens=request.chat.params.max_new_tokens,
            )
            roles = [one.role for one in request.chat.messages]
        yield described(prompt, roles, tokenizer, 4096)


@pytest.fixture
def engine() -> ScriptedEngine:
    return DescribingEngine()


def leaving_out(hands: Hands) -> LeaveOutDialog:
    dialog = hands.context.dialog
    assert isinstance(dialog, LeaveOutDialog)
    hands.ui.until(lambda: "Counting" not in dialog.sum.text())
    return dialog


def prompt_shown(hands: Hands) -> PromptDialog:
    dialog = hands.context.dialog
    assert isinstance(dialog, PromptDialog)
    hands.ui.until(lambda: not dialog.is_waiting)
    return dialog


def listed(dialog: LeaveOutDialog) -> list[tuple[str, ...]]:
    items = [dialog.list.topLevelItem(n) for n in range(dialog.list.topLevelItemCount())]
    return [tuple(item.text(column) for column in range(3)) for item in items if item is not None]


def parts(dialog: PromptDialog) -> list[str]:
    return [dialog.list.item(n).text() for n in range(dialog.list.count())]


def section_text(dialog: PromptDialog, name: str) -> str:
    (found,) = [n for n, shown in enumerate(parts(dialog)) if shown.startswith(name)]
    one = dialog._sections[found]
    assert dialog._prompt is not None
    return "".join(dialog._prompt.texts[one.begin : one.end])


def test_what_is_dropped_is_chosen_with_one_click_at_the_line(hands: Hands) -> None:
    ui, engine = hands.ui, hands.engine
    hands.load(context_length=100)
    hands.keep_free(40)
    hands.ask("first" * 2, "1234567", "long" * 5, "x" * 17, "third", "third")  # 19, 39, 12
    assert hands.drop_line.startswith("2 older messages")
    ui.transcript.refresh_ids()
    ui.until(lambda: bool(ui.transcript.overlays.notes))
    click(next(iter(ui.transcript.overlays.notes.values())))
    dialog = leaving_out(hands)

    assert listed(dialog) == [
        ("firstfirst", "19", "does not fit"),
        ("longlonglonglonglong", "39", "given"),
        ("third", "12", "given"),
    ]
    dialog.list.setCurrentItem(dialog._items[1])
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    assert [row[2] for row in listed(dialog)] == ["given", "left out", "given"]
    assert "2 questions with their answers, 31 tokens" in dialog.sum.text()
    click(dialog.apply_button)

    assert hands.drop_line == ""
    assert ui.row("longlong").caution == "You left this question and its answers out of the prompt"
    hands.ask("so?", "ok")
    asked = engine.questions[-1]
    assert isinstance(asked, ChatRequest)
    assert [one.text for one in asked.messages] == [
        "firstfirst", "1234567", "third", "third", "so?",
    ]  # fmt: skip

    ui.window.menus.leave_out.trigger()
    dialog = leaving_out(hands)
    click(dialog.all_button)
    click(dialog.apply_button)
    assert ui.row("longlong").caution == ""


def test_what_is_left_out_of_another_branch_stays_so(hands: Hands) -> None:
    hands.load()
    hands.ask("one", "1", "two", "2")
    conversation = hands.ui.window.controller.conversation
    assert conversation is not None
    two = hands.ui.row("two").id
    hands.ui.window.page.drafts.change_settings(left_out=frozenset({two}))
    hands.engine.answers.append(answer("3"))
    hands.ui.window.page.transcript.edited.emit(two, "three")
    hands.ui.until(lambda: "3" in hands.ui.page_text)
    hands.ui.until_idle()
    hands.settle()

    hands.context.choose_left_out()
    dialog = leaving_out(hands)
    assert [row[0] for row in listed(dialog)] == ["one", "three"]
    dialog.list.setCurrentItem(dialog._items[0])
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    click(dialog.apply_button)

    one = hands.ui.row("one").id
    kept = hands.ui.window.controller.conversation
    assert kept is not None
    assert kept.settings.left_out == {one, two}


def test_where_nothing_can_be_left_out_that_is_said(hands: Hands) -> None:
    hands.load()
    hands.settle()
    hands.ui.window.menus.leave_out.trigger()
    assert hands.context.dialog is None
    assert hands.ui.error is not None
    assert "none can be left out" in " ".join(
        label.text() for label in hands.ui.error.findChildren(QLabel)
    )


def test_a_choice_that_is_cancelled_changes_nothing(hands: Hands) -> None:
    hands.load()
    hands.ask("one", "1", "two", "2")
    hands.settle()
    hands.context.choose_left_out()
    dialog = leaving_out(hands)
    dialog.list.setCurrentItem(dialog._items[0])
    QTest.keyClick(dialog.list, Qt.Key.Key_Space)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)

    conversation = hands.ui.window.controller.conversation
    assert conversation is not None
    assert conversation.settings.left_out == frozenset()


def test_a_system_prompt_that_is_too_long_is_refused_before_anything_is_sent(
    hands: Hands,
) -> None:
    ui = hands.ui
    hands.load(context_length=100)
    ui.window.panel.system_prompt_edit.setPlainText("s" * 98)
    ui.composer.set_text("Hello")
    hands.settle()
    ui.press(Qt.Key.Key_Return)

    assert ui.error is not None
    assert "The system prompt needs 101 tokens" in ui.error.message.text()
    ui.error.close()
    assert ui.composer.text() == "Hello"
    assert ui.rows == []
    ui.window.panel.system_prompt_edit.setPlainText("")
    ui.composer.set_text("H" * 98)
    hands.settle()
    ui.press(Qt.Key.Key_Return)
    assert ui.error is not None
    assert ui.composer.text() == "H" * 98
    ui.error.close()
    assert hands.engine.questions == []


def test_the_exact_prompt_of_the_draft_is_listed_by_parts(hands: Hands) -> None:
    ui = hands.ui
    hands.load()
    ui.window.panel.system_prompt_edit.setPlainText("Be brief.")
    hands.ask("你好", "Hello!")
    ui.composer.set_text("And now? 🙂")
    ui.window.menus.exact_prompt.trigger()
    dialog = prompt_shown(hands)

    assert [part.split(" · ")[0] for part in parts(dialog)] == [
        "System prompt", "Question 1", "Answer 1", "Question 2", "Here the answer begins",
    ]  # fmt: skip
    assert section_text(dialog, "Question 2") == "And now? 🙂"
    assert "message in the field" in dialog.note.text()
    dialog.list.setCurrentRow(3)
    first = dialog.table.currentIndex().row()
    ids = [dialog.model.index(first + n, 1).data() for n in range(2)]
    assert ids == ["195", str(goldens.tokenizer("b2-7b").encode("And now? 🙂")[0])]

    dialog.search.setText("now? 🙂")
    dialog.search.search_now()
    assert dialog.found.text() == "1 of 1"
    dialog.search.setText("195")
    dialog.search.search_now()
    assert dialog.found.text() == "1 of 2", "an id is found too"
    dialog.search.setText("nowhere")
    dialog.search.search_now()
    assert dialog.found.text() == "Not found"
    click(dialog.copy_button)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert len(copied) == dialog.model.rowCount()
    assert copied[-1].startswith("196\t")
    dialog.table.selectRow(1)
    QTest.keyClick(dialog.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == copied[1]
    dialog.close()


def test_a_document_has_its_own_part_with_just_what_is_given(hands: Hands) -> None:
    ui = hands.ui
    hands.load()
    tree = ui.window.controller.tree
    conversation = ui.window.controller.begun()
    text = "".join(f"第 {n} 行：内容\n" for n in range(40))
    document = Document(tree.store.new_id(), conversation.id, "报告.txt", "text", 9, "0" * 64, text)
    tree.store.put_document(document)
    given = Attachment(document.id, document.name, (Passage(10, 30), Passage(60, 75)), passages=9)
    ui.window.page.previewing.append(
        lambda sending: type(sending)(sending.text, sending.params, sending.system_prompt, (given,))
    )
    ui.composer.set_text("总结一下")
    hands.context.show_prompt()
    dialog = prompt_shown(hands)

    assert section_text(dialog, "Document: 报告.txt") == given_text(given, document)
    assert parts(dialog)[0] == "Question 1 · 1", "the id that begins the turn"
    dialog.close()


def test_without_a_draft_the_prompt_of_the_last_question_is_shown(hands: Hands) -> None:
    hands.load()
    hands.ask("one", "1", "two", "2")
    hands.context.show_prompt()
    dialog = prompt_shown(hands)

    assert section_text(dialog, "Question 2") == "two"
    assert "last question" in dialog.note.text()
    dialog.close()


def test_while_an_answer_is_written_the_prompt_comes_after_it(
    hands: Hands, engine: ScriptedEngine
) -> None:
    hands.load()
    gate = Gate()
    engine.answers.append([TextDelta("1"), gate, finished()])
    hands.ui.say("one")
    hands.ui.until(gate.reached.is_set)
    hands.context.show_prompt()
    dialog = hands.context.dialog
    assert isinstance(dialog, PromptDialog)
    assert dialog.is_waiting
    assert "when that has ended" in dialog.note.text()
    gate.open.set()

    assert section_text(prompt_shown(hands), "Question 1") == "one"
    dialog.close()


def test_why_there_is_no_prompt_is_said_in_its_place(
    hands: Hands,
) -> None:
    hands.load()
    hands.context.show_prompt()
    dialog = prompt_shown(hands)

    assert dialog.heading.text() == "There is no prompt to show"
    assert "There is no message to answer." in dialog.note.text()
    assert not dialog.copy_button.isEnabled()
    dialog.close()


def test_a_base_models_prompt_is_its_text(hands: Hands) -> None:
    hands.load(path=BASE.path, kind=ModelKind.BASE)
    hands.ask("从前有", "座山")
    hands.context.show_prompt()
    dialog = prompt_shown(hands)

    assert section_text(dialog, "Text") == "从前有座山"
    dialog.close()


def test_a_model_that_sleeps_is_loaded_to_show_its_prompt(hands: Hands) -> None:
    hands.load()
    hands.ask("Who are you?", "A model.")
    hands.ui.window.switcher.set_aside(asleep=True)
    hands.ui.until(lambda: not hands.ui.worker.is_busy)

    hands.context.show_prompt()
    dialog = hands.context.dialog
    assert isinstance(dialog, PromptDialog)
    hands.ui.until(lambda: not dialog.is_waiting)
    assert "tokens, exactly as the model gets them" in dialog.heading.text()
    assert hands.engine.loaded_folders[-2:] == [OTHER.path, OTHER.path]
    hands.ui.until_idle()
