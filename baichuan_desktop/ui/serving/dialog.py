"""The dialog that starts and stops the server of the window, and shows what it does."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from backends.errors import UserFacingError
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.serving.controller import ServingController, ServingState
from baichuan_desktop.ui.serving.copy_row import quiet_button
from baichuan_desktop.ui.serving.key_row import KeyRow
from baichuan_desktop.ui.serving.log_view import LogView
from baichuan_desktop.ui.serving.options_form import OptionsForm
from baichuan_desktop.ui.serving.running_view import RunningView

_WIDTH, _LOG_WIDTH = 620, 760  # pixels of the design: before it runs, and with the log
_SHARE = 0.96  # of the screen, at most


class ServeDialog(QDialog):
    """Lies beside the window, which can be used meanwhile; closing it stops nothing."""

    def __init__(
        self,
        controller: ServingController,
        key: KeyRow,
        settings: SettingsFile,
        theme: Theme,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._controller, self._theme = controller, theme
        self._shown: tuple[bool, bool] | None = None  # whether it runs, whether there is a log
        self._error: UserFacingError | None = None
        self.heading, self.explanation, self.trouble = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("dialogHeading")
        self.explanation.setObjectName("muted")
        self.trouble.setObjectName("trouble")
        self.trouble.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.form = OptionsForm(settings.current, theme)
        self.running = RunningView(key, theme)
        self.log_title = plain_label()
        self.log_title.setObjectName("sectionTitle")
        self.log = LogView(theme)
        self.start, self.stop, self.close_button = QPushButton(), quiet_button(), quiet_button()
        self.start.setObjectName("primary")
        self.start.setDefault(True)
        self._lay_out()
        self.start.clicked.connect(self._start)
        self.stop.clicked.connect(controller.stop)
        self.close_button.clicked.connect(self.close)
        self.form.changed.connect(self._fit)
        self.running.changed.connect(self._fit)
        key.failed.connect(self.say)
        controller.changed.connect(self.show_state)
        controller.failed.connect(self.say)
        self._retranslate()

    def _lay_out(self) -> None:
        px = self._theme.px
        foot = QHBoxLayout()
        foot.setSpacing(px(8))
        foot.addWidget(self.stop)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        foot.addWidget(self.start)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(px(24), px(22), px(24), px(18))
        self._column.setSpacing(px(10))
        self._column.addWidget(self.heading)
        self._column.addWidget(self.explanation)
        self._column.addSpacing(px(6))
        self._column.addWidget(self.form)
        self._column.addWidget(self.running)
        self._column.addWidget(self.log_title)
        self._column.addWidget(self.log, 1)
        self._column.addWidget(self.trouble)
        self._column.addSpacing(px(6))
        self._column.addLayout(foot)

    @Slot()
    def _start(self) -> None:
        self._error = None
        self._controller.start(self.form.options)

    @Slot(object)
    def say(self, error: UserFacingError | None) -> None:
        """Say what is in the way, where it happened; None: nothing any more."""
        self._error = error
        self.show_state()
        self._fit()

    # --- what is shown ------------------------------------------------------------------------

    @Slot()
    def show_state(self) -> None:
        """Show what the server does now."""
        state, served = self._controller.state, self._controller.served
        is_on = state in (ServingState.ON, ServingState.STOPPING)
        has_log = is_on or bool(served.lines)
        error = self._error
        self.trouble.setText(
            "" if error is None else f"{error_texts.message(error)} {error_texts.hint(error)}"
        )
        self.trouble.setVisible(error is not None)
        self.running.show_served(served)
        self.log.show_lines(served.lines)
        self.form.setEnabled(state is ServingState.OFF)
        self.start.setEnabled(state is ServingState.OFF)
        self.stop.setEnabled(state is ServingState.ON)
        self.start.setText(
            self.tr("Starting…") if state is ServingState.STARTING else self.tr("Start")
        )
        self.stop.setText(
            self.tr("Stopping…") if state is ServingState.STOPPING else self.tr("Stop")
        )
        if self._shown == (is_on, has_log):
            return
        self._shown = (is_on, has_log)
        for widget, is_seen in (
            (self.form, not is_on),
            (self.start, not is_on),
            (self.running, is_on),
            (self.stop, is_on),
            (self.log_title, has_log),
            (self.log, has_log),
        ):
            widget.setVisible(is_seen)
        if is_on:
            self.running.key.read()
        self._give_keyboard()
        self._fit()

    def _give_keyboard(self) -> None:
        first = self.start if self.start.isVisibleTo(self) else self.running.open_page
        first.setFocus()

    @Slot()
    def _fit(self) -> None:
        """As high as what is shown; with the log a person may have it larger."""
        has_log = not self.log.isHidden()
        room = round(_SHARE * self.screen().availableSize().width())
        width = min(self._theme.px(_LOG_WIDTH if has_log else _WIDTH), room)
        self._column.activate()
        least = self._column.totalHeightForWidth(width)
        self.setMinimumSize(QSize(width, least))
        self.setMaximumHeight(16_777_215 if has_log else least)  # Qt's own largest
        self.resize(max(width, self.width() if has_log else 0), least)

    def _retranslate(self) -> None:
        self.setWindowTitle(self.tr("Serve other programs"))
        self.heading.setText(self.tr("Let other programs and browsers ask this model"))
        self.explanation.setText(
            self.tr(
                "Programs that speak OpenAI's API, and browsers, get answers of the model in this "
                "window. Their requests and your messages are answered in the order in which they "
                "come."
            )
        )
        self.log_title.setText(self.tr("Requests"))
        self.close_button.setText(self.tr("Close"))
        for part in (self.form, self.running, self.log):
            part.retranslate()
        self.show_state()
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
