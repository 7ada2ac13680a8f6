"""The settings of how long conversations are kept, and of their backups."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDateTime, Slot
from typing_extensions import override

from backends.errors import PolicyFileError, UserFacingError
from backends.policy.site_policy import site_policy
from baichuan_desktop.services.chat.retention import DAY_SECONDS, expired
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.settings.controls import Buttons, Choice, Options
from baichuan_desktop.ui.settings.question import Question
from baichuan_desktop.ui.settings.row import Setting
from baichuan_desktop.ui.settings.values import QT_TRANSLATE_NOOP, Section, Words
from baichuan_desktop.workers.background_task import BackgroundTask

_BACKUP_FILES = "conversations-*.sqlite3"
_DAYS = (7, 30, 90, 180, 365)
_KEPT = (1, 3, 7, 14, 30)
_HOURS = (1, 6, 24, 24 * 7, 24 * 30)

KEEP = Words(
    QT_TRANSLATE_NOOP("Settings", "Keep conversations"),
    QT_TRANSLATE_NOOP(
        "Settings",
        "What was not changed for so long is deleted for good, also from the automatic backups: "
        "pinned conversations and the trash too.",
    ),
    "retention delete history days privacy expire 保留 删除 历史 天 隐私 过期 清理 记录",
)
BACKUPS = Words(
    QT_TRANSLATE_NOOP("Settings", "Automatic backups"),
    QT_TRANSLATE_NOOP(
        "Settings",
        "A copy of all conversations is made by itself, if something is new and the last copy "
        "is this old.",
    ),
    "backup copy save interval daily 备份 副本 自动 间隔 每天",
)
KEPT = Words(
    QT_TRANSLATE_NOOP("Settings", "Backups that are kept"),
    QT_TRANSLATE_NOOP("Settings", "Older ones are deleted when a new one is made."),
    "backup number count disk space 备份 数量 个数 磁盘 空间",
)
RESTORE = Words(
    QT_TRANSLATE_NOOP("Settings", "Backups of conversations"),
    QT_TRANSLATE_NOOP(
        "Settings", "Restoring one adds what is missing here. Nothing is overwritten."
    ),
    "restore recover undelete lost backup 恢复 还原 找回 丢失 备份",
)


class _Keeping(Choice):
    """How many days; fewer than before are asked about where that deletes something."""

    def __init__(
        self,
        theme: Theme,
        options: Options,
        settings: SettingsFile,
        store: ConversationStore,
        now: Callable[[], float],
    ) -> None:
        self._settings, self._store, self._now = settings, store, now
        super().__init__(theme, options, self._days, self._ask, None, other=_days)

    def _days(self) -> int | None:
        return self._settings.current.keep_days

    def _ask(self, days: object) -> None:
        assert days is None or isinstance(days, int)
        count = 0 if days is None else self._lost(days)
        if not count:
            self._keep(days)
            return
        text = self.tr(
            "{count} conversations were not changed for {days} days. They are deleted for good, "
            "also from the automatic backups."
        )
        question = Question(
            self.tr("Delete old conversations?"),
            text.format(count=count, days=days),
            self.tr("To keep some of them, export them first."),
            self.tr("Delete"),
            self.window(),
        )
        question.accepted.connect(lambda: self._keep(days))
        question.open()

    @property
    @override
    def remark(self) -> str:
        try:
            days = site_policy().retention_days
        except PolicyFileError:
            return ""
        if days is None:
            return ""
        text = self.tr("The administrator of this machine has them deleted after {days} days.")
        return text.format(days=days)

    def _lost(self, days: int) -> int:
        since = self._now() - days * DAY_SECONDS
        return len(expired(self._store.conversations(), since, ()))

    def _keep(self, days: int | None) -> None:
        self._settings.change(keep_days=days)
        self.refresh()
        self.changed.emit()


class _Backups(Buttons):
    """Makes a backup now, and says which there are."""

    def __init__(
        self,
        theme: Theme,
        store: ConversationStore,
        restore: Callable[[], object],
        show: Callable[[Path], object],
    ) -> None:
        super().__init__(theme)
        self._store, self._show = store, show
        self.now_button = self.add(lambda: self.tr("Back up now"), self._back_up)
        self.add(lambda: self.tr("Restore…"), restore)
        self.add(lambda: self.tr("Open the folder"), self._open)
        self.refresh()

    @override
    def refresh(self) -> None:
        super().refresh()
        folder = self._store.backup_folder
        files = [] if folder is None else sorted(folder.glob(_BACKUP_FILES))
        found = []
        for file in files:
            with contextlib.suppress(OSError):  # an older one is deleted just now
                found.append(file.stat())
        if not found:
            self.say(self.tr("There is none yet."))
            return
        made = max(one.st_mtime for one in found)
        text = self.tr("The newest was made on {time}. {count} of them take {size}.")
        self.say(
            text.format(
                time=QDateTime.fromSecsSinceEpoch(int(made)).toString("yyyy-MM-dd HH:mm"),
                count=len(found),
                size=size_text(sum(one.st_size for one in found)),
            )
        )

    @Slot()
    def _back_up(self) -> None:
        self.now_button.setEnabled(False)
        task = BackgroundTask(self._store.back_up, self)
        task.succeeded.connect(self._on_backed_up)
        task.failed.connect(self._on_failed)
        task.start()

    @Slot(object, int)
    def _on_backed_up(self, _file: object, _task_id: int) -> None:
        self.now_button.setEnabled(True)
        self.refresh()

    @Slot(object, int)
    def _on_failed(self, error: UserFacingError, _task_id: int) -> None:
        self.now_button.setEnabled(True)
        self.say(f"{error_texts.message(error)} {error_texts.hint(error)}")

    @Slot()
    def _open(self) -> None:
        if (folder := self._store.backup_folder) is not None:
            self._show(folder)


def keeping(
    settings: SettingsFile,
    store: ConversationStore,
    theme: Theme,
    restore: Callable[[], object],
    show: Callable[[Path], object],
    *,
    now: Callable[[], float] = time.time,
) -> Sequence[Setting]:
    """The settings, in their order; `restore` lets the person choose a backup.

    `show` shows a folder in the system's file manager.
    """
    translate = QCoreApplication.translate

    def days() -> Sequence[tuple[object, str]]:
        return (
            (None, translate("Settings", "For ever")),
            *((count, _days(count)) for count in _DAYS),
        )

    def hours() -> Sequence[tuple[object, str]]:
        off = translate("Settings", "Off")
        return (*((count, _every(count)) for count in _HOURS), (0, off))

    def counts() -> Sequence[tuple[object, str]]:
        return [(count, str(count)) for count in _KEPT]

    def change(name: str) -> Callable[[object], object]:
        def use(value: object) -> None:
            settings.change(**{name: value})
            store.plan_backups(settings.current.backups)

        return use

    interval = Choice(
        theme,
        hours,
        lambda: settings.current.backup_hours,
        change("backup_hours"),
        24,
        other=_every,
    )
    kept = Choice(theme, counts, lambda: settings.current.backups_kept, change("backups_kept"), 7)
    section = Section.CONVERSATIONS
    return (
        Setting("keep", section, KEEP, _Keeping(theme, days, settings, store, now)),
        Setting("backups", section, BACKUPS, interval),
        Setting("kept", section, KEPT, kept),
        Setting("restore", section, RESTORE, _Backups(theme, store, restore, show), wide=True),
    )


def _days(count: object) -> str:
    return QCoreApplication.translate("Settings", "{count} days").format(count=count)


def _every(hours: object) -> str:
    assert isinstance(hours, int)
    translate = QCoreApplication.translate
    if hours in (1, 24):
        hour, day = translate("Settings", "Every hour"), translate("Settings", "Every day")
        return hour if hours == 1 else day
    if hours % 24:
        return translate("Settings", "Every {count} hours").format(count=hours)
    return translate("Settings", "Every {count} days").format(count=hours // 24)
