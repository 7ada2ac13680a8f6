"""What models and strangers write is text: nothing of it acts, and nothing is opened."""

from __future__ import annotations

import builtins
from pathlib import Path

import pytest
from PySide6.QtCore import QFile
from PySide6.QtGui import QTextDocument

from baichuan_desktop.ui.transcript.rows.row import RowKind
from tests.ui.transcript.shown import Shown, answer, question

TEXTS = {
    "html": "<b>bold</b> <script>alert(1)</script><style>*{display:none}</style>",
    "image of a file": '<img src="file:///etc/passwd"> <img src=/etc/passwd>',
    "markdown image": "![alt](file:///etc/passwd) ![](/etc/passwd) ![x](\\\\server\\share\\a.png)",
    "share": "[x](\\\\server\\share) \\\\server\\share file://server/share",
    "bidi": "\u202egnp.exe\u202c \u2066x\u2069 \u200f\u061c",
    "controls": "a\x00b\x1b[31mred\x1b[0m\x07\x08\x7f\x9b",
    "surrogates": "\ud800x\udfff y\udc00",
    "of Qt": "a\ufdd0b\ufdd1c\ufffcd\u2028e\u2029f\ufeffg",
    "returns": "a\rb\r\nc\r\r\nd",
    "combining": "Z" + "\u0334" * 3_000 + "algo",
    "entities": "&lt;b&gt; &#x202e; &nbsp;&#0; &amp;",
    "deep": "> " * 300 + "x\n" + "- " * 300 + "y",
    "fence": "````\n```\n~~~\n",
    "links": "<https://a.b/\u202egpj.exe> [a](javascript:x) [b](https://a.b/\x00)",
    "formula": "$\\def\\x{\\x\\x}\\x$ $$\\frac{$$ $" + "{" * 500 + "$",
    "noncharacters": "\ufffe\uffff\U0010ffff",
}
KINDS = (RowKind.PERSON, RowKind.ANSWER, RowKind.CONTINUATION, RowKind.NOTE)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What is asked for while texts are shown: resources of documents, files of Python."""
    asked: list[object] = []
    icons = "/icons/"

    def note_open(file: object, *_: object, **__: object) -> object:
        asked.append(file)
        raise AssertionError(file)

    read_text = Path.read_text

    def note_read(path: Path, *arguments: object, **named: object) -> str:
        if icons not in path.as_posix():
            asked.append(path)
        return read_text(path, *arguments, **named)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(Path, "read_text", note_read)
    monkeypatch.setattr(builtins, "open", note_open)
    monkeypatch.setattr(QFile, "open", lambda *_: asked.append("QFile"))
    monkeypatch.setattr(
        QTextDocument, "loadResource", lambda _, kind, name: asked.append((kind, name))
    )
    return asked


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
@pytest.mark.parametrize("name", TEXTS)
def test_it_is_shown_copied_searched_and_read_out_as_text(
    shown: Shown, opened: list[object], name: str, kind: RowKind
) -> None:
    text = TEXTS[name]
    row = answer(
        1, text, kind=kind, speaker=text[:60], footer=text[:60], caution=text[:60], versions=2
    )
    shown.show([row, question(2, "After it")])

    shown.view.grab()
    shown.view.select_all()
    shown.view.copy()
    shown.view.mark("x")
    shown.view.go_to(1, "x")
    shown.view.grab()
    shown.view.menus.show_by_key()
    shown.view.menus.menu.close()

    assert opened == []
    assert "After it" in shown.selected()
    assert shown.row_view(2).body.toPlainText() == "After it"


@pytest.mark.parametrize("name", TEXTS)
def test_it_streams_as_text(shown: Shown, name: str) -> None:
    text = TEXTS[name]
    conversation = shown.show([question(1, "Hi"), answer(2, "", is_writing=True)])

    for length in range(0, len(text) + 1, max(len(text) // 20, 1)):
        conversation.change(2, text=text[:length])
        shown.view.refresh_row(2)
        shown.view.arrange()
    conversation.change(2, text=text, is_writing=False)
    shown.view.finish_row(2)
    streamed = shown.row_view(2).body.toPlainText()

    shown.show([question(1, "Hi"), answer(2, text)])
    assert streamed == shown.row_view(2).body.toPlainText()


def test_tags_are_seen_as_they_were_written(shown: Shown) -> None:
    shown.show([question(1, TEXTS["html"]), answer(2, TEXTS["image of a file"])])

    assert shown.row_view(1).body.toPlainText() == TEXTS["html"]
    assert shown.row_view(2).body.toPlainText() == TEXTS["image of a file"]


def test_a_name_that_turns_letters_around_is_drawn_without_doing_so(shown: Shown) -> None:
    """The name is drawn as it is asked for: with a mark in the place of the character."""
    turned = answer(1, "So.", speaker="model \u202egnp")
    marked = answer(1, "So.", speaker="model \ufffdgnp")
    shown.show([turned])
    first = shown.view.grab().toImage()

    shown.show([marked])

    assert shown.view.grab().toImage() == first
