"""The bar over the page: which model, how it runs, what works beside it, and the buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import ElidedButton, ElidedLabel
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.picker.model_picker import ModelPicker
from baichuan_desktop.ui.shortcuts.table import Command, with_keys

_HEIGHT, _TOOL, _ICON, _LINE = 52, 32, 18, 2  # pixels of the design
_CHIP = 34  # its height


class TopBar(QFrame):
    """Has the chip of the model at the left, buttons at the right, a line of progress below."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setObjectName("topBar")
        self.sidebar, self.search, self.panel, self.menu = (_tool() for _ in range(4))
        self.panel.setCheckable(True)
        self.menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.picker = ModelPicker(theme, self)
        self.precision = QToolButton()
        self.precision.setObjectName("precision")
        self.job_button, self.serving = ElidedButton(), ElidedButton()
        for status in (self.job_button, self.serving):
            status.setObjectName("status")
            status.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for button in (self.precision, self.job_button, self.serving):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.usage = ElidedLabel()
        self.usage.setObjectName("muted")
        self.progress = QProgressBar()
        self.progress.setObjectName("line")
        self.progress.setTextVisible(False)
        self._lay_out()
        self.hide_progress()
        self.show_precision("", "", "")
        self.show_job("")
        self.show_serving("", "")
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def _lay_out(self) -> None:
        self.chip = QFrame()
        self.chip.setObjectName("chip")
        inside = QHBoxLayout(self.chip)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        inside.addWidget(self.picker)
        inside.addWidget(self.precision)
        self._row = QHBoxLayout()
        self._row.addWidget(self.sidebar)
        self._row.addWidget(self.chip)
        self._row.addWidget(self.usage, 1)
        for button in (self.job_button, self.serving, self.search, self.panel, self.menu):
            self._row.addWidget(button)
        line = self.progress.sizePolicy()
        line.setRetainSizeWhenHidden(True)  # the page does not jump
        line.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
        self.progress.setSizePolicy(line)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._row)
        column.addWidget(self.progress)

    # --- what is shown ----------------------------------------------------------------------

    def show_usage(self, text: str, explanation: str) -> None:
        """Show what the model takes, or what goes on."""
        self.usage.setText(text)
        self.usage.setToolTip(explanation)

    def show_precision(self, name: str, accessible: str, explanation: str) -> None:
        """Show in which precision the model runs; an empty name hides the button."""
        self.precision.setText(f"· {name}")
        self.precision.setAccessibleName(accessible)
        self.precision.setToolTip(explanation)
        self.precision.setVisible(bool(name))

    def show_job(self, text: str) -> None:
        """Show what a job in the background does; an empty text hides the button."""
        self.job_button.setText(text)
        self.job_button.setVisible(bool(text))

    def show_serving(self, text: str, explanation: str) -> None:
        """Show that other programs are served; an empty text hides the button."""
        self.serving.setText(text)
        self.serving.setToolTip(explanation)
        self.serving.setVisible(bool(text))

    def show_progress(self, share: float | None) -> None:
        """Show how far something has come, from 0 to 1; None: only that something is done."""
        self.progress.setRange(0, 0 if share is None else 1000)
        self.progress.setValue(0 if share is None else round(1000 * share))
        self.progress.show()

    def hide_progress(self) -> None:
        """Show that nothing is waited for."""
        self.progress.hide()

    @Slot(bool)
    def show_sidebar_button(self, sidebar_is_shown: bool) -> None:
        """Offer to show the sidebar where it is hidden; where it is shown, it can hide itself."""
        self.sidebar.setVisible(not sidebar_is_shown)

    # --- its look ---------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        names = (
            (self.sidebar, self.tr("Show conversations"), Command.SIDEBAR),
            (self.search, self.tr("Find in the conversation"), Command.FIND),
            (self.panel, self.tr("Settings of the conversation"), Command.PANEL),
        )
        for button, name, command in names:
            button.setAccessibleName(name)
            button.setToolTip(with_keys(name, command))
        self.menu.setAccessibleName(self.tr("Menu"))
        self.menu.setToolTip(self.tr("Menu (F10)"))
        self.job_button.setToolTip(self.tr("Show what runs in the background"))
        self.progress.setAccessibleName(self.tr("Progress"))
        self.usage.setAccessibleName(self.tr("State of the model"))

    @Slot()
    def _fit(self) -> None:
        px, colours = self._theme.px, self._theme.colours
        self._row.setContentsMargins(px(16), px(8), px(12), px(8))
        self._row.setSpacing(px(6))
        self.chip.setFixedHeight(px(_CHIP))
        self.setFixedHeight(px(_HEIGHT) + px(_LINE))
        self.progress.setFixedHeight(px(_LINE))
        self.usage.setContentsMargins(px(6), 0, 0, 0)
        icons = ("sidebar", "search", "settings", "more")
        buttons = (self.sidebar, self.search, self.panel, self.menu)
        for button, icon in zip(buttons, icons, strict=True):
            button.setFixedSize(px(_TOOL), px(_TOOL))
            button.setIconSize(QSize(px(_ICON), px(_ICON)))
            button.setIcon(line_icon(icon, QColor(colours.muted), size=px(_ICON)))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _tool() -> QToolButton:
    button = QToolButton()
    button.setObjectName("tool")
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
