"""The fields of the first page and what is known of them, in two columns where there is room."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QSignalBlocker, Qt, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from baichuan_desktop.ui.acquiring.page_parts import scrolled
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.training.asking.fields import Choices
from baichuan_desktop.ui.training.asking.files_field import FilesField
from baichuan_desktop.ui.training.asking.method_choice import MethodChoice
from baichuan_desktop.ui.training.asking.result_fields import ResultFields
from baichuan_desktop.ui.training.asking.settings_form import SettingsForm
from baichuan_desktop.ui.training.asking.verdict_panel import VerdictPanel
from baichuan_desktop.ui.training.preview.panel import PreviewPanel

# Pixels of the design: of the form, below which all stands in one column; shares of the columns.
_NARROW, _LEFT, _RIGHT = 720, 58, 42


class AskingForm(QWidget):
    """Only has the parts: who shows it fills them, and hears of their changes."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.model_list, self.preset_list = Choices(), Choices()
        self.preset_note = plain_label(wraps=True)
        self.preset_note.setObjectName("note")
        self.files = FilesField(theme)
        self.own_answers = QCheckBox()
        self.own_answers.setChecked(True)
        self.own_answers.hide()
        self.method = MethodChoice(theme)
        self.settings = SettingsForm(theme)
        self.result = ResultFields(theme)
        self.preview = PreviewPanel(theme)
        self.verdict = VerdictPanel(theme)
        self._titles = [plain_label() for _ in range(5)]
        for title in self._titles:
            title.setObjectName("sectionTitle")
        self._lay_out()
        self.setAcceptDrops(True)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def _lay_out(self) -> None:
        self._left, self._right = QVBoxLayout(), QVBoxLayout()
        model, data, preset, method, result = self._titles
        self._parts = (
            (model, self.model_list),
            (data, self.files, self.own_answers),
            (preset, self.preset_list, self.preset_note),
            (method, self.method, self.settings),
            (result, self.result),
        )
        self._groups = [QVBoxLayout() for _ in self._parts]
        for group, widgets in zip(self._groups, self._parts, strict=True):
            for widget in widgets:
                group.addWidget(widget)
            self._left.addLayout(group)
        self._left.addStretch(1)
        self._right.setContentsMargins(0, 0, 0, 0)
        self._right.addWidget(self.preview, 1)
        self._right.addWidget(self.verdict)
        body, self._known = QWidget(), QWidget()
        for column in (body, self._known):
            column.setObjectName("settingsBody")
        body.setLayout(self._left)
        self._known.setLayout(self._right)
        self.area, self.known_area = scrolled(body), scrolled(QWidget())
        self._columns = QHBoxLayout(self)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.addWidget(self.area, _LEFT)
        self._columns.addWidget(self.known_area, _RIGHT)
        self.known_area.setWidget(self._known)

    @contextlib.contextmanager
    def quiet(self) -> Iterator[None]:
        """Nothing that is shown meanwhile is told as a choice.

        Else it would be put together with the settings that are shown still.
        """
        parts = (self.model_list, self.own_answers, self.files, self.result)
        blockers = [QSignalBlocker(part) for part in parts]
        yield
        for blocker in blockers:
            blocker.unblock()

    def show_field(self, widget: QWidget) -> None:
        """Scroll to a widget of the first column."""
        self.area.ensureWidgetVisible(widget)

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._columns.setSpacing(px(16))
        self._left.setContentsMargins(0, 0, px(12), px(4))
        self._left.setSpacing(px(16))
        self._right.setContentsMargins(0, 0, px(12), px(4))
        self._right.setSpacing(px(16))
        for group in self._groups:
            group.setSpacing(px(6))
        self._turn()

    def _turn(self) -> None:
        """Put the columns beside each other where there is room for both."""
        is_narrow = self.width() < self._theme.px(_NARROW)
        if is_narrow == self.known_area.isHidden():
            return
        self.known_area.setVisible(not is_narrow)
        if is_narrow:
            self.known_area.takeWidget()
            self._left.addWidget(self._known)
        else:
            self._left.removeWidget(self._known)
            self.known_area.setWidget(self._known)
        self._known.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        self._turn()

    # --- files that are dropped ---------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files of this machine."""
        if _files(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        """Learn from what was dropped."""
        event.setDropAction(Qt.DropAction.CopyAction)  # who dragged it keeps it
        event.accept()
        self.files.add(_files(event.mimeData()))

    # --- words --------------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        names = (
            self.tr("Model"), self.tr("Learns from"), self.tr("Settings"), self.tr("Method"),
            self.tr("Result"),
        )  # fmt: skip
        for title, name in zip(self._titles, names, strict=True):
            title.setText(name)
        self.own_answers.setText(self.tr("And from its own answers, which it forgets otherwise"))
        self.model_list.setAccessibleName(self.tr("Model"))
        self.preset_list.setAccessibleName(self.tr("Settings"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _files(data: QMimeData) -> Sequence[Path]:
    """The files that are dragged."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
