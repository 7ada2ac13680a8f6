"""The dialog in which presets are made, changed, deleted and exchanged."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.errors import PresetNameTakenError, PresetsError, UserFacingError
from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.presets.store import PresetStore, Removed, Taken
from baichuan_desktop.services.presets.values import Preset, free_name
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.presets import preset_texts
from baichuan_desktop.ui.presets.preset_editor import PresetEditor
from baichuan_desktop.ui.presets.preset_files import PresetFiles
from baichuan_desktop.ui.turns.notice_bar import NoticeBar
from baichuan_desktop.ui.writing.search_field import SearchField

_PRESET = Qt.ItemDataRole.UserRole
_SIZE, _LIST_WIDTH = (860, 620), 210  # pixels of the design; never more than the window has
_SHARE = 0.96  # of the window
_KEEP_MS = 400  # after the last key, what was written is kept
_UNDO_SECONDS = 30


class PresetsDialog(QDialog):
    """What is written is kept as it is written; what cannot be kept is said in place.

    Signals:
        changed: presets are others now.
    """

    changed = Signal()

    def __init__(
        self, store: PresetStore, theme: Theme, defaults: SamplingParams, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._store, self._theme = store, theme
        self._removed: list[Removed] = []
        self._unkept = False  # something was written that is not kept yet
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = SearchField(theme, lambda: self.tr("Search presets"))
        self.list = QListWidget()
        self.list.setObjectName("presetList")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.new, self.duplicate, self.delete = QPushButton(), QPushButton(), QPushButton()
        self.import_button, self.export_button = QPushButton(), QPushButton()
        self.close_button = QPushButton()
        self.notice = NoticeBar(theme)
        self.editor = PresetEditor(theme, defaults)
        for scrolls in (self.list, self.editor):  # in a low window they are what gives way
            scrolls.setMinimumHeight(1)
        self._files = PresetFiles(store, self)
        self._keep_timer = QTimer(self)
        self._keep_timer.setSingleShot(True)
        self._keep_timer.setInterval(_KEEP_MS)
        self._keep_timer.timeout.connect(self.keep)
        self._lay_out(parent)
        self._connect()
        self._retranslate()
        self._fill()
        self._say_problem()

    def _lay_out(self, parent: QWidget) -> None:
        px = self._theme.px
        for button in self._buttons():
            button.setAutoDefault(False)
        self._commands = QGridLayout()
        self._commands.setSpacing(px(6))
        places = (self.new, self.duplicate, self.delete, self.import_button, self.export_button)
        for number, button in enumerate(places):
            self._commands.addWidget(button, number // 2, number % 2)
        left = QVBoxLayout()
        left.setSpacing(px(8))
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        left.addLayout(self._commands)
        side = QWidget()
        side.setLayout(left)
        side.setFixedWidth(px(_LIST_WIDTH))
        left.setContentsMargins(0, 0, 0, 0)
        right = QVBoxLayout()
        right.addWidget(self.editor, 1)
        row = QHBoxLayout()
        row.setSpacing(px(16))
        row.addWidget(side)
        row.addLayout(right, 1)
        last = QHBoxLayout()
        last.addWidget(self.notice, 1)
        last.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(18), px(16), px(18), px(14))
        column.setSpacing(px(10))
        column.addLayout(row, 1)
        column.addLayout(last)
        room = parent.window().size() * _SHARE
        self.resize(min(px(_SIZE[0]), room.width()), min(px(_SIZE[1]), room.height()))

    def _buttons(self) -> tuple[QPushButton, ...]:
        return (
            self.new,
            self.duplicate,
            self.delete,
            self.import_button,
            self.export_button,
            self.close_button,
        )

    def _connect(self) -> None:
        self.search.searched.connect(self._search)
        self.search.down_pressed.connect(self.list.setFocus)
        self.search.entered.connect(self.list.setFocus)
        self.search.left.connect(self.close)
        self.list.currentItemChanged.connect(self._on_current)
        self.new.clicked.connect(self._make)
        self.duplicate.clicked.connect(self._duplicate)
        self.delete.clicked.connect(self._delete)
        self.import_button.clicked.connect(self._ask_for_import)
        self.export_button.clicked.connect(self._ask_for_export)
        self.close_button.clicked.connect(self.close)
        self.editor.edited.connect(self._on_edited)
        self.notice.pressed.connect(self._undo)
        self._files.taken.connect(self._on_taken)
        self._files.told.connect(self.notice.say)
        self._files.failed.connect(self._say)

    # --- the list -----------------------------------------------------------------------------

    @property
    def current(self) -> Preset | None:
        """The preset that is shown, as it is kept."""
        item = self.list.currentItem()
        found = None if item is None else item.data(_PRESET)
        return found if isinstance(found, Preset) else None

    @Slot()
    def _search(self) -> None:
        self.keep()
        self._fill(self.current.id if self.current else "")

    def _fill(self, wanted_id: str = "") -> None:
        """List what has the words that are searched for, and show the wanted one, or the first."""
        words = self.search.text().casefold().split()
        blocked = self.list.blockSignals(True)
        self.list.clear()
        for one in self._store.all(preset_texts.language()):
            text = f"{one.name} {one.system_prompt} {one.template}".casefold()
            if all(word in text for word in words):
                self._add(one)
                if one.id == wanted_id:
                    self.list.setCurrentRow(self.list.count() - 1)
        if self.list.currentRow() < 0 and self.list.count():
            self.list.setCurrentRow(0)
        self.list.blockSignals(blocked)
        self._show_current()

    def _add(self, preset: Preset) -> None:
        item = QListWidgetItem(self._title(preset))
        item.setData(_PRESET, preset)
        item.setToolTip(as_tooltip(preset.name))
        self.list.addItem(item)

    def _title(self, preset: Preset) -> str:
        if preset.is_built_in:
            return self.tr("{name} (of the app)").format(name=preset.name)
        return preset.name

    @Slot()
    def _on_current(self) -> None:
        self.keep()
        self._show_current()

    def _show_current(self) -> None:
        current = self.current
        self._unkept = False
        self.editor.show_preset(current)
        is_own = current is not None and not current.is_built_in
        self.delete.setEnabled(is_own)
        self.duplicate.setEnabled(current is not None)
        self.export_button.setEnabled(current is not None)

    # --- what is written ----------------------------------------------------------------------

    @Slot()
    def _on_edited(self) -> None:
        self._unkept = True
        self._keep_timer.start()

    @Slot()
    def keep(self) -> None:
        """Keep what was written. A name that cannot be is said, and the rest is kept without it."""
        self._keep_timer.stop()
        written = self.editor.preset
        if not self._unkept or written is None or written.is_built_in:
            return
        before = next((one for one in self._store.own() if one.id == written.id), None)
        name = before.name if before is not None else free_name("—", frozenset())
        problem = ""
        if not written.name.strip():
            problem = self.tr("A preset needs a name; it is still called “{name}”.").format(
                name=name
            )
            written = replace(written, name=name)
        try:
            try:
                kept = self._store.put(written)
            except PresetNameTakenError as error:
                problem = f"{error_texts.message(error)} {error_texts.hint(error)}"
                kept = self._store.put(replace(written, name=name))
        except PresetsError as error:
            self.editor.say(f"{error_texts.message(error)} {error_texts.hint(error)}")
            return
        self._unkept = False
        self.editor.say(problem)
        self.editor.kept_as(kept)
        for row in range(self.list.count()):
            item = self.list.item(row)
            if item.data(_PRESET).id == kept.id:
                item.setData(_PRESET, kept)
                item.setText(self._title(kept))
                item.setToolTip(as_tooltip(kept.name))
        self.changed.emit()

    # --- commands -----------------------------------------------------------------------------

    @Slot()
    def _make(self) -> None:
        taken = frozenset(one.name.casefold() for one in self._store.own())
        self._put(Preset("", free_name(self.tr("New preset"), taken)))

    @Slot()
    def _duplicate(self) -> None:
        self.keep()
        if (current := self.current) is not None:
            try:
                self._show_made(self._store.duplicate(current))
            except PresetsError as error:
                self._say(error)

    def make(self, preset: Preset) -> None:
        """Add a preset, under another name where its own is taken, and show it."""
        taken = frozenset(one.name.casefold() for one in self._store.own())
        self._put(replace(preset, name=free_name(preset.name, taken)))

    def _put(self, preset: Preset) -> None:
        self.keep()
        try:
            self._show_made(self._store.put(preset))
        except PresetsError as error:
            self._say(error)

    def _show_made(self, made: Preset) -> None:
        self.search.clear()
        self._fill(made.id)
        self.editor.name.setFocus()
        self.editor.name.selectAll()
        self.changed.emit()

    @Slot()
    def _delete(self) -> None:
        current = self.current
        if current is None or current.is_built_in:
            return
        self.keep()
        try:
            removed = self._store.delete(current.id)
        except PresetsError as error:
            self._say(error)
            return
        row = self.list.currentRow()
        self._fill()
        self.list.setCurrentRow(min(row, self.list.count() - 1))
        self.list.setFocus()
        if removed is not None:
            self._removed.append(removed)
            said = self.tr("“{name}” is deleted.").format(name=removed.preset.name)
            self.notice.say(said, button=self.tr("Undo"), seconds=_UNDO_SECONDS)
        self.changed.emit()

    @Slot()
    def _undo(self) -> None:
        if not self._removed:
            return
        self.keep()
        try:
            brought = self._store.undo(self._removed[-1])
        except PresetsError as error:
            self._say(error)
            return
        self._removed.pop()
        self._fill(brought.id)
        self.list.setFocus()
        self.changed.emit()

    # --- files --------------------------------------------------------------------------------

    @Slot()
    def _ask_for_import(self) -> None:
        self.keep()
        self._files.ask_for_import()

    @Slot()
    def _ask_for_export(self) -> None:
        self.keep()
        if (current := self.current) is not None:
            self._files.ask_for_export(current)

    @Slot(object)
    def _on_taken(self, taken: Taken) -> None:
        if taken.added:
            self._fill(taken.added[0].id)
        self.changed.emit()

    @Slot(object)
    def _say(self, error: UserFacingError) -> None:
        self.notice.say(f"{error_texts.message(error)} {error_texts.hint(error)}".rstrip())

    def _say_problem(self) -> None:
        if (problem := self._store.problem) is not None:
            self._say(problem)

    # --- Qt's own -----------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep what was written last."""
        self.keep()
        super().closeEvent(event)

    def reject(self) -> None:
        """Esc is no way to lose what was written."""
        self.keep()
        super().reject()

    def _retranslate(self) -> None:
        self.setWindowTitle(self.tr("Presets"))
        self.list.setAccessibleName(self.tr("Presets"))
        self.new.setText(self.tr("New"))
        self.duplicate.setText(self.tr("Duplicate"))
        self.delete.setText(self.tr("Delete"))
        self.import_button.setText(self.tr("Import…"))
        self.export_button.setText(self.tr("Export…"))
        self.close_button.setText(self.tr("Close"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
            self._search()
