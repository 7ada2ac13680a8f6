"""Presets in their place in the window: the button, the menu, the fields, the dialog."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import PresetsError, UserFacingError
from baichuan_desktop.services.presets.store import PresetStore
from baichuan_desktop.services.presets.values import Preset
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import ChatPage
from baichuan_desktop.ui.chat.settings_panel import SettingsPanel
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.presets import preset_texts
from baichuan_desktop.ui.presets.conversation_presets import ConversationPresets, Setup
from baichuan_desktop.ui.presets.preset_button import PresetButton
from baichuan_desktop.ui.presets.preset_menu import PresetCommand, PresetMenu
from baichuan_desktop.ui.presets.presets_dialog import PresetsDialog
from baichuan_desktop.ui.presets.variable_fields import VariableFields
from baichuan_desktop.ui.shortcuts.binding import window_action
from baichuan_desktop.ui.shortcuts.table import Command
from baichuan_desktop.ui.turns.notice_bar import NoticeBar

_UNDO_SECONDS = 30


class WindowPresets(QObject):
    """Makes what belongs to presets, and joins it with the page."""

    def __init__(
        self,
        store: PresetStore,
        settings: SettingsFile,
        page: ChatPage,
        panel: SettingsPanel,
        controller: ChatController,
        switcher: ModelSwitcher,
        theme: Theme,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._store, self._theme, self._window = store, theme, window
        self._page, self._panel, self._switcher = page, panel, switcher
        self._replaced: Setup | None = None  # what a preset took the place of
        self.dialog: PresetsDialog | None = None  #: while it is open
        self.fields = VariableFields(theme, page.composer)
        self.notice = NoticeBar(theme)
        self.button = PresetButton(theme)
        self.menu = PresetMenu(theme, window)
        page.composer.add_above(self.notice)
        page.composer.add_above(self.fields)
        page.composer.add_tool(self.button)
        self.here = ConversationPresets(store, settings, page, panel, controller, self.fields, self)
        self.here.preset_changed.connect(self.button.show_preset)
        self.here.preset_changed.connect(self._on_preset)
        self.here.replaced.connect(self._on_replaced)
        self.here.refused.connect(self._say)
        self.here.sent.connect(self._forget)
        self.notice.pressed.connect(self._undo)
        self.fields.entered.connect(page.composer.setFocus)
        self.fields.edited.connect(self.notice.clear)
        self.button.clicked.connect(self.open_menu)
        self.button.retranslated.connect(self.here.reload)
        self.menu.chosen.connect(self._on_chosen)
        window_action(window, Command.PRESETS).triggered.connect(self.open_menu)
        switcher.ready.connect(self.here.on_model)

    @Slot()
    def open_menu(self) -> None:
        """Show what there is to choose from."""
        model = self._switcher.current
        presets = self._store.all(preset_texts.language())
        self.menu.open_at(
            self.button.place(),
            presets,
            self.here.preset,
            model_name="" if model is None else model_texts.name(model),
            is_default=self.here.is_default,
        )
        if self._store.problem is not None:
            self._say(self._store.problem)

    @Slot(object)
    def _on_chosen(self, what: Preset | PresetCommand) -> None:
        match what:
            case PresetCommand.NONE:
                self.here.choose(None)
            case PresetCommand.DEFAULT:
                self.here.make_default(not self.here.is_default)
            case PresetCommand.SAVE:
                self.open_dialog()
                if self.dialog is not None:
                    self.dialog.make(self.here.as_preset(self.tr("New preset")))
                return
            case PresetCommand.MANAGE:
                self.open_dialog()
                return
            case _:
                self.here.choose(what)
        self._page.composer.setFocus()

    @Slot()
    def open_dialog(self) -> None:
        """Show the dialog in which presets are changed."""
        if self.dialog is not None:
            return
        self.dialog = PresetsDialog(
            self._store, self._theme, self._panel.sampling.defaults, self._window
        )
        self.dialog.changed.connect(self.here.reload)
        self.dialog.finished.connect(self._on_closed)
        self.dialog.open()

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = None
        self.here.reload()
        self._page.composer.setFocus()

    # --- what is said ---------------------------------------------------------------------------

    @Slot(object)
    def _on_replaced(self, before: Setup) -> None:
        self._replaced = before
        self.notice.say(
            self.tr("The preset's system prompt took the place of yours."),
            button=self.tr("Undo"),
            seconds=_UNDO_SECONDS,
        )

    @Slot()
    def _undo(self) -> None:
        if self._replaced is not None:
            self.here.go_back(self._replaced)
            self._replaced = None
        self._page.composer.setFocus()

    @Slot(object)
    def _say(self, error: UserFacingError | PresetsError) -> None:
        self._replaced = None
        self.notice.say(f"{error_texts.message(error)} {error_texts.hint(error)}".rstrip())

    @Slot()
    def _forget(self) -> None:
        self._replaced = None
        self.notice.clear()

    @Slot()
    def _on_preset(self) -> None:
        self._forget()
