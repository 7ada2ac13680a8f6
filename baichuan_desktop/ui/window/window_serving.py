"""Serving other programs, joined with the menus, the bars and the model of the window."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import UserFacingError
from backends.events import ModelReady
from backends.policy.site_policy import off_here
from backends.policy.values import Feature
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.chat.model_use import ModelUse
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.serving import texts
from baichuan_desktop.ui.serving.controller import ServingController, ServingState
from baichuan_desktop.ui.serving.dialog import ServeDialog
from baichuan_desktop.ui.serving.key_row import KeyRow
from baichuan_desktop.ui.serving.window_model import WindowModel
from baichuan_desktop.ui.window.bars.remarks import Remarks
from baichuan_desktop.ui.window.bars.status import WindowStatus
from baichuan_desktop.ui.window.bars.top_bar import TopBar
from baichuan_desktop.ui.window.commands.menus import Menus


@dataclass(frozen=True, slots=True)
class ServingParts:
    """What is joined with the server."""

    switcher: ModelSwitcher
    model_use: ModelUse
    menus: Menus
    top_bar: TopBar
    remarks: Remarks
    status: WindowStatus


class WindowServing(QObject):
    """Has one dialog at a time; the bar tells of a server that runs."""

    def __init__(
        self, parts: ServingParts, services: AppServices, theme: Theme, window: QWidget
    ) -> None:
        super().__init__(window)
        serving = self._serving = services.serving
        self._settings, self._theme, self._window = services.settings, theme, window
        self._bar, self._status, self._menus = parts.top_bar, parts.status, parts.menus
        self._switcher = parts.switcher
        self.dialog: ServeDialog | None = None  #: while it is open
        self.controller = ServingController(
            serving.make_server, serving.desk, services.settings, self
        )
        self.model = WindowModel(
            serving.desk, serving.watch, parts.switcher, services.settings, self
        )
        parts.model_use.as_chat_changed.connect(self.model.show)
        serving.watch.in_line.connect(self._on_place)
        notice = parts.remarks.served_notice
        serving.watch.silent.connect(notice.show_silent)
        serving.watch.heard.connect(notice.clear)
        notice.end_requested.connect(self._end_running)
        serving.watch.reloaded.connect(self._on_reloaded)
        parts.menus.serve.triggered.connect(self.open)
        parts.menus.models.aboutToShow.connect(self._look_at_policy)
        parts.top_bar.serving.clicked.connect(self.open)
        self.controller.changed.connect(self._show)
        self.controller.failed.connect(self._on_failed)
        window.installEventFilter(self)
        self._look_at_policy()

    @Slot()
    def open(self) -> None:
        """Show the dialog, beside the window."""
        if self.dialog is None:
            key = KeyRow(self._serving.key, self._theme)
            self.dialog = ServeDialog(
                self.controller, key, self._settings, self._theme, self._window
            )
            self.dialog.destroyed.connect(self._on_closed)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def shut_down(self) -> None:
        """Stop the server, before what it asks is ended."""
        self.controller.shut_down()

    @Slot(object)
    def _on_failed(self, error: UserFacingError) -> None:
        self.open()
        assert self.dialog is not None
        self.dialog.say(error)  # one that was closed until now has not heard of it

    @Slot()
    def _end_running(self) -> None:
        self._serving.desk.end_running()

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None

    @Slot()
    def _look_at_policy(self) -> None:
        self._menus.show_serve(off_here(Feature.SERVER))

    @Slot()
    def _show(self) -> None:
        served = self.controller.served
        if self.controller.state is not ServingState.ON or not served.addresses:
            self._bar.show_serving("", "")
            return
        port = texts.port_of(served.addresses[0])
        self._bar.show_serving(
            self.tr("Serving at port {port}").format(port=port), texts.what_goes_on(served)
        )

    @Slot(int)
    def _on_place(self, before: int) -> None:
        self._status.show_in_line(before if self._serving.desk.is_asked else 0)

    @Slot(object)
    def _on_reloaded(self, ready: ModelReady) -> None:
        if self._switcher.running is ready:  # and nothing else is loaded meanwhile
            self._status.show_model(ready)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the language of the window."""
        if event.type() == QEvent.Type.LanguageChange:
            self._show()
        return super().eventFilter(watched, event)
