"""The dialog: a search over sections of rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.settings.question import Question
from baichuan_desktop.ui.settings.row import Setting, SettingRow
from baichuan_desktop.ui.settings.values import Section
from baichuan_desktop.ui.writing.search_field import SearchField

_SIZE, _LEAST = QSize(860, 640), QSize(400, 260)  # pixels of the design
_NARROW = 640  # pixels; below it the list of sections is not shown
_SECTIONS = 216


class SettingsDialog(QDialog):
    """Has every setting, each found by a search; changes hold at once."""

    def __init__(self, settings: Sequence[Setting], theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = SearchField(theme, lambda: self.tr("Search settings"))
        self.sections = QListWidget()
        self.sections.setObjectName("settingsSections")
        self.sections.setFrameShape(QFrame.Shape.NoFrame)
        self.sections.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows = [SettingRow(setting, theme) for setting in settings]
        self._heads: dict[Section, QLabel] = {}
        self.nothing = plain_label(wraps=True)
        self.nothing.setObjectName("muted")
        self.nothing.hide()
        self.reset_all, self.close_button = QPushButton(), QPushButton()
        self.reset_all.setAutoDefault(False)
        self.close_button.setAutoDefault(False)
        self._lay_out()
        self.search.searched.connect(self._search)
        self.search.entered.connect(self._enter_first)
        self.search.down_pressed.connect(self._enter_first)
        self.search.left.connect(self.reject)
        self.sections.currentRowChanged.connect(self._go_to_section)
        self.reset_all.clicked.connect(self._ask_to_reset)
        self.close_button.clicked.connect(self.accept)
        for row in self.rows:
            row.setting.control.changed.connect(self._show_others)
        theme.changed.connect(self._fit)
        room = parent.screen().availableSize()
        wanted = QSize(theme.px(_SIZE.width()), theme.px(_SIZE.height()))
        self.setMinimumSize(_LEAST)
        self.resize(wanted.boundedTo(room).boundedTo(parent.window().size()))
        self._fit()
        self._retranslate()
        self.search.setFocus()

    def _lay_out(self) -> None:
        body = QWidget()
        body.setObjectName("settingsBody")
        self._column = QVBoxLayout(body)
        self._column.setSpacing(0)
        self._column.addWidget(self.nothing)
        for section in Section:
            head = self._heads[section] = plain_label()
            head.setObjectName("sectionTitle")
            self._column.addWidget(head)
            for row in self.rows:
                if row.setting.section is section:
                    self._column.addWidget(row)
            self.sections.addItem("")
        self._column.addStretch(1)
        self.area = QScrollArea()
        self.area.setObjectName("settingsScroll")
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidgetResizable(True)
        self.area.setWidget(body)
        self.area.verticalScrollBar().valueChanged.connect(self._mark_section)
        self._mark_section(0)
        self._middle = QHBoxLayout()
        self._middle.addWidget(self.sections)
        self._middle.addWidget(self.area, 1)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.reset_all)
        self._foot.addStretch(1)
        self._foot.addWidget(self.close_button)
        self._outer = QVBoxLayout(self)
        self._outer.addWidget(self.search)
        self._outer.addLayout(self._middle, 1)
        self._outer.addLayout(self._foot)

    # --- finding --------------------------------------------------------------------------------

    @Slot(str)
    def _search(self, query: str) -> None:
        for row in self.rows:
            row.setVisible(row.setting.words.are_meant_by(query))
        for number, section in enumerate(Section):
            shown = [one for one in self.rows if one.setting.section is section]
            is_met = any(not row.isHidden() for row in shown)
            self._heads[section].setVisible(is_met)
            self.sections.item(number).setHidden(not is_met)
        self.nothing.setVisible(all(row.isHidden() for row in self.rows))
        self.area.verticalScrollBar().setValue(0)

    @property
    def shown(self) -> Sequence[SettingRow]:
        """The rows that the search leaves, from the top."""
        order = list(Section)
        rows = sorted(self.rows, key=lambda row: order.index(row.setting.section))
        return [row for row in rows if not row.isHidden()]

    @Slot()
    def _enter_first(self) -> None:
        """Give the keyboard to the first setting that was found."""
        for row in self.shown:
            if (first := row.setting.control.first) is not None:
                first.setFocus(Qt.FocusReason.TabFocusReason)
                self.area.ensureWidgetVisible(row)
                return

    @Slot(int)
    def _go_to_section(self, number: int) -> None:
        if number >= 0 and self.sections.isVisible():
            head = self._heads[list(Section)[number]]
            self.area.verticalScrollBar().setValue(head.y())

    @Slot(int)
    def _mark_section(self, top: int) -> None:
        """Mark the section that is seen at the top."""
        heads = list(self._heads.values())
        seen = [number for number, head in enumerate(heads) if head.y() <= top + head.height()]
        self.sections.blockSignals(True)
        self.sections.setCurrentRow(max(seen, default=0))
        self.sections.blockSignals(False)

    # --- changes ----------------------------------------------------------------------------------

    @Slot()
    def _show_others(self) -> None:
        """What one setting says may have to do with another one."""
        self.reset_all.setEnabled(any(row.setting.control.is_reset_with_all for row in self.rows))

    @Slot()
    def _ask_to_reset(self) -> None:
        changed = [row for row in self.rows if row.setting.control.is_reset_with_all]
        names = "\n".join(row.name.text() for row in changed)
        question = Question(
            self.tr("Reset all settings?"),
            names,
            self.tr("Models and conversations stay as they are, and where they are."),
            self.tr("Reset all"),
            self,
        )
        question.accepted.connect(self._reset_all)
        question.open()

    @Slot()
    def _reset_all(self) -> None:
        for row in self.rows:
            if row.setting.control.is_reset_with_all:
                row.setting.control.reset()
        self._show_others()

    # --- its look ---------------------------------------------------------------------------------

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._outer.setContentsMargins(px(18), px(16), px(18), px(14))
        self._outer.setSpacing(px(12))
        self._middle.setSpacing(px(18))
        self._column.setContentsMargins(0, 0, px(14), px(12))
        self.sections.setFixedWidth(px(_SECTIONS))
        for section, head in self._heads.items():
            head.setContentsMargins(0, px(6 if section is Section.LOOK else 22), 0, px(4))
        self._turn()

    def _turn(self) -> None:
        self.sections.setVisible(self.width() >= self._theme.px(_NARROW))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        self._turn()

    def _retranslate(self) -> None:
        self.setWindowTitle(self.tr("Settings"))
        names = {
            Section.LOOK: self.tr("Look and language"),
            Section.MODELS: self.tr("Models"),
            Section.CONVERSATIONS: self.tr("Conversations and backups"),
            Section.DATA: self.tr("Folders and data"),
        }
        for number, section in enumerate(Section):
            self._heads[section].setText(names[section])
            self.sections.item(number).setText(names[section])
        self.sections.setAccessibleName(self.tr("Sections"))
        self.nothing.setText(self.tr("No setting is called so, nor says so."))
        self.reset_all.setText(self.tr("Reset all…"))
        self.close_button.setText(self.tr("Close"))
        self._show_others()
        QTimer.singleShot(0, self, self._search_again)

    @Slot()
    def _search_again(self) -> None:
        self._search(self.search.text())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
