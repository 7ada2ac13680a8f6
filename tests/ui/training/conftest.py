"""The window with a training that a test plays, and hands to use it with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QWidget

from backends.training.events import TrainingReady
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.jobs.desk import JobRecord
from baichuan_desktop.services.jobs.job import Job
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.training.tuner import TrainingListed
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.jobs.entry import Asked
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.training.asking.form import AskingForm
from baichuan_desktop.ui.training.asking.page import AskingPage
from baichuan_desktop.ui.training.dialog import TrainingDialog
from baichuan_desktop.ui.training.entry import TRAINING
from tests.helpers.scripted_tuner import ScriptedRuns, ScriptedTuner
from tests.ui.harness import Harness, until


class FormHands:
    """A dialog without a window, which asks and begins nothing: most is seen there."""

    def __init__(self, theme: Theme, folder: Path) -> None:
        self.theme = theme
        self.store = ModelStore(app_paths())
        self.tuner = ScriptedTuner(self.store, ScriptedRuns())
        services = SimpleNamespace(
            store=self.store, tuner=self.tuner, preview=self.tuner.make_preview
        )
        self.parent = QWidget()
        self.model = self.store.models[0]
        asked = Asked(cast(AppServices, services), theme, self.parent, self.model, None)
        self.dialog = TrainingDialog(asked)
        self.begun: list[Job] = []
        self.dialog.begun.connect(lambda _dialog, job: self.begun.append(job))
        self.page, self.form = self.dialog.asking, self.dialog.asking.form
        self.data, self.output = folder / "talks.json", folder / "result"
        self.data.write_text("[]")
        self.dialog.show()
        until(lambda: not self.page.is_looking and self.form.preset_list.count() > 1)

    def fill(self) -> None:
        """Say what is learnt from and where the result goes."""
        self.form.files.add([self.data])
        self.form.result.folder.setText(str(self.output))
        self.form.result.folder.setModified(True)
        self.settle()

    def settle(self) -> None:
        """Wait until all that is chosen was looked at."""
        until(lambda: not self.page.is_looking)

    def press_begin(self) -> None:
        until(self.page.begin_button.isEnabled)
        self.page.begin_button.click()

    def close(self) -> None:
        self.dialog.stop_asking()
        self.parent.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


class TrainingHands:
    """The dialog of fine-tuning in the window, used as a person does."""

    def __init__(self, ui: Harness, folder: Path) -> None:
        self.ui, self.folder = ui, folder
        self.tuner: ScriptedTuner = ui.tuner
        self.data = folder / "talks.json"
        self.data.write_text("[]")
        self.output = folder / "result"

    @property
    def action(self) -> QAction:
        """The entry of the menu."""
        return next(one for entry, one in self.ui.window.menus.jobs if entry is TRAINING)

    def open(self) -> TrainingDialog:
        """Choose the entry, and wait until the machine was looked at."""
        self.ui.until(self.action.isEnabled)
        self.action.trigger()
        self.ui.until(lambda: self.form.preset_list.count() > 1)
        return self.dialog

    @property
    def dialog(self) -> TrainingDialog:
        dialog = self.ui.window.jobs.dialog
        assert isinstance(dialog, TrainingDialog)
        return dialog

    @property
    def page(self) -> AskingPage:
        return self.dialog.asking

    @property
    def form(self) -> AskingForm:
        return self.page.form

    @property
    def record(self) -> JobRecord:
        record = self.dialog.record
        assert record is not None
        return record

    @property
    def model(self) -> InstalledModel:
        return self.ui.store.models[0]

    def fill(self) -> TrainingDialog:
        """Open it, and say what is learnt from and where the result goes."""
        dialog = self.open()
        self.form.files.add([self.data])
        self.form.result.folder.setText(str(self.output))
        self.form.result.folder.setModified(True)
        self.ui.until(lambda: bool(self.tuner.previews) and not self.page.is_looking)
        return dialog

    def begin(self, *script: object) -> TrainingDialog:
        """Fill it in and begin what is told so."""
        dialog = self.fill()
        self.tuner.scripts.append(list(script))  # type: ignore[arg-type]  # a test says what
        self.press_begin()
        return dialog

    def press_begin(self) -> None:
        self.ui.until(self.page.begin_button.isEnabled)
        self.page.begin_button.click()

    def ready(self, last_loss: float = 0.5) -> TrainingReady:
        return TrainingReady(str(self.output), True, 4_000_000, 8, last_loss, None)

    def listed(self) -> TrainingListed:
        return TrainingListed(self.model)


@pytest.fixture
def alone(app: QApplication, theme: Theme, tmp_path: Path) -> Iterator[FormHands]:
    hands = FormHands(theme, tmp_path)
    yield hands
    hands.close()


@pytest.fixture
def hands(ui: Harness, tmp_path: Path, app_home: Path) -> TrainingHands:
    return TrainingHands(ui, tmp_path)


@pytest.fixture
def shown(hands: TrainingHands) -> Callable[[], str]:
    """The name of the page that is shown."""

    def name() -> str:
        dialog = hands.dialog
        pages = {
            dialog.asking: "asking",
            dialog.running: "running",
            dialog.stopped: "stopped",
            dialog.done_page: "done",
        }
        page = dialog.pages.currentWidget()
        return next(name for one, name in pages.items() if one is page)

    return name
