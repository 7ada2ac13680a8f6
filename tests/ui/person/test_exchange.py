"""Conversations are exported in each form, printed, and brought in from other programs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pypdfium2
import pytest
from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.documents.formats.pdf import with_whole_lines
from tests.helpers.policies import write_policy
from tests.ui.harness import ScriptedEngine, answer, until
from tests.ui.person.conftest import App
from tests.ui.person.person import Person
from tests.ui.person.test_conversations import CHATS, chats, talk

Key = Qt.Key
OTHERS = Path(__file__).parents[2] / "goldens" / "conversations_of_others"
SAID = "**因为** $x^2$:\n\n```python\nprint('<b>')\n```"


def pdf_text(file: Path) -> str:
    """As the app reads it: in some fonts a hanzi is the picture of a radical too."""
    pages = pypdfium2.PdfDocument(file)
    text = "\n".join(page.get_textpage().get_text_range() for page in pages)
    pages.close()
    return with_whole_lines(text)


def save_as(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """What the person chooses in the next dialogs of the system."""
    for name in ("choose_target", "choose_folder"):
        monkeypatch.setattr(f"baichuan_desktop.ui.exchange.export_dialog.{name}", lambda *_: place)


def export(me: Person, downs: int, told: str) -> None:
    """Choose a form by the arrow keys, export, read what came of it, and close the dialog."""
    for _ in range(downs):
        me.key(Key.Key_Down)
    me.press("Export…")
    me.wait_to_see(told)
    me.press("Close")


def test_the_open_conversation_becomes_a_file_of_each_form(
    me: Person, engine: ScriptedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.answers.append(answer(SAID))
    me.enter("大雁为什么飞？")
    until(lambda: len(me.messages()) == 2)
    me.wait_until_ready()
    names = ("x.md", "x.html", "x.pdf", "x.txt", "x.json")
    for downs, name in enumerate(names):
        save_as(monkeypatch, tmp_path / name)
        me.ctrl("E", shift=True)
        until(lambda: me.focused() == "Form of the files")
        export(me, downs, "The conversation is in")

    text = {name: (tmp_path / name).read_text("utf-8", "replace") for name in names}
    assert SAID in text["x.md"]
    assert "因为 $x^2$:\n\nprint('<b>')" in text["x.txt"]
    assert 'aria-label="x^2"' in text["x.html"]
    assert "print(&#x27;&lt;b&gt;&#x27;)" in text["x.html"]
    pages = pdf_text(tmp_path / "x.pdf")
    assert "大雁为什么飞？" in pages
    assert "print('<b>')" in pages
    assert "$" not in pages, "the formula is drawn"
    (one,) = json.loads(text["x.json"])["conversations"]
    assert [message["text"] for message in one["messages"]] == ["大雁为什么飞？", SAID]


def test_all_become_one_zip_and_a_row_or_some_become_files(
    me: Person, engine: ScriptedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk(me, engine, "one", "1")
    talk(me, engine, "two", "2")
    me.press("New chat")
    save_as(monkeypatch, tmp_path / "all.zip")
    me.choose_from("Menu", "Export…")
    me.wait_to_see("Files are not encrypted")
    export(me, 0, "2 conversations are in")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len(archive.namelist()) == 3

    save_as(monkeypatch, tmp_path)
    me.choose_from("Menu", "Export…")
    until(lambda: me.focused() == "Form of the files")
    export(me, 3, "2 conversations are in")  # PDF
    assert {file.name for file in tmp_path.glob("*.pdf")} == {"one.pdf", "two.pdf"}

    save_as(monkeypatch, tmp_path / "row.md")
    me.entry_menu(CHATS, "one")
    me.choose("Export…")
    until(lambda: me.focused() == "Form of the files")
    me.press("With times, models and the system prompt")
    export(me, 0, "The conversation is in")
    assert (tmp_path / "row.md").read_text("utf-8") == "# one\n\n## You\n\none\n\n## Model\n\n1\n"

    save_as(monkeypatch, tmp_path / "no" / "x.md")
    me.entry_menu(CHATS, "one")
    me.choose("Export…")
    export(me, 0, "cannot be written: No such file or directory.")


def test_the_open_conversation_is_printed(
    desk: App, engine: ScriptedEngine, tmp_path: Path
) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    talk(me, engine, "one", "第一")
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "paper.pdf"))
    assert desk.running is not None
    exchanging = desk.running.window.around_chat.exchanging
    exchanging.choose_printer = lambda _window, use: use(printer)

    me.ctrl("P")

    until(lambda: exchanging.print_dialog is None)
    assert "第一" in pdf_text(tmp_path / "paper.pdf")
    me.press("New chat")
    me.ctrl("P")
    me.wait_to_see("There is nothing to export")


def test_a_window_that_is_closed_leaves_no_half_file(
    desk: App, engine: ScriptedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = desk.start(engine)
    me.wait_until_ready()
    engine.answers.append(answer("A paragraph.\n\n" * 300))
    me.enter("one")
    until(lambda: len(me.messages()) == 2)
    me.wait_until_ready()
    save_as(monkeypatch, tmp_path / "x.pdf")
    me.ctrl("E", shift=True)
    until(lambda: me.focused() == "Form of the files")
    me.key(Key.Key_Down)
    me.key(Key.Key_Down)
    me.press("Export…")

    desk.quit()

    assert list(tmp_path.glob(".export-*")) == []
    for file in tmp_path.glob("*.pdf"):  # of a machine that was quick
        assert file.read_bytes().rstrip().endswith(b"%%EOF")


def test_what_chatgpt_exported_is_shown_then_added_and_not_twice(
    me: Person, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk(me, engine, "mine", "1")
    room = "baichuan_desktop.ui.exchange.import_dialog"
    monkeypatch.setattr(f"{room}.choose_file", lambda *_: OTHERS / "chatgpt/conversations.json")
    monkeypatch.setattr(f"{room}.choose_folder", lambda *_: OTHERS / "lm_studio")
    found = "Conversations that were found"
    me.choose_from("Menu", "Import conversations…")
    me.press("Choose a file…")

    me.wait_to_see("2 conversations of ChatGPT, of 14 Nov 2023")
    assert me.sees("2 are new")
    assert me.sees("thoughts (1)")
    assert me.sees("Unknown here, and left out: a_field_of_next_year (1)")
    assert me.spoken_entries(found) == [
        "Old branch, 14 Nov 2023 · 2 messages · new",
        "雁阵 and geese, 14 Nov 2023 · 5 messages · new",
    ]
    assert chats(me) == ["mine"]
    me.click_entry(found, "Old branch")
    me.press("Add one conversation")
    me.wait_to_see("Added: 5 messages in 1 conversations.")
    me.press("Close")
    until(lambda: "雁阵 and geese" in me.entries(CHATS))
    me.click_entry(CHATS, "雁阵 and geese")
    until(lambda: len(me.messages()) == 4)
    assert me.messages()[1] == "gpt-4o: Second version."

    me.choose_from("Menu", "Import conversations…")
    me.press("Choose a file…")
    me.wait_to_see("1 are here already, and are not added again")
    me.press("Cancel")
    me.choose_from("Menu", "Import conversations…")
    me.press("Choose a folder…")
    me.wait_to_see("One conversation of LM Studio")
    me.press("Add one conversation")
    me.wait_to_see("Added: 7 messages in 1 conversations.")
    me.press("Close")
    until(lambda: "航海" in me.entries(CHATS))


def test_a_file_that_is_no_export_says_so_and_another_one_can_be_chosen(
    me: Person, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.json").write_text('{"a": 1}', encoding="utf-8")
    room = "baichuan_desktop.ui.exchange.import_dialog"
    monkeypatch.setattr(f"{room}.choose_file", lambda *_: tmp_path / "x.json")
    me.choose_from("Menu", "Import conversations…")
    me.press("Choose a file…")

    me.wait_to_see("holds no conversations in a form that this version reads.")
    assert me.can_press("Choose a folder…")
    me.escape()
    until(lambda: not me.controls("Choose a folder…"))


def test_a_policy_turns_export_and_print_off_and_says_so(
    desk: App, engine: ScriptedEngine, tmp_path: Path
) -> None:
    write_policy(tmp_path, "export_conversations: false\ncontact: desk 7\n")
    me = desk.start(engine)
    me.wait_until_ready()
    talk(me, engine, "one", "1")
    assert desk.running is not None
    menus = desk.running.window.menus

    for action in (menus.export, menus.print):
        assert not action.isEnabled()
        assert "Conversations are not written to files here" in action.statusTip()
    assert menus.import_chats.isEnabled()
    me.entry_menu(CHATS, "one")
    assert me.menu()["Export…"] is False
    popup = QApplication.activePopupWidget()
    assert popup is not None
    popup.close()
