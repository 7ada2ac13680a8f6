"""What is copied: plain text and HTML together."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from PySide6.QtCore import QMimeData

from baichuan_desktop.services.markdown.html_form import html_form
from baichuan_desktop.services.markdown.plain_form import plain_form, plain_text
from baichuan_desktop.ui.markdown.clipboard import block_mime, message_mime
from baichuan_desktop.ui.markdown.document import MarkdownDocument
from baichuan_desktop.ui.markdown.selecting import selected
from baichuan_desktop.ui.markdown.style import MarkdownStyle
from tests.helpers.markdown_texts import prefixes

DocumentOf = Callable[[str], MarkdownDocument]


def _body(mime: QMimeData) -> str:
    html = bytes(mime.data("text/html").data()).decode()
    match = re.fullmatch(
        r'<html><head><meta charset="utf-8"></head><body>(.*)</body></html>', html, re.DOTALL
    )
    assert match
    return match[1]


def _select(document: MarkdownDocument, first: str, last: str) -> tuple[int, int]:
    """From the beginning of one phrase to the end of another."""
    return document.occurrences(first)[0][0], document.occurrences(last)[-1][1]


def selection_text(document: MarkdownDocument, start: int, end: int) -> str:
    return plain_form([block for group in selected(document, start, end) for block in group])


def test_a_message_is_copied_as_text_and_as_html() -> None:
    mime = message_mime("# Head\n\nSome **bold** text.\n\n| a | b |\n|--|--:|\n| 1 | 2 < 3 |")
    body = _body(mime)

    assert mime.text() == "Head\n\nSome bold text.\n\na\tb\n1\t2 < 3"
    assert body.startswith("<h1>Head</h1><p>Some <strong>bold</strong> text.</p><table")
    assert "text-align:right" in body
    assert re.sub(r' style="[^"]*"', "", body).endswith(
        "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2 &lt; 3</td></tr></table>"
    )


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("- a\n  - b\n- c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("3. a\n4. b", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("- a\n\n* b", "<ul><li>a</li></ul><ul><li>b</li></ul>"),
        ("- a\n\n  b", "<ul><li><p>a</p><p>b</p></li></ul>"),
        ("- a\n  1. b\n     - c\n- d",
         "<ul><li>a<ol><li>b<ul><li>c</li></ul></li></ol></li><li>d</li></ul>"),
        ("- [x] a\n- [ ] b", "<ul><li>☑ a</li><li>☐ b</li></ul>"),
        ("> a\n>\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"),
        ("a\nb", "<p>a<br>b</p>"),
        ("---", "<hr>"),
        ("[x](https://e.org/?a=1&b=2)", '<p><a href="https://e.org/?a=1&amp;b=2">x</a></p>'),
        ("~~a~~ *b*", "<p><s>a</s> <em>b</em></p>"),
        ("$x<y$", "<p>$x&lt;y$</p>"),
        ("$$x$$", "<p>$$x$$</p>"),
    ],
)  # fmt: skip
def test_each_kind_of_block_has_its_html(markdown: str, html: str) -> None:
    assert _body(message_mime(markdown)) == html


class _Checked(HTMLParser):
    """Notes unbalanced tags, and everything that refers to something."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        allowed = {"a": {"href"}, "ol": {"start"}}.get(tag, {"style"})
        self.wrong += [f"{tag} {name}" for name, _value in attrs if name not in allowed]
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")


def test_html_of_any_text_is_balanced_and_refers_to_nothing_but_links() -> None:
    for prefix in prefixes(600, seed=21):
        checked = _Checked()
        checked.feed(_body(message_mime(prefix)))

        assert checked.wrong == [], prefix
        assert checked.open == [], prefix
        assert all(re.match("https?://|mailto:", link) for link in checked.links), prefix


@pytest.mark.parametrize(
    "text",
    [
        '<img src="file:///etc/passwd">',
        "<script>alert(1)</script>",
        "![x](https://example.org/pixel.png)",
        '[a](https://example.org/"onmouseover=x)',
        "```<b>\n</pre><script>\n```",
        "a\x00b\u202e\ud800",
    ],
)
def test_hostile_text_is_text_in_the_html_too(text: str) -> None:
    checked = _Checked()
    checked.feed(_body(message_mime(text)))

    assert not set(checked.wrong)
    assert "<script" not in _body(message_mime(text))
    assert "<img" not in _body(message_mime(text))
    assert "\x00" not in message_mime(text).text()


def test_a_selection_is_cut_where_it_begins_and_ends(document_of: DocumentOf) -> None:
    document = document_of("One **two three** four.\n\n- five six\n- seven")
    start, end = _select(document, "three", "five")

    assert selection_text(document, start, end) == "three four.\n\n- five"
    assert html_form(selected(document, start, end)) == (
        "<p><strong>three</strong> four.</p><ul><li>five</li></ul>"
    )


def test_all_of_a_document_selected_is_the_message(document_of: DocumentOf) -> None:
    compared = 0
    for prefix in prefixes(200, seed=31):
        document = document_of(prefix)
        whole = 0, document.characterCount() - 1
        if "$" in prefix or "\\" in prefix:
            continue  # without services a formula is its source there
        compared += 1
        assert selection_text(document, *whole) == message_mime(prefix).text(), prefix
        assert html_form(selected(document, *whole)) == _body(message_mime(prefix)), prefix
    assert compared > 40


def test_of_code_parts_of_lines_are_copied_without_the_card(document_of: DocumentOf) -> None:
    document = document_of("before\n\n```python\nx = 😀1\ny = 2\n\nz = 3\n```\n\nafter")
    start, end = _select(document, "1", "z")

    assert selection_text(document, start, end) == "1\ny = 2\n\nz"
    assert selection_text(document, 0, document.characterCount()) == (
        "before\n\nx = 😀1\ny = 2\n\nz = 3\n\nafter"
    )


def test_of_a_table_one_cell_or_whole_rows_are_copied(document_of: DocumentOf) -> None:
    document = document_of("| head | two |\n|--|--|\n| alpha | beta |\n| gamma | delta |")

    assert selection_text(document, *_select(document, "lph", "lph")) == "lph"
    assert selection_text(document, *_select(document, "alpha", "gamma")) == (
        "alpha\tbeta\ngamma\tdelta"
    )


def test_long_paragraphs_are_copied_as_they_are(
    style: MarkdownStyle, until: Callable[[Callable[[], bool]], None]
) -> None:
    for text in ("word " * 3000, "字" * 9000, "line of text\n" * 700):
        document = MarkdownDocument(style)
        document.set_text(text, plain=True)
        until(document.is_complete)
        assert selection_text(document, 0, document.characterCount()).split("\n") == [
            line.rstrip() for line in text.split("\n")
        ]


def test_blocks_alone_are_copied_as_what_they_are(document_of: DocumentOf) -> None:
    document = document_of("```py\nx = 1\n\n```\n\n| a | b |\n|--|--|\n| 1 **2** | 3 |")
    code, table = document.blocks()

    assert block_mime(code).text() == "x = 1\n"
    assert not block_mime(code).hasFormat("text/html")
    assert block_mime(table).text() == "a\tb\n1 2\t3"
    assert "<strong>2</strong>" in _body(block_mime(table))


def test_plain_text_has_no_marks_but_those_of_lists_and_quotes() -> None:
    text = "# H\n\n**b** `c` ~~d~~ [l](https://e.org)\n\n1. x\n   - y\n\n> q\n> r\n\n***\n\n$$z$$"

    assert plain_text(text) == "H\n\nb c d l\n\n1. x\n   - y\n\n> q\n> r\n\n---\n\nz"
