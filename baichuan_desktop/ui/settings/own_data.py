"""The setting of the one file that holds everything: making one, and adding what it has."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from PySide6.QtCore import QDateTime, QObject, QStandardPaths, Signal, Slot
from PySide6.QtWidgets import QApplication, QCheckBox, QWidget
from typing_extensions import override

from backends.errors import UserFacingError
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.own_data import api
from baichuan_desktop.services.own_data.values import Contents, Created, Progress, Restored
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.choosing.file_dialogs import choose_file, choose_target
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.settings.controls import Buttons
from baichuan_desktop.ui.settings.question import Question
from baichuan_desktop.ui.settings.row import Setting
from baichuan_desktop.ui.settings.values import QT_TRANSLATE_NOOP, Section, Words
from baichuan_desktop.workers.background_task import BackgroundTask

OWN_DATA = Words(
    QT_TRANSLATE_NOOP("Settings", "Everything in one file"),
    QT_TRANSLATE_NOOP(
        "Settings",
        "Conversations with their documents, presets, the list of your models and adapters, "
        "accepted licences and settings. The file is not encrypted. Restoring adds what is missing "
        "here; nothing is overwritten.",
    ),
    "backup export move computer all data restore archive 备份 导出 全部 数据 恢复 换电脑 迁移",
)


class OwnDataWork(QObject):
    """Makes and restores one file beside the window; it goes on while the settings are closed.

    Signals:
        changed: something else is to be said, or can be done.
        restored: the Restored that came of a file.
    """

    changed = Signal()
    restored = Signal(object)
    _progressed = Signal(int)

    def __init__(self, store: ConversationStore, settings: SettingsFile, window: QWidget) -> None:
        super().__init__(window)
        self._store, self._settings, self._window = store, settings, window
        self._cancel = threading.Event()
        self._file = Path()
        self._percent = 0
        self._told: Callable[[], str] | None = None  # says it in the language of then
        self.is_busy = False
        self._progressed.connect(self._on_progress)

    @property
    def sentence(self) -> str:
        """How far it is, or what came of it."""
        if self.is_busy:
            return self.tr("“{name}”: {percent} %").format(
                name=self._file.name, percent=self._percent
            )
        return self._told() if self._told is not None else ""

    @Slot()
    def ask_to_create(self) -> None:
        """Have the person choose where a file goes, and write it."""
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.HomeLocation)
        name = f"baichuan-desktop-{date.today().isoformat()}.zip"
        title, kinds = self.tr("Everything in one file"), self.tr("Backups") + " (*.zip)"
        file = choose_target(self._parent(), title, str(Path(folder) / name), kinds)
        if file is not None:
            create = partial(
                api.create,
                app_paths(),
                file,
                store=self._store,
                replace=True,  # the dialog has asked
                on_progress=self._progress(),
                cancel=self._cancel,
            )
            self._begin(file, create, self._on_created)

    @Slot()
    def ask_to_restore(self) -> None:
        """Have the person choose a file, read it whole, and ask before anything is added."""
        kinds = self.tr("Backups") + " (*.zip)"
        file = choose_file(self._parent(), self.tr("Restore everything"), kinds)
        if file is not None:
            verify = partial(
                api.verify, app_paths(), file, on_progress=self._progress(), cancel=self._cancel
            )
            self._begin(file, verify, self._on_verified)

    @Slot()
    def cancel(self) -> None:
        """End what is being done; what was there is as it was."""
        self._cancel.set()

    @Slot(bool)
    def restore(self, take_settings: bool) -> None:
        """Add what the file has that was verified."""
        restore = partial(
            api.restore,
            app_paths(),
            self._file,
            store=self._store,
            settings=self._settings,
            take_settings=take_settings,
            on_progress=self._progress(),
            cancel=self._cancel,
        )
        self._begin(self._file, restore, self._on_restored)

    def _begin(
        self, file: Path, do: Callable[[], object], then: Callable[[object, int], None]
    ) -> None:
        self._cancel.clear()
        self._file, self._percent, self.is_busy = file, 0, True
        task = BackgroundTask(do, self)
        task.succeeded.connect(then)
        task.failed.connect(self._on_failed)
        task.start()
        self.changed.emit()

    def _progress(self) -> Progress:
        """Tells the window of each percent, from the thread that works."""
        last = -1

        def tell(done: int, total: int) -> None:
            nonlocal last
            percent = 100 * done // total if total else 0
            if percent != last:
                last = percent
                with contextlib.suppress(RuntimeError):  # the window is gone, and this goes on
                    self._progressed.emit(percent)

        return tell

    def _parent(self) -> QWidget:
        return QApplication.activeModalWidget() or self._window

    @Slot(int)
    def _on_progress(self, percent: int) -> None:
        self._percent = percent
        self.changed.emit()

    def _end(self, told: Callable[[], str]) -> None:
        self.is_busy, self._told = False, told
        self.changed.emit()

    @Slot(object, int)
    def _on_created(self, created: object, _task_id: int) -> None:
        assert isinstance(created, Created | None)
        self._end(self._cancelled if created is None else partial(self._say_created, created))

    @Slot(object, int)
    def _on_verified(self, contents: object, _task_id: int) -> None:
        assert isinstance(contents, Contents | None)
        if contents is None:
            self._end(self._cancelled)
            return
        self._end(partial(self._say_contents, contents))
        question = RestoreQuestion(self._say_contents(contents), self._parent())
        question.wanted.connect(self.restore)
        question.open()

    @Slot(object, int)
    def _on_restored(self, restored: object, _task_id: int) -> None:
        assert isinstance(restored, Restored | None)
        if restored is None:
            self._end(self._cancelled)
            return
        self._end(partial(self._say_restored, restored))
        self.restored.emit(restored)

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, _task_id: int) -> None:
        self._end(partial(_said, error))

    # --- sentences ----------------------------------------------------------------------------

    def _cancelled(self) -> str:
        return self.tr("Cancelled. Everything is as it was.")

    def _say_created(self, created: Created) -> str:
        text = self.tr(
            "“{name}” was written and read again ({what}, {size}). It is not encrypted: keep it "
            "where only you can read it."
        )
        contents = created.contents
        what, size = self._counted(contents), size_text(contents.size)
        said = text.format(name=self._file.name, what=what, size=size)
        return "\n".join([said, *map(error_texts.message, created.notes)])

    def _say_contents(self, contents: Contents) -> str:
        text = self.tr("“{name}” is whole. It was made on {time} ({what}).")
        made = QDateTime.fromSecsSinceEpoch(int(contents.made)).toString("yyyy-MM-dd HH:mm")
        return text.format(name=self._file.name, time=made, what=self._counted(contents))

    def _counted(self, contents: Contents) -> str:
        conversations = self.tr("conversations: {count}").format(count=contents.conversations)
        messages = self.tr("messages: {count}").format(count=contents.messages)
        return f"{conversations}, {messages}"

    def _say_restored(self, restored: Restored) -> str:
        counts = (
            (self.tr("conversations: {count}"), restored.conversations),
            (self.tr("messages: {count}"), restored.messages),
            (self.tr("presets: {count}"), restored.presets),
            (self.tr("models: {count}"), restored.models),
            (self.tr("adapters: {count}"), restored.adapters),
            (self.tr("accepted licences: {count}"), restored.licences),
            (self.tr("settings: {count}"), restored.settings),
        )
        added = [text.format(count=count) for text, count in counts if count]
        if added:
            said = self.tr("Added to what was here: {what}.").format(what=", ".join(added))
        else:
            said = self.tr("Everything of it was here already.")
        if not added and restored.failed:
            said = self.tr("Nothing was added.")
        notes = [
            error_texts.message(one)
            if isinstance(one, UserFacingError)
            else error_texts.sentence(one)
            for one in restored.notes
        ]
        return "\n".join([said, *notes, *map(_said, restored.failed)])


class RestoreQuestion(Question):
    """Says what a file holds, before any of it is added.

    Signals:
        wanted: it shall be; whether its settings are taken where others were chosen here.
    """

    wanted = Signal(bool)

    def __init__(self, contents: str, parent: QWidget) -> None:
        super().__init__(
            QApplication.translate("RestoreQuestion", "Restore everything?"),
            contents,
            QApplication.translate(
                "RestoreQuestion",
                "What is missing here is added. Nothing that is here is overwritten or deleted.",
            ),
            QApplication.translate("RestoreQuestion", "Restore"),
            parent,
        )
        self.take_settings = QCheckBox(
            self.tr("Take its settings also where others were chosen here")
        )
        self.insert(self.take_settings)
        self.accepted.connect(self._tell)

    @Slot()
    def _tell(self) -> None:
        self.wanted.emit(self.take_settings.isChecked())


class OwnData(Buttons):
    """Begins it, says how far it is, and what came of it."""

    def __init__(self, theme: Theme, work: OwnDataWork) -> None:
        super().__init__(theme)
        self._work = work
        self.create_button = self.add(lambda: self.tr("Create…"), work.ask_to_create)
        self.restore_button = self.add(lambda: self.tr("Restore…"), work.ask_to_restore)
        self.cancel_button = self.add(lambda: self.tr("Cancel"), work.cancel)
        work.changed.connect(self.refresh)
        self.refresh()

    @Slot()
    @override
    def refresh(self) -> None:
        is_busy = self._work.is_busy
        had_keyboard = any(
            one.hasFocus() for one in (self.create_button, self.restore_button, self.cancel_button)
        )
        self.cancel_button.setVisible(is_busy)
        self.create_button.setEnabled(not is_busy)
        self.restore_button.setEnabled(not is_busy)
        if had_keyboard and not self.isHidden():
            (self.cancel_button if is_busy else self.create_button).setFocus()
        super().refresh()
        self.say(self._work.sentence)


def own_data(theme: Theme, work: OwnDataWork) -> Sequence[Setting]:
    """The setting."""
    return (Setting("own_data", Section.DATA, OWN_DATA, OwnData(theme, work), wide=True),)


def _said(error: UserFacingError) -> str:
    return f"{error_texts.message(error)} {error_texts.hint(error)}"
