"""The shortcuts: what is commanded, by which keys, in which words. Decided nowhere else.

Menus, tooltips and the sheet take the keys from here. “Ctrl” is the Command key on macOS: Qt reads
and shows it so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence


class Command(Enum):
    """What a person can ask for with the keyboard alone."""

    NEW_CHAT = "new-chat"
    TEMPORARY_CHAT = "temporary-chat"
    SEARCH = "search"
    RENAME = "rename"
    EXPORT = "export"
    PRINT = "print"
    SEND = "send"
    NEW_LINE = "new-line"
    EDIT_LAST = "edit-last"
    ATTACH = "attach"
    UNDO = "undo"
    PRESETS = "presets"
    STOP = "stop"
    COPY_ANSWER = "copy-answer"
    EXACT_PROMPT = "exact-prompt"
    FIND = "find"
    COPY = "copy"
    SELECT_ALL = "select-all"
    OPEN_FOLDER = "open-folder"
    MODEL_PICKER = "model-picker"
    SIDEBAR = "sidebar"
    SETTINGS = "settings"
    PANEL = "panel"
    JOBS = "jobs"
    MODELS = "models"
    ZOOM_IN = "zoom-in"
    ZOOM_OUT = "zoom-out"
    ZOOM_RESET = "zoom-reset"
    MENU = "menu"
    SHORTCUTS = "shortcuts"
    QUIT = "quit"


class Topic(Enum):
    """The heading of the sheet under which a shortcut stands."""

    CONVERSATIONS = "conversations"
    WRITING = "writing"
    ANSWERS = "answers"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A command, the keys that give it, and what it does."""

    command: Command
    topic: Topic
    keys: tuple[str, ...]  #: as QKeySequence reads them; the first is shown
    sentence: Callable[[], str]  #: in the language of the window


SHORTCUTS = (
    Shortcut(
        Command.NEW_CHAT, Topic.CONVERSATIONS, ("Ctrl+N",),
        lambda: QCoreApplication.translate("Shortcuts", "Begin a new chat"),
    ),
    Shortcut(
        Command.TEMPORARY_CHAT, Topic.CONVERSATIONS, ("Ctrl+Shift+N",),
        lambda: QCoreApplication.translate(
            "Shortcuts", "Begin a temporary chat, which is never written to the disk"
        ),
    ),
    Shortcut(
        Command.SEARCH, Topic.CONVERSATIONS, ("Ctrl+K",),
        lambda: QCoreApplication.translate("Shortcuts", "Search all conversations"),
    ),
    Shortcut(
        Command.RENAME, Topic.CONVERSATIONS, ("F2",),
        lambda: QCoreApplication.translate("Shortcuts", "Rename the conversation"),
    ),
    Shortcut(
        Command.EXPORT, Topic.CONVERSATIONS, ("Ctrl+Shift+E",),
        lambda: QCoreApplication.translate("Shortcuts", "Export conversations to files"),
    ),
    Shortcut(
        Command.PRINT, Topic.CONVERSATIONS, ("Ctrl+P",),
        lambda: QCoreApplication.translate("Shortcuts", "Print the conversation"),
    ),
    Shortcut(
        Command.SEND, Topic.WRITING, ("Enter",),
        lambda: QCoreApplication.translate("Shortcuts", "Send the message"),
    ),
    Shortcut(
        Command.NEW_LINE, Topic.WRITING, ("Shift+Enter",),
        lambda: QCoreApplication.translate("Shortcuts", "Begin a new line in the message"),
    ),
    Shortcut(
        Command.EDIT_LAST, Topic.WRITING, ("Up",),
        lambda: QCoreApplication.translate(
            "Shortcuts", "Edit your last question, from an empty field"
        ),
    ),
    Shortcut(
        Command.ATTACH, Topic.WRITING, ("Ctrl+Shift+A",),
        lambda: QCoreApplication.translate("Shortcuts", "Attach documents to the message"),
    ),
    Shortcut(
        Command.UNDO, Topic.WRITING, ("Ctrl+Z",),
        lambda: QCoreApplication.translate(
            "Shortcuts", "Take back what was written, or messages that were just deleted"
        ),
    ),
    Shortcut(
        Command.PRESETS, Topic.WRITING, ("Ctrl+Shift+P",),
        lambda: QCoreApplication.translate("Shortcuts", "Choose a preset for the message"),
    ),
    Shortcut(
        Command.STOP, Topic.ANSWERS, ("Esc",),
        lambda: QCoreApplication.translate(
            "Shortcuts", "Close what is open over the conversation, else stop the answer"
        ),
    ),
    Shortcut(
        Command.COPY_ANSWER, Topic.ANSWERS, ("Ctrl+Shift+C",),
        lambda: QCoreApplication.translate("Shortcuts", "Copy the last answer"),
    ),
    Shortcut(
        Command.EXACT_PROMPT, Topic.ANSWERS, ("Ctrl+Shift+T",),
        lambda: QCoreApplication.translate(
            "Shortcuts", "Show the exact prompt, token by token"
        ),
    ),
    Shortcut(
        Command.FIND, Topic.ANSWERS, ("Ctrl+F",),
        lambda: QCoreApplication.translate("Shortcuts", "Find in the conversation"),
    ),
    Shortcut(
        Command.COPY, Topic.ANSWERS, ("Ctrl+C",),
        lambda: QCoreApplication.translate("Shortcuts", "Copy what is selected"),
    ),
    Shortcut(
        Command.SELECT_ALL, Topic.ANSWERS, ("Ctrl+A",),
        lambda: QCoreApplication.translate("Shortcuts", "Select the whole text"),
    ),
    Shortcut(
        Command.OPEN_FOLDER, Topic.WINDOW, ("Ctrl+O",),
        lambda: QCoreApplication.translate("Shortcuts", "Open a model folder"),
    ),
    Shortcut(
        Command.MODEL_PICKER, Topic.WINDOW, ("Ctrl+L",),
        lambda: QCoreApplication.translate("Shortcuts", "Choose a model"),
    ),
    Shortcut(
        Command.SIDEBAR, Topic.WINDOW, ("Ctrl+B",),
        lambda: QCoreApplication.translate("Shortcuts", "Show or hide the list of conversations"),
    ),
    Shortcut(
        Command.SETTINGS, Topic.WINDOW, ("Ctrl+,",),
        lambda: QCoreApplication.translate("Shortcuts", "Open the settings"),
    ),
    Shortcut(
        Command.PANEL, Topic.WINDOW, ("F9",),
        lambda: QCoreApplication.translate(
            "Shortcuts", "Show or hide the settings of the conversation at the right"
        ),
    ),
    Shortcut(
        Command.JOBS, Topic.WINDOW, ("Ctrl+J",),
        lambda: QCoreApplication.translate("Shortcuts", "Show or hide the jobs"),
    ),
    Shortcut(
        Command.MODELS, Topic.WINDOW, ("Ctrl+Shift+L",),
        lambda: QCoreApplication.translate("Shortcuts", "Show or hide all models"),
    ),
    Shortcut(
        Command.ZOOM_IN, Topic.WINDOW, ("Ctrl++", "Ctrl+="),  # + and = share a key on many boards
        lambda: QCoreApplication.translate("Shortcuts", "Larger text"),
    ),
    Shortcut(
        Command.ZOOM_OUT, Topic.WINDOW, ("Ctrl+-",),
        lambda: QCoreApplication.translate("Shortcuts", "Smaller text"),
    ),
    Shortcut(
        Command.ZOOM_RESET, Topic.WINDOW, ("Ctrl+0",),
        lambda: QCoreApplication.translate("Shortcuts", "Text of the usual size"),
    ),
    Shortcut(
        Command.MENU, Topic.WINDOW, ("F10",),
        lambda: QCoreApplication.translate("Shortcuts", "Open the menu of all commands"),
    ),
    Shortcut(
        Command.SHORTCUTS, Topic.WINDOW, ("Ctrl+/",),
        lambda: QCoreApplication.translate("Shortcuts", "Show this list"),
    ),
    Shortcut(
        Command.QUIT, Topic.WINDOW, ("Ctrl+Q",),
        lambda: QCoreApplication.translate("Shortcuts", "Close the window"),
    ),
)  # fmt: skip

_BY_COMMAND = {one.command: one for one in SHORTCUTS}


def keys_of(command: Command) -> list[QKeySequence]:
    """The keys that give a command, the one that is shown first."""
    return [QKeySequence(keys) for keys in _BY_COMMAND[command].keys]


def keys_text(command: Command) -> str:
    """The keys of a command as they are written on this system's keyboards."""
    return keys_of(command)[0].toString(QKeySequence.SequenceFormat.NativeText)


def with_keys(text: str, command: Command) -> str:
    """A tooltip that names the keys too: “New chat (Ctrl+N)”."""
    return f"{text} ({keys_text(command)})"
