"""Files that are attached, and hands that attach them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from backends.protocol.engine_requests import ChatRequest
from backends.text.chat_template import Role
from baichuan_desktop.ui.attachments.attachments import Attachments
from baichuan_desktop.ui.attachments.document_dialog import DocumentDialog
from baichuan_desktop.ui.attachments.entry import Entry
from baichuan_desktop.ui.attachments.given_dialog import GivenDialog
from tests.ui.harness import Harness, ScriptedEngine, until

#: One of many passages, and one alone says what the question is about.
TOPICS = ("lorries", "harbours", "customs", "insurance", "pallets", "ferries", "invoices", "cranes")


def price_list(folder: Path, name: str = "prices.txt", *, sections: int = 40) -> Path:
    """A text far too long for a context of 4,096 characters."""
    parts = [
        f"Section {number} is about {TOPICS[number % len(TOPICS)]}{number}. "
        + "Whoever reads this finds the usual terms of delivery, payment and liability. " * 8
        for number in range(1, sections + 1)
    ]
    file = folder / name
    file.write_text("\n\n".join(parts), encoding="utf-8")
    return file


def note(
    folder: Path, name: str = "note.md", text: str = "# Note\n\nThe gate code is 4711."
) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


class Hands:
    """Somebody who attaches documents in a window."""

    def __init__(self, ui: Harness, engine: ScriptedEngine) -> None:
        self.ui, self.engine = ui, engine

    @property
    def attachments(self) -> Attachments:
        return self.ui.window.around_chat.attachments

    @property
    def entries(self) -> Sequence[Entry]:
        return self.attachments.drafts.entries

    @property
    def chips(self) -> list[str]:
        """What the documents over the field say."""
        return [chip.button.text().replace("&&", "&") for chip in self.attachments.strip.chips]

    @property
    def said(self) -> str:
        """The sentence under them."""
        return self.attachments.strip.label.text()

    def attach(self, *paths: Path) -> None:
        """Attach files, and wait until they are read and counted, or cannot be."""
        self.attachments.attach(paths)
        self.wait_until_counted()

    def wait_until_counted(self) -> None:
        until(lambda: all(one.counted or one.error for one in self.entries))

    def write(self, text: str) -> None:
        """Write a message, and wait until what is given with it is chosen."""
        self.ui.composer.set_text(text)
        until(lambda: all("of" in chip or "all" in chip for chip in self.chips))

    def ask(self, text: str) -> str:
        """Send a message; what the model was given as its text."""
        self.ui.say(text)
        until(lambda: not self.entries)  # they are counted first
        self.ui.until_idle()
        return self.last_prompt

    @property
    def last_prompt(self) -> str:
        request = self.engine.questions[-1]
        assert isinstance(request, ChatRequest)
        assert request.messages[-1].role is Role.USER
        return request.messages[-1].text

    def open(self, number: int = 0) -> DocumentDialog:
        """Press a document over the field."""
        self.attachments.strip.chips[number].button.click()
        dialog = self.attachments.dialog
        assert isinstance(dialog, DocumentDialog)
        return dialog

    def open_given(self, number: int = 0) -> GivenDialog:
        """Press a document over the last question."""
        row = next(one for one in reversed(self.ui.rows) if one.documents)
        self.ui.transcript.go_to(row.id)
        chips = self.ui.transcript.overlays.documents
        until(lambda: (row.id, number) in chips)
        chips[row.id, number].click()
        dialog = self.attachments.dialog
        assert isinstance(dialog, GivenDialog)
        return dialog


def drop(ui: Harness, *paths: Path) -> None:
    """Drag files over the window and let them go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window, copy = ui.window, Qt.DropAction.CopyAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    at = window.rect().center()
    enter = QDragEnterEvent(at, copy, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(at), copy, data, left, none))


def rows_of(dialog: DocumentDialog | GivenDialog) -> list[str]:
    """The lines of a dialog's list, without what the passage begins with."""
    view = dialog.view.list
    return [view.item(row).text().rsplit(" · ", 1)[0] for row in range(view.count())]


def text_of(dialog: DocumentDialog | GivenDialog) -> str:
    """All that a dialog shows of what is given, one part after the other."""
    texts = []
    for row in range(dialog.view.list.count()):
        dialog.view.list.setCurrentRow(row)
        texts.append(dialog.view.text.toPlainText())
    return "\n\n".join(texts)
