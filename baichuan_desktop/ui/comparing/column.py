"""One answer of two in its column: who gives it, the text, its figures."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from baichuan_desktop.ui.comparing.side import Side
from baichuan_desktop.ui.look.labels import ElidedLabel, plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.markdown.render_services import RenderServices
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.transcript.area import Transcript

_EDGE = 23  # pixels, zoomed or not: where the transcript's text begins, less the border


class AnswerColumn(QFrame):
    """Shows what its side says, while it is written and afterwards."""

    def __init__(
        self, side: Side, theme: Theme, rendering: RenderServices, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.side = side
        (self._row_id,) = side.ids()
        self.setObjectName("side")
        self.title = ElidedLabel()
        self.title.setObjectName("menuHeading")
        self.transcript = Transcript(theme, rendering)
        self.transcript.setMinimumSize(theme.px(120), theme.px(40))
        self.note, self.trouble = plain_label(wraps=True), plain_label(wraps=True)
        self.note.setObjectName("note")
        self.trouble.setObjectName("trouble")
        column = QVBoxLayout(self)
        column.setContentsMargins(1, theme.px(12), 1, theme.px(12))
        column.setSpacing(theme.px(4))
        for label in (self.title, self.note, self.trouble):
            label.setContentsMargins(_EDGE, 0, _EDGE, 0)
        column.addWidget(self.title)
        column.addWidget(self.transcript, 1)
        column.addWidget(self.note)
        column.addWidget(self.trouble)
        side.changed.connect(self._show)
        side.ended.connect(self._on_ended)
        self.transcript.show_source(side)
        self._show()

    @Slot()
    def _show(self) -> None:
        side = self.side
        self.title.setText(side.title)
        self.title.setToolTip(model_texts.as_tooltip(side.title))
        self.transcript.setAccessibleName(side.title)
        note = side.note
        is_trouble = bool(note) and note == side.trouble
        self.note.setText("" if is_trouble else note)
        self.trouble.setText(note if is_trouble else "")
        self.trouble.setVisible(is_trouble)
        self.note.setVisible(not is_trouble)  # empty, it keeps the place of the figures
        self.transcript.refresh_row(self._row_id)

    @Slot()
    def _on_ended(self) -> None:
        self._show()
        text = self.tr("{name} has answered.").format(name=self.side.title)
        self.transcript.accessible.say(self.side.trouble or text)
