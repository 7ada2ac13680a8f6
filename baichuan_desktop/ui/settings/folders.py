"""The settings of where things lie: the folder of the data, those of models, and what is where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from backends.errors import UserFacingError
from baichuan_desktop.services.data_folder.moving import Folders, ask_for_move
from baichuan_desktop.services.data_folder.place import read_place
from baichuan_desktop.services.library.importing.model_folders import with_folder
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.settings.controls import ButtonRow, Buttons, Control, breakable
from baichuan_desktop.ui.settings.row import Setting
from baichuan_desktop.ui.settings.values import QT_TRANSLATE_NOOP, Places, Section, Words

DATA = Words(
    QT_TRANSLATE_NOOP("Settings", "Data folder"),
    QT_TRANSLATE_NOOP(
        "Settings",
        "Your conversations with their documents and backups, your presets, and what is known of "
        "your models. Imported models stay where they are: they have folders of their own.",
    ),
    "move location path directory drive disk usb 数据 文件夹 目录 位置 路径 移动 迁移 磁盘 U盘",
)
MODEL_FOLDERS = Words(
    QT_TRANSLATE_NOOP("Settings", "Model folders"),
    QT_TRANSLATE_NOOP(
        "Settings",
        "Models that you import are copied into the first of these. Models that are linked lie "
        "where they are.",
    ),
    "location path directory drive disk weights 模型 文件夹 目录 位置 路径 权重 磁盘 导入",
)
WHERE = Words(
    QT_TRANSLATE_NOOP("Settings", "What lies where"),
    QT_TRANSLATE_NOOP(
        "Settings",
        "Conversations lie unencrypted on this disk: whoever can read your files can read them. "
        "The encryption of the disk, which the system offers, protects them.",
    ),
    "privacy security encryption log files path 隐私 安全 加密 日志 文件 位置 路径 存储",
)


class DataFolder(Buttons):
    """Has the folder moved at the next start."""

    def __init__(self, theme: Theme, folders: Folders, usual: Path, show: Show) -> None:
        super().__init__(theme)
        self._folders, self._usual = folders, usual
        self.move_button = self.add(lambda: self.tr("Move…"), self._choose)
        self.add(lambda: self.tr("Open"), lambda: show(folders.old))
        self.stay_button = self.add(lambda: self.tr("Do not move it"), self._stay)
        self.refresh()

    @property
    @override
    def is_changed(self) -> bool:
        return self._wanted != self._usual

    @property
    @override
    def is_reset_with_all(self) -> bool:
        return False

    @property
    def _move_to(self) -> Path | None:
        try:
            return read_place(self._folders.file).move_to
        except UserFacingError:  # the next start says what is wrong with it
            return None

    @property
    def _wanted(self) -> Path:
        return self._move_to or self._folders.old

    @override
    def reset(self) -> None:
        self._ask(None if self._folders.old == self._usual else self._usual)

    @override
    def refresh(self) -> None:
        super().refresh()
        move_to = self._move_to
        self.stay_button.setVisible(move_to is not None)
        lines = [breakable(self._folders.old)]
        if move_to is not None:
            text = self.tr(
                "It is moved to {folder} when the app starts the next time: copied, compared, and "
                "only then taken away here."
            )
            lines.append(text.format(folder=breakable(move_to)))
        self.say("\n".join(lines))

    def _choose(self) -> None:
        title = self.tr("Choose an empty folder for your data")
        folder = choose_folder(self, title, str(self._folders.old.parent))
        if folder is not None:
            self._ask(folder)

    def _stay(self) -> None:
        self._ask(None)

    def _ask(self, folder: Path | None) -> None:
        try:
            ask_for_move(self._folders, folder)
        except UserFacingError as error:
            self.refresh()
            said = f"{error_texts.message(error)} {error_texts.hint(error)}"
            self.say(f"{breakable(self._folders.old)}\n{said}")
            return
        self.refresh()
        self.changed.emit()


#: Shows a folder in the system's file manager.
Show = Callable[[Path], object]


class ModelFolders(Control):
    """The folders that imports go into, the default first.

    Signals:
        move_requested: the Path of a folder whose models shall lie in another one.
    """

    move_requested = Signal(object)

    def __init__(self, theme: Theme, settings: SettingsFile, own: Path, show: Show) -> None:
        super().__init__()
        self._theme, self._settings, self._own, self._show = theme, settings, own, show
        self.add_button = QPushButton()
        self.add_button.setAutoDefault(False)
        self.add_button.clicked.connect(self._add)
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        foot = QHBoxLayout()
        foot.addWidget(self.add_button)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._list)
        column.addLayout(foot)
        self.rows: list[QFrame] = []
        self.note = plain_label(wraps=True)
        self.note.setObjectName("muted")
        self.note.hide()
        column.addWidget(self.note)
        self.refresh()

    @property
    def folders(self) -> Sequence[Path]:
        """All, the default first."""
        return list(dict.fromkeys((*self._settings.current.model_folders, self._own)))

    @property
    @override
    def is_changed(self) -> bool:
        return self.folders[0] != self._own

    @override
    def reset(self) -> None:
        self._use(self._own)

    @property
    @override
    def first(self) -> QWidget:
        return self.add_button

    @override
    def refresh(self) -> None:
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [self._row(folder, number) for number, folder in enumerate(self.folders)]
        for row in self.rows:
            self._list.addWidget(row)
        self.add_button.setText(self.tr("Add a folder…"))

    def say(self, text: str) -> None:
        """Show a sentence under the folders; none hides it."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def use(self, folder: Path) -> None:
        """Have models copied into this folder from now on."""
        self._use(folder)

    def _row(self, folder: Path, number: int) -> QFrame:
        row = QFrame()
        path = plain_label(breakable(folder), wraps=True)
        buttons = ButtonRow()
        if number == 0:
            note = plain_label(self.tr("New models are copied into this folder."))
            note.setObjectName("note")
            buttons.add(note)
        else:
            self._button(buttons, self.tr("Use for new models"), folder, lambda: self._use(folder))
        self._button(buttons, self.tr("Open"), folder, lambda: self._show(folder))
        if folder != self._own:
            self._button(
                buttons, self.tr("Take from the list"), folder, lambda: self._forget(folder)
            )
        self._button(
            buttons, self.tr("Move models…"), folder, lambda: self.move_requested.emit(folder)
        )
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(path)
        column.addWidget(buttons)
        return row

    def _button(self, row: ButtonRow, text: str, folder: Path, do: Callable[[], object]) -> None:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.setAccessibleName(f"{text}: {folder}")
        button.clicked.connect(do)
        row.add(button)

    @Slot()
    def _add(self) -> None:
        folder = choose_folder(self, self.tr("Choose a folder for models"))
        if folder is not None:
            self._change((*self._settings.current.model_folders, folder))

    def _use(self, folder: Path) -> None:
        self._change(with_folder(self._settings.current.model_folders, folder))

    def _forget(self, folder: Path) -> None:
        """Import nothing into it any more; what is listed of it stays listed."""
        self._change(one for one in self._settings.current.model_folders if one != folder)

    def _change(self, folders: object) -> None:
        chosen = tuple(dict.fromkeys(folders))  # type: ignore[call-overload]  # of paths
        if chosen == (self._own,):
            chosen = ()
        self._settings.change(model_folders=chosen)
        self.refresh()
        self.changed.emit()


class WhatLiesWhere(Buttons):
    """Names the places, and shows them."""

    def __init__(self, theme: Theme, places: Places, show: Show) -> None:
        super().__init__(theme)
        self._places = places
        self.add(lambda: self.tr("Open the data folder"), lambda: show(places.data))
        self.add(lambda: self.tr("Open the logs"), lambda: show(places.logs))
        self.refresh()

    @override
    def refresh(self) -> None:
        super().refresh()
        places = self._places
        lines = (
            (self.tr("Conversations and documents"), places.data),
            (self.tr("Automatic backups"), places.backups),
            (self.tr("Imported models"), places.model_folder),
            (self.tr("Settings and the list of your models"), places.settings),
            (self.tr("Logs, without what was said"), places.logs),
        )
        line = self.tr("{name}: {path}")
        self.say("\n".join(line.format(name=name, path=breakable(path)) for name, path in lines))


def folders_of(
    settings: SettingsFile,
    folders: Folders,
    usual: Path,
    places: Places,
    theme: Theme,
    show: Show,
) -> Sequence[Setting]:
    """The settings, in their order; `usual` is where the data lies if it was never moved."""
    section = Section.DATA
    models = ModelFolders(theme, settings, places.model_folder, show)
    return (
        Setting("data", section, DATA, DataFolder(theme, folders, usual, show), wide=True),
        Setting("model-folders", section, MODEL_FOLDERS, models, wide=True),
        Setting("where", section, WHERE, WhatLiesWhere(theme, places, show), wide=True),
    )
