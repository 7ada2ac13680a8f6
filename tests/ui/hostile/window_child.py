"""The app's window, given texts that try to be more than text.

    python -m tests.ui.hostile.window_child BAIT

They are answers, questions, titles, names of models and of folders, shown, copied, searched for,
and shown again by a second window. `plain` instead of BAIT shows as much of harmless text, so that
what the two do can be compared.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QApplication

from backends.events import PromptReady, TextDelta
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.values import Folder
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.ui.look.fonts import load_fonts
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.patience import PATIENCE_SECONDS
from tests.ui.harness import OTHER, Harness, ScriptedEngine, finished
from tests.ui.hostile.texts import hostile_texts, many_marks


def main() -> None:
    """Show them all, twice."""
    app = QApplication([])
    app.setApplicationDisplayName("Baichuan Desktop")
    app.setQuitOnLastWindowClosed(False)
    load_fonts()
    theme = Theme(app)
    texts = [*hostile_texts(Path(sys.argv[1]).absolute()).values(), many_marks()]
    if sys.argv[1] == "plain":
        words = "some words {}\n\n```python\nx = 1\n```\n\n$x$"
        texts = [words.format(number) for number in range(len(texts))]
    kept = _shown(app, theme, texts)
    store = ConversationStore(app_paths().conversations)
    ui = Harness(app, theme, ScriptedEngine(), store)
    ui.start()
    there = {one.id: store.messages(store.branch(one.head)) for one in store.conversations()}
    assert kept == {key: [one.text for one in messages] for key, messages in there.items()}
    for key in there:
        ui.window.controller.open(key)
        ui.window.grab()
    ui.close()
    sys.stdout.write("shown\n")
    sys.stdout.flush()
    os._exit(0)  # the interpreter would take what is Qt's apart in any order


def _shown(app: QApplication, theme: Theme, texts: list[str]) -> dict[int, list[str]]:
    """Have every text said by the person, the model and the names; the texts by conversation."""
    engine, store = ScriptedEngine(), ConversationStore(app_paths().conversations)
    ui = Harness(app, theme, engine, store)
    ui.start()
    kept = {}
    for text in texts:
        name = text[:300].replace("\0", "").encode("utf-8", "replace").decode()
        model = replace(OTHER, name=Names(en=name, zh=name), path=Path("/models") / name)
        ui.window.top_bar.picker.set_models([model])
        ui.load(model)
        ui.until_idle()
        store.put_folder(Folder(store.new_id(), text[:1000], 0))
        engine.answers.append([PromptReady(10, 0, 0), *map(TextDelta, _halves(text)), finished()])
        ui.window.menus.new_chat.trigger()
        ui.window.page.send(text)
        ui.until_idle()
        conversation = ui.window.controller.conversation
        assert conversation is not None
        kept[conversation.id] = [text, text]
        ui.window.grab()
        ui.transcript.select_all()
        ui.transcript.copy()
        store.search(text[:100])
    assert store.flush(PATIENCE_SECONDS)
    ui.close()
    return kept


def _halves(text: str) -> list[str]:
    middle = len(text) // 2
    return [text[:middle], text[middle:]]


if __name__ == "__main__":
    main()
