"""The words of the rows, on the screen and for a screen reader."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from baichuan_desktop.services.chat.values import Conversation, Folder
from baichuan_desktop.ui.look.i18n import is_chinese
from baichuan_desktop.ui.look.one_line import title_line
from baichuan_desktop.ui.sidebar.rows.arrangement import (
    MOST_HITS,
    ConversationEntry,
    Entry,
    FolderEntry,
    Group,
    Heading,
    HitEntry,
    TrashedEntry,
)


def title(conversation: Conversation) -> str:
    """The title in one line; a conversation that has none is a new one."""
    return title_line(conversation.title) or QCoreApplication.translate("SidebarRows", "New chat")


def folder_name(folder: Folder) -> str:
    """The name in one line."""
    return title_line(folder.name) or QCoreApplication.translate("SidebarRows", "New folder")


def text(entry: Entry) -> str:
    """What a row is called, and what typing its first letters finds it by."""
    match entry:
        case Heading():
            return _heading(entry)
        case FolderEntry(folder):
            return folder_name(folder)
        case HitEntry(_, hit):
            return title_line(hit.excerpt)
        case ConversationEntry(conversation) | TrashedEntry(conversation):
            return title(conversation)


def count(number: int) -> str:
    """A number of conversations, in groups of three digits."""
    return _locale().toString(number)


def days_left(days: int) -> str:
    """How long a deleted conversation is still kept."""
    return QCoreApplication.translate("SidebarRows", "{days} d").format(days=days)


def draft() -> str:
    """The mark of a conversation with a message that was begun and not sent."""
    return QCoreApplication.translate("SidebarRows", "Draft")


def spoken(entry: Entry, *, is_open: bool, is_generating: bool) -> str:
    """All that a row shows, in words."""
    words = [text(entry)]
    translate = QCoreApplication.translate
    match entry:
        case ConversationEntry(conversation):
            marks = (
                (is_open, translate("SidebarRows", "open")),
                (conversation.is_pinned, translate("SidebarRows", "pinned")),
                (conversation.is_temporary, translate("SidebarRows", "temporary")),
                (is_generating, translate("SidebarRows", "is being answered")),
                (conversation.is_unread, translate("SidebarRows", "unread")),
                (bool(conversation.draft), translate("SidebarRows", "draft")),
            )
            words += [word for holds, word in marks if holds]
        case FolderEntry(_, number, is_unfolded):
            words.append(
                translate("SidebarRows", "folder with 1 conversation")
                if number == 1
                else translate("SidebarRows", "folder with {count} conversations").format(
                    count=count(number)
                )
            )
            words.append(
                translate("SidebarRows", "unfolded")
                if is_unfolded
                else translate("SidebarRows", "folded")
            )
        case HitEntry(conversation):
            words.insert(0, title(conversation))
        case TrashedEntry(_, days):
            kept = translate("SidebarRows", "is kept for {days} more days")
            words.append(kept.format(days=days))
    return ("，" if is_chinese() else ", ").join(words)


def _heading(heading: Heading) -> str:
    translate = QCoreApplication.translate
    match heading.group:
        case Group.TEMPORARY:
            return translate("SidebarRows", "Temporary")
        case Group.PINNED:
            return translate("SidebarRows", "Pinned")
        case Group.FOLDERS:
            return translate("SidebarRows", "Folders")
        case Group.TODAY:
            return translate("SidebarRows", "Today")
        case Group.YESTERDAY:
            return translate("SidebarRows", "Yesterday")
        case Group.WEEK:
            return translate("SidebarRows", "Previous 7 days")
        case Group.THIRTY_DAYS:
            return translate("SidebarRows", "Previous 30 days")
        case Group.MORE:
            return translate("SidebarRows", "Only the first {count} hits").format(
                count=count(MOST_HITS)
            )
        case Group.MONTH:
            return _month(heading.month or date(1970, 1, 1))


def _month(month: date) -> str:
    day = QDate(month.year, month.month, 1)
    pattern = QCoreApplication.translate("SidebarRows", "MMMM yyyy", "QLocale's form of a month")
    return _locale().toString(day, pattern)


def _locale() -> QLocale:
    """Of the window's language, not of the system: a heading is one sentence in one language."""
    return QLocale("zh_CN" if is_chinese() else "en")
