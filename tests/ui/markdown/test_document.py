"""What a document shows, and what it leaves alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QFontDatabase,
    QImage,
    QPainter,
    QPalette,
    QTextBlock,
    QTextDocument,
    QTextTable,
)

from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.markdown.decorations import draw_decorations
from baichuan_desktop.ui.markdown.document import MarkdownDocument
from baichuan_desktop.ui.markdown.style import MarkdownStyle, style_of

DocumentOf = Callable[[str], MarkdownDocument]


def picture(document: MarkdownDocument, ground: str = "#ffffff") -> QImage:
    """What a reader sees."""
    size = document.size()
    image = QImage(int(size.width()), int(size.height()) + 1, QImage.Format.Format_RGB32)
    image.fill(QColor(ground))
    painter = QPainter(image)
    draw_decorations(document, painter, QRectF(0, 0, size.width(), size.height()))
    context = QAbstractTextDocumentLayout.PaintContext()
    context.palette.setColor(QPalette.ColorRole.Text, QColor(document.style.text))
    document.documentLayout().draw(painter, context)
    painter.end()
    return image


def _ink(image: QImage) -> float:
    """How dark a picture is altogether."""
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    shades = bytes(grey.constBits())
    return sum(255 - shade for shade in shades) / 255


def _block(document: QTextDocument, text: str) -> QTextBlock:
    block = document.begin()
    while block.isValid():
        if block.text() == text:
            return block
        block = block.next()
    raise AssertionError(text)


def _tables(document: QTextDocument) -> list[QTextTable]:
    return [f for f in document.rootFrame().childFrames() if isinstance(f, QTextTable)]


def test_lines_with_hanzi_are_as_high_as_others(document_of: DocumentOf) -> None:
    heights = [
        document_of(text).size().height()
        for text in ("letters", "汉字", "汉字 **粗体** letters 한 😀", "`code 汉字`")
    ]

    assert len(set(heights)) == 1


def test_every_row_of_a_table_is_there_and_aligned(document_of: DocumentOf) -> None:
    document = document_of("| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |\n| 4 | 5 |")
    (table,) = _tables(document)

    assert (table.rows(), table.columns()) == (3, 3)
    texts = [table.cellAt(row, column).firstCursorPosition().block().text()
             for row in range(3) for column in range(3)]  # fmt: skip
    assert texts == ["a", "b", "c", "1", "2", "3", "4", "5", ""]
    alignments = [table.cellAt(1, column).firstCursorPosition().blockFormat().alignment()
                  for column in range(3)]  # fmt: skip
    assert alignments == [
        Qt.AlignmentFlag.AlignLeft,
        Qt.AlignmentFlag.AlignHCenter,
        Qt.AlignmentFlag.AlignRight,
    ]


@pytest.mark.parametrize("rows", [3000, 5000])
def test_a_table_too_large_to_be_laid_out_is_text_and_whole(
    style: MarkdownStyle, until: Callable[[Callable[[], bool]], None], rows: int
) -> None:
    document = MarkdownDocument(style)
    document.set_text("| a | b |\n|--|--|\n" + "".join(f"| {n} | x |\n" for n in range(rows)))
    until(document.is_complete)

    assert not _tables(document)
    assert f"{rows - 1} | x" in document.toPlainText()
    (block,) = document.blocks()
    assert block.source.count("\n") == rows


def test_code_of_twenty_thousand_lines_is_shown(
    style: MarkdownStyle, until: Callable[[Callable[[], bool]], None]
) -> None:
    document = MarkdownDocument(style)
    document.setTextWidth(760)
    document.set_text("```\n" + "".join(f"line {n}\n" for n in range(20_000)) + "```")
    until(document.is_complete)

    (block,) = document.blocks()
    assert block.source.endswith("line 19999")
    assert block.rectangle.height() == 33 + 16 + 20_000 * 21 + 16


def test_a_card_has_room_for_its_header_and_lies_where_its_lines_are(
    document_of: DocumentOf,
) -> None:
    document = document_of("before\n\n```python\nx = 1\ny = 2\n```\n\nafter")
    (block,) = document.blocks()
    layout = document.documentLayout()
    first = layout.blockBoundingRect(_block(document, "x = 1"))

    assert (block.kind, block.language, block.source) == ("code", "python", "x = 1\ny = 2")
    assert block.rectangle.width() == 760
    assert first.top() - block.rectangle.top() == 33 + 16
    assert block.rectangle.height() == 33 + 16 + 2 * 21 + 16


@pytest.mark.parametrize("after", ["```\nx\n```", "---", "text", "- item", "| b |\n|--|\n| 2 |"])
def test_what_follows_a_table_stands_under_it(document_of: DocumentOf, after: str) -> None:
    document = document_of(f"| a |\n|--|\n| 1 |\n\n{after}")
    above, below = document.rectangle(0), document.rectangle(1)

    assert below.top() - above.bottom() == pytest.approx(12, abs=1.5)
    assert above.height() == pytest.approx(2 * (7 + 22 + 7) + 2, abs=1)  # rows and hairlines
    assert below.left() < 40


def test_marks_of_lists_stand_in_the_margin_of_their_items(document_of: DocumentOf) -> None:
    document = document_of("- one\n  - two\n    1. three\n\n> quoted\n> > twice")
    margins = [
        _block(document, text).blockFormat().leftMargin()
        for text in ("one", "two", "three", "quoted", "twice")
    ]

    assert margins == [30, 60, 90, 16, 32]


def test_marks_are_painted(document_of: DocumentOf) -> None:
    """Left of the text: nothing there but what the decorations paint."""
    for text in ("- x", "12. x", "- [x] x", "- [ ] x", "> x"):
        image = picture(document_of(text))
        assert _ink(image.copy(0, 0, 16 if text[0] == ">" else 30, image.height())) > 5, text


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_a_document_takes_another_theme_and_size(theme: Theme, choice: str) -> None:
    theme.use("light" if choice == "dark" else "dark")
    document = MarkdownDocument(style_of(theme))
    document.setTextWidth(760)
    document.set_text("# Head\n\ntext **bold** `code`\n\n| a |\n|--|\n| 1 |\n\n```\nx\n```")
    height = document.size().height()
    theme.use("dark" if choice == "dark" else "light")
    theme.set_zoom(2.0)
    document.restyle(style_of(theme))
    new = MarkdownDocument(style_of(theme))
    new.setTextWidth(760)
    new.set_text(document.source)
    theme.set_zoom(1.0)

    assert picture(document) == picture(new)
    assert document.size().height() > 1.8 * height


def test_only_pages_and_mail_are_found_as_links(document_of: DocumentOf) -> None:
    document = document_of("[there](https://example.org/a)\n\n[here](file:///etc/passwd)")
    top, bottom = document.rectangle(0), document.rectangle(1)

    assert document.link_at(QPointF(10, top.center().y())) == "https://example.org/a"
    assert document.link_at(QPointF(10, bottom.center().y())) is None
    assert document.link_at(QPointF(700, top.center().y())) is None


def test_a_phrase_is_found_wherever_it_stands(document_of: DocumentOf) -> None:
    document = document_of("Apple apple\n\n| x |\n|--|\n| an APPLE |\n\n```\napple = 1\n```")
    found = document.occurrences("apple")

    assert len(found) == 4
    assert [last - first for first, last in found] == [5, 5, 5, 5]
    assert document.occurrences("pear") == document.occurrences("") == []


def test_plain_text_is_shown_as_it_is_written(style: MarkdownStyle) -> None:
    document = MarkdownDocument(style)
    document.set_text("# not a *heading*\n- no list\n\n$x$", plain=True)
    assert document.toPlainText() == "# not a *heading*\n- no list\n\n$x$"
    document.set_text(document.source)

    assert document.firstBlock().text() == "not a heading"


HOSTILE = (
    '<img src="file://{file}">\n\n![x](file://{file})\n\n![x]({file})\n\n<img src="{file}">\n\n'
    '[r]: {file}\n\n![r]\n\n<link rel="stylesheet" href="{file}">\n\n'
    "[c](\\\\srv\\share) <script>x</script> \x1b[31m \x00 \u202e \ud800 "
    '<object data="{file}"></object>'
)


def test_no_file_is_opened_for_any_text(tmp_path: Path, style: MarkdownStyle) -> None:
    """Every file that the interpreter or Qt asks for by a name goes through `loadResource`."""
    file = tmp_path / "image.png"
    QImage(4, 4, QImage.Format.Format_RGB32).save(str(file))
    asked: list[str] = []

    class Watched(MarkdownDocument):
        def loadResource(self, _type: int, name: object) -> QImage:
            asked.append(str(name))
            return QImage()

    document = Watched(style)
    document.setTextWidth(760)
    document.set_text(HOSTILE.format(file=file))
    picture(document)

    assert asked == []
    assert f'<img src="file://{file}">' in document.toPlainText()
    for sign in ("␛[31m", "␀", "[U+202E]", "\ufffd"):
        assert sign in document.toPlainText()


def test_marks_by_the_megabyte_are_drawn_in_bounded_work(document_of: DocumentOf) -> None:
    document = document_of("a" + "\u0301" * 1_000_000)

    assert document.characterCount() < 20
    assert document.size().height() == 25


def test_a_megabyte_without_a_space_is_cut_into_paragraphs_of_qt(
    style: MarkdownStyle, until: Callable[[Callable[[], bool]], None]
) -> None:
    """One paragraph of 200,000 letters takes Qt 1.3 s, a hundred of 2,000 take 0.04."""
    document = MarkdownDocument(style)
    document.set_text("x" * 300_000)
    until(document.is_complete)

    longest = 0
    block = document.begin()
    while block.isValid():
        longest = max(longest, block.length())
        block = block.next()
    assert longest <= 2001
    assert document.toPlainText().replace("\n", "") == "x" * 300_000


def _bold_ink(style: MarkdownStyle, hanzi: str) -> float:
    """How much more ink bold letters have than the same in regular."""
    inks = []
    for text in (hanzi, f"**{hanzi}**"):
        document = MarkdownDocument(style)
        document.setTextWidth(760)
        document.set_text(text)
        inks.append(_ink(picture(document)))
    return inks[1] / inks[0]


@pytest.mark.parametrize("file", ["NotoSansSC-Regular.otf", "DroidSansFallbackFull.ttf"])
def test_bold_hanzi_are_darker_with_each_shipped_font(theme: Theme, file: str) -> None:
    for name in (file, file.replace("Regular", "Bold")):
        number = QFontDatabase.addApplicationFont(str(resource(f"fonts/{name}")))
        assert number >= 0
    family = QFontDatabase.applicationFontFamilies(number)[0]
    style = style_of(theme)
    font = QFont(family)
    font.setPixelSize(15)
    style = MarkdownStyle(**{**vars(style), "reading": font})

    assert _bold_ink(style, "重点后面的内容") > 1.12


def test_bold_hanzi_are_darker_in_the_fonts_of_the_app(style: MarkdownStyle) -> None:
    assert _bold_ink(style, "重点后面的内容") > 1.12
    assert _bold_ink(style, "龘齉爨灪") > 1.05  # rare ones, from whatever font has them


def test_a_start_of_the_window_imports_neither_parser_nor_lexers() -> None:
    code = (
        "import sys, baichuan_desktop.ui.markdown.decorations, "
        "baichuan_desktop.ui.markdown.clipboard\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert not {"markdown_it", "pygments", "ziamath", "latex2mathml"} & set(result.stdout.split())
