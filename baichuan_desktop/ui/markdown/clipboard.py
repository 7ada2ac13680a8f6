"""Whole messages and single blocks for the clipboard: plain text and HTML together."""

from __future__ import annotations

from PySide6.QtCore import QMimeData

from baichuan_desktop.services.markdown.growing import markdown_top_blocks
from baichuan_desktop.services.markdown.html_form import html_form
from baichuan_desktop.services.markdown.plain_form import plain_form
from baichuan_desktop.ui.markdown.document import PlacedBlock


def message_mime(markdown: str) -> QMimeData:
    """A whole message."""
    groups = [top.blocks for top in markdown_top_blocks(markdown)]
    mime = QMimeData()
    mime.setText(plain_form([block for group in groups for block in group]))
    _add_html(mime, html_form(groups))
    return mime


def block_mime(block: PlacedBlock) -> QMimeData:
    """A block alone: code as it is, a table for a spreadsheet or Word, a formula as its source."""
    mime = QMimeData()
    mime.setText(block.source)
    if block.kind == "table":
        _add_html(mime, html_form([[block.block]]))
    return mime


def _add_html(mime: QMimeData, fragment: str) -> None:
    html = f'<html><head><meta charset="utf-8"></head><body>{fragment}</body></html>'
    mime.setData("text/html", html.encode())
