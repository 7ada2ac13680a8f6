"""Documents in the style of the theme."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.markdown.document import MarkdownDocument
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.markdown.style import MarkdownStyle, style_of
from tests.helpers.patience import wait_until


@pytest.fixture
def style(theme: Theme) -> MarkdownStyle:
    return style_of(theme)


@pytest.fixture
def document_of(style: MarkdownStyle) -> Callable[[str], MarkdownDocument]:
    """Makes a document that shows a text, 760 pixels wide."""

    def make(text: str) -> MarkdownDocument:
        document = MarkdownDocument(style)
        document.setTextWidth(760)
        document.set_text(text)
        return document

    return make


@pytest.fixture
def services(app: QApplication) -> Iterator[RenderServices]:
    made = RenderServices()
    yield made
    made.shut_down()


@pytest.fixture
def until(app: QApplication) -> Callable[[Callable[[], bool]], None]:
    """Waits for something while the window's events go on."""
    return lambda holds: wait_until(holds, app.processEvents)
