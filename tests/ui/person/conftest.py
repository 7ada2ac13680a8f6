"""The app as it is started, used and started again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.chat.store.state import StoreState
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.settings import Language
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.workers.watches.store_watch import StoreWatch
from tests.ui.harness import Harness, ScriptedEngine
from tests.ui.person.person import Person


class App:
    """Starts the window on the files of this test's home; the one before is closed first."""

    def __init__(self, app: QApplication, theme: Theme) -> None:
        self._app, self._theme = app, theme
        self.running: Harness | None = None

    def start(self, engine: EnginePort, language: Language = "en") -> Person:
        """Open the window and begin to load, as `app.main` does, on a computer in a language."""
        self.quit()
        watches: list[StoreWatch] = []

        def tell(state: StoreState) -> None:
            for watch in watches:
                watch.tell(state)

        store = ConversationStore(app_paths().conversations, on_state=tell)
        self.running = Harness(self._app, self._theme, engine, store)
        watches.append(self.running.store_watch)
        chosen = self.running.settings.current.language
        self.running.translations.use(language if chosen == "system" else chosen)
        person = Person(self.running.window)
        self.running.window.library.show_problems()
        self.running.window.library.load_first(None)
        return person

    def quit(self) -> None:
        """Close the window, if one is open."""
        if self.running is not None:
            self.running.close()
            self.running = None


@pytest.fixture
def desk(app: QApplication, theme: Theme) -> Iterator[App]:
    """An app that can be started."""
    made = App(app, theme)
    yield made
    made.quit()


@pytest.fixture
def me(desk: App, engine: ScriptedEngine) -> Person:
    """Somebody in front of the window, with the guide loaded."""
    person = desk.start(engine)
    person.wait_until_ready()
    return person
