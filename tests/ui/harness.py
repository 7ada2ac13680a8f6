"""The real window with an engine that says what a test tells it to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from backends.errors import EngineEndedError
from backends.events import (
    AdapterInUse,
    AdapterReady,
    Finished,
    FinishReason,
    ModelKind,
    ModelReady,
    PromptReady,
    SamplingDefaults,
    TextDelta,
)
from backends.machine.hardware import Machine
from backends.model_config import Family
from backends.phrases import Phrase
from backends.precision import BackendName, DeviceKind, Precision
from backends.protocol.engine_requests import (
    AdapterRequest,
    ChatRequest,
    CompleteRequest,
    LoadRequest,
    Request,
    UnloadRequest,
)
from baichuan_desktop.services.admission.admission import Admission
from baichuan_desktop.services.admission.admitted_engine import AdmittedEngine
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort
from baichuan_desktop.services.engines.queue import EngineQueue
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.serving.key import ServerKey
from baichuan_desktop.services.serving.port import Server
from baichuan_desktop.services.serving.window_desk import WindowDesk
from baichuan_desktop.services.serving.window_engine import WindowEngine
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.app_services import AppServices, ServingServices
from baichuan_desktop.ui.errors.dialog import MessageDialog
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.transcript.rows.row import Row, RowAction, RowKind
from baichuan_desktop.ui.window.main_window import MainWindow
from baichuan_desktop.workers.engine_worker import EngineWorker
from baichuan_desktop.workers.token_counter import CountingProcess, TokenCounter
from baichuan_desktop.workers.watches.serving_watch import ServingWatch
from baichuan_desktop.workers.watches.store_watch import StoreWatch
from tests.helpers.counting import CharacterCount
from tests.helpers.gate import Gate as Gate
from tests.helpers.machines import machine
from tests.helpers.patience import wait_until
from tests.helpers.scripted_tuner import ScriptedRuns, ScriptedTuner

DEFAULTS = SamplingDefaults(
    greedy=False,
    temperature=0.3,
    top_k=5,
    top_p=0.85,
    repetition_penalty=1.05,
    max_new_tokens=512,
)
READY = ModelReady(
    folder="",
    family=Family.BAICHUAN2_7B,
    kind=ModelKind.CHAT,
    backend=BackendName.TORCH_CPU,
    precision=Precision.BF16,
    device_name="A processor",
    device_kind=DeviceKind.CPU,
    reason=Phrase(
        "{precision} needs {need:.1f} GiB, which fits on {devices} together.",
        precision="bf16",
        need=1.5,
        devices="it",
    ),
    threads=2,
    context_length=4096,
    parameters=7,
    weights_bytes=14,
    needed_bytes=30,
    peak_bytes=20,
    load_seconds=0.1,
    defaults=DEFAULTS,
)


def finished(reason: FinishReason = FinishReason.STOP, *, new_tokens: int = 21) -> Finished:
    return Finished(
        reason=reason,
        prompt_tokens=10,
        cached_tokens=0,
        new_tokens=new_tokens,
        context_tokens=10 + new_tokens,
        prefill_seconds=0.1,
        first_token_seconds=0.1,
        decode_seconds=2.0,
    )


def answer(*texts: str, dropped: int = 0) -> list[Step]:
    """An answer that comes to its own end."""
    return [PromptReady(10, 0, dropped), *map(TextDelta, texts), finished()]


def model(name: str, kind: ModelKind = ModelKind.CHAT) -> InstalledModel:
    return InstalledModel(
        id=name.lower(),
        name=Names(en=name, zh=name),
        path=Path("/models") / name,
        variant=None,
        family=Family.BAICHUAN2_7B,
        kind=kind,
        context_length=4096,
    )


OTHER, BASE = model("Other"), model("Base", ModelKind.BASE)


Step = ClientEvent | Exception | Gate


def in_use(folder: str | None) -> AdapterInUse | None:
    return None if folder is None else AdapterInUse(folder, 4096)


class ScriptedEngine:
    """Answers each request with the next of `answers`, and a load without a script with READY.

    What is in `switches` comes before another adapter is in use, what is in `unloads` before the
    model is out of memory.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.cancels: list[threading.Event] = []
        self.answers: list[Sequence[Step]] = []
        self.loads: list[Sequence[Step]] = []
        self.switches: list[Sequence[Step]] = []
        self.unloads: list[Sequence[Step]] = []
        self.killed = threading.Event()

    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        self.requests.append(request)
        self.cancels.append(cancel)
        if isinstance(request, LoadRequest):
            ready = replace(READY, folder=request.folder, adapter=in_use(request.adapter))
            steps: Sequence[Step] = self.loads.pop(0) if self.loads else [ready]
        elif isinstance(request, AdapterRequest):
            steps = self.switches.pop(0) if self.switches else []
            steps = [*steps, AdapterReady(in_use(request.folder), 0.01)]
        elif isinstance(request, UnloadRequest):
            steps = self.unloads.pop(0) if self.unloads else []
        else:
            steps = self.answers.pop(0)
        for step in steps:
            if isinstance(step, Gate):
                step.reached.set()
                while not (step.open.is_set() or cancel.is_set() or self.killed.is_set()):
                    time.sleep(0.002)
                if self.killed.is_set() and not step.open.is_set():
                    raise EngineEndedError
                if cancel.is_set():
                    if isinstance(request, ChatRequest | CompleteRequest):
                        yield finished(FinishReason.CANCELLED, new_tokens=3)
                    return
            elif isinstance(step, Exception):
                raise step
            else:
                yield step

    def kill(self) -> None:
        self.killed.set()

    def close(self) -> None:
        pass

    @property
    def questions(self) -> list[ChatRequest | CompleteRequest]:
        return [one for one in self.requests if isinstance(one, ChatRequest | CompleteRequest)]

    @property
    def adapters(self) -> list[Path | None]:
        """What was asked of the model that was loaded then."""
        asked = [one.folder for one in self.requests if isinstance(one, AdapterRequest)]
        return [None if folder is None else Path(folder) for folder in asked]

    @property
    def loaded_folders(self) -> list[Path]:
        return [Path(one.folder) for one in self.requests if isinstance(one, LoadRequest)]


class Harness:
    """A window, and hands to use it with."""

    def __init__(
        self,
        app: QApplication,
        theme: Theme,
        engine: EnginePort,
        conversations: ConversationStore | None = None,
        store_watch: StoreWatch | None = None,
        counting: CountingProcess | None = None,
    ) -> None:
        """`store_watch` is told what `conversations` says of itself; `counting` counts tokens."""
        self.app = app
        self.theme = theme
        self.store_watch = store_watch or StoreWatch()
        self.conversations = conversations or ConversationStore(None)
        self.settings = SettingsFile(app_paths().settings)
        self.store = ModelStore(app_paths())
        self.translations = Translations(app)
        self.translations.use("en")
        self.manifests = ManifestStore(app_paths().manifests)
        self.acceptances = Acceptances(app_paths().licences)
        self.admission = Admission(self.store, self.manifests, self.acceptances)
        watched = WindowEngine(engine)
        line = EngineQueue(AdmittedEngine(watched, self.admission))
        watch = ServingWatch()
        self.worker = EngineWorker(line.port(watch.tell_place))
        self.served = WindowDesk(
            line, watched, watch.ears, lambda name: self.store.of_id(name) is not None
        )
        self.make_server = self._no_server
        self.measurements = Measurements(app_paths().measurements)
        self.machine = machine(bf16=True)
        self.machine_now: Machine | None = None  #: with the engine of the chat, if that matters
        self.looks: list[ModelReady | None] = []  #: what the machine was looked at without
        self.jobs = ScriptedEngine()  #: of the jobs, one after the other
        self.job_worker = self._job_worker
        self.counting = CharacterCount()  #: of tokens: one for each character
        self.beside = ScriptedEngine()  #: of the model that answers beside the chat's
        self.comparison_worker = self._comparison_worker
        self.runs = ScriptedRuns()  #: trainings that can go on
        self.tuner = ScriptedTuner(self.store, self.runs)
        services = AppServices(
            store=self.store,
            manifests=self.manifests,
            acceptances=self.acceptances,
            last_used=LastUsed(app_paths().last_used),
            settings=self.settings,
            model_folder=app_paths().model_folder,
            cache=app_paths().cache,
            worker=self.worker,
            conversations=self.conversations,
            store_watch=self.store_watch,
            tokens=TokenCounter(counting or self.counting),
            job_worker=lambda: self.job_worker(),
            comparison_worker=lambda: self.comparison_worker(),
            serving=ServingServices(
                self.served,
                watch,
                ServerKey(app_paths().server_key),
                lambda: self.make_server(),
            ),
            tuner=self.tuner,
            preview=self.tuner.make_preview,
            precisions=Precisions(
                self.measurements,
                lambda: self.machine_now or self.machine,
                self._look,
                self.store.published_4bit_losses,
            ),
        )
        self.window = MainWindow(services, theme, self.translations)
        self.window.show()
        self.window.activateWindow()
        self.composer = self.window.page.composer
        self.transcript = self.window.page.transcript
        self.composer.input.setFocus()

    def _job_worker(self) -> EngineWorker:
        self.jobs.killed.clear()  # that was the engine of the job before
        engine = AdmittedEngine(self.jobs, self.admission)
        return EngineWorker(engine, lambda job, cancel: job.steps(engine.run, cancel))

    def _comparison_worker(self) -> EngineWorker:
        self.beside.killed.clear()  # that was the engine of the comparison before
        return EngineWorker(AdmittedEngine(self.beside, self.admission))

    def _no_server(self) -> Server:
        raise AssertionError("nobody is served in this test")

    def _look(self, ready: ModelReady | None) -> Machine:
        self.looks.append(ready)
        return self.machine

    def close(self) -> None:
        self.window.close()
        self.window.shut_down()  # it may ask first, and then no thread is to outlive the test
        self.translations.use("en")
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.app.processEvents()

    def until(self, holds: Callable[[], bool]) -> None:
        """Run the window until something holds; fail if it never does."""
        until(holds)

    def start(self) -> None:
        """Load the first model, to the end."""
        self.window.library.load_first(None)
        self.until_idle()

    def until_idle(self) -> None:
        self.until(lambda: self.window.switcher.current is not None and self.can_send_next)

    @property
    def can_send_next(self) -> bool:
        return not self.window.controller.is_answering

    @property
    def error(self) -> MessageDialog | None:
        """The error that is shown."""
        return self.window.errors.dialog

    def load(self, model: InstalledModel) -> None:
        """Choose a model in the list at the top."""
        self.window.top_bar.picker.chosen.emit(model)

    def press(
        self,
        key: Qt.Key,
        modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        QTest.keyClick(self.composer.input, key, modifier)

    def say(self, text: str) -> None:
        """Write a message and press Enter."""
        self.composer.set_text(text)
        self.press(Qt.Key.Key_Return)

    def ask(self, text: str) -> None:
        """Write a message and wait for the end of its answer."""
        self.say(text)
        self.until_idle()

    @property
    def page_text(self) -> str:
        """All rows as they are shown: who speaks, what is said, what is noted of it."""
        lines: list[str] = []
        for row in self.rows:
            speaker = "" if row.kind is RowKind.PERSON else row.speaker
            parts = (row.caution, speaker, row.text, row.waiting, row.footer)
            lines += [part for part in parts if part]
        return "\n".join(lines)

    @property
    def rows(self) -> list[Row]:
        """The rows of the open conversation, as the transcript is given them."""
        source = self.window.controller.source
        return [source.row(row_id) for row_id in source.ids()]

    def row(self, text: str) -> Row:
        """The row that has this text in it."""
        (found,) = [row for row in self.rows if text in row.text]
        return found

    def do(self, action: RowAction, text: str) -> None:
        """Ask for something at the row with this text, as its buttons and menu do."""
        row = self.row(text)
        assert action in row.actions, f"{action} is not offered"
        self.transcript.action_requested.emit(action, row.id)


def until(holds: Callable[[], bool]) -> None:
    """Run the event loop until something holds; fail if it never does."""
    wait_until(holds, lambda: QTest.qWait(2))
