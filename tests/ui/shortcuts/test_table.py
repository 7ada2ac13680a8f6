from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from baichuan_desktop.ui.shortcuts.table import (
    SHORTCUTS,
    Command,
    Shortcut,
    keys_of,
    keys_text,
    with_keys,
)


def test_every_command_has_one_line_in_the_table() -> None:
    assert Counter(one.command for one in SHORTCUTS) == Counter(Command)


def test_no_keys_give_two_commands(app: QApplication) -> None:
    keys = Counter(key.toString() for one in SHORTCUTS for key in keys_of(one.command))

    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("shortcut", SHORTCUTS, ids=lambda one: one.command.value)
def test_all_keys_are_known_and_pressed_at_once(app: QApplication, shortcut: Shortcut) -> None:
    for name, key in zip(shortcut.keys, keys_of(shortcut.command), strict=True):
        assert key.toString() == name
        assert key.count() == 1


def test_no_command_has_a_letter_or_an_erasing_key_alone(app: QApplication) -> None:
    """Whoever types must not command by it."""
    names = {key.toString() for one in SHORTCUTS for key in keys_of(one.command)}
    alone = {name for name in names if "+" not in name}

    assert alone == {"Enter", "Up", "Esc", "F2", "F9", "F10"}
    assert not [name for name in names if "Del" in name or "Backspace" in name]


def test_a_tooltip_names_the_keys_as_this_system_writes_them(app: QApplication) -> None:
    written = QKeySequence("Ctrl+N").toString(QKeySequence.SequenceFormat.NativeText)

    assert with_keys("New chat", Command.NEW_CHAT) == f"New chat ({written})"
    assert keys_text(Command.SETTINGS) == QKeySequence("Ctrl+,").toString(
        QKeySequence.SequenceFormat.NativeText
    )
