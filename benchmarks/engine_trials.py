"""What the window does when its engine is killed, stopped, out of memory or crashes; and orphans.

    PYTHONPATH=. python benchmarks/engine_trials.py

The real window with a real engine process and a random checkpoint. In 26 trials the engine is
struck while it loads, reads a prompt, writes, or waits: what happened must be said, with the right
reason and a hang within its bound, the text so far must be kept, and the next prompt must be
answered. In 20 more the window is killed, half of them while its engine starts: a second later no
process of it may be left. Prints a line a trial; the exit code is 1 if one failed.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psutil
from PySide6.QtWidgets import QApplication
from typing_extensions import override

from backends.errors import EngineCrashedError, EngineKilledError, InsufficientMemoryError
from backends.events import LoadProgress, PrefillProgress, TextDelta
from backends.protocol.engine_requests import Request
from baichuan_desktop.app import window_services
from baichuan_desktop.services.app_paths import HOME_VARIABLE, app_paths
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.engines.silence import Patience
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import GUIDE_ID
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.look.fonts import load_fonts
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.window.main_window import MainWindow
from baichuan_desktop.workers.watches.store_watch import StoreWatch
from benchmarks.engine_blows import TRIALS, Blow, Phase, Trial
from benchmarks.machine import child_environment
from benchmarks.random_checkpoint import SHAPES, NotEnoughDiskError, cache_folder, make_or_reuse

_QUESTION: Final = "Which weights does this machine hold? 这台机器上有什么？ "
_LONG: Final = 20 * _QUESTION  # many chunks of a prompt
_SHORT_TOKENS, _LONG_TOKENS = 8, 400
_TEXTS: Final = 5  # of an answer that is in the middle
_WAIT_SECONDS: Final = 300.0  # a trial that waits longer has failed
_STOP_SECONDS: Final = 3.0  # a stop ends a silent engine within these
_ORPHAN_SECONDS: Final = 1.0
_MARK: Final = "BAICHUAN_TRIAL"  # in the environment of a window and of all that it starts


class FailedTrialError(Exception):
    """What was seen instead of what should have been."""


class StruckClient(EngineClient):
    """Strikes its engine when an event of the phase comes by, in the thread that hears it."""

    def __init__(self, log_file: Path, patience: Patience) -> None:
        super().__init__(log_file, patience=patience)
        self.armed: Trial | None = None
        self.struck = threading.Event()

    @override
    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        texts = 0
        for event in super().run(request, cancel):
            texts += isinstance(event, TextDelta)
            trial = self.armed
            if trial is not None and self.pid is not None and _is_now(trial.phase, event, texts):
                self.armed = None
                trial.blow.strike(self.pid)
                self.struck.set()
            yield event


def _is_now(phase: Phase, event: ClientEvent, texts: int) -> bool:
    match phase:
        case Phase.LOAD:
            return isinstance(event, LoadProgress)
        case Phase.PREFILL:
            return isinstance(event, PrefillProgress)
        case Phase.DECODE:
            return texts == _TEXTS
        case Phase.IDLE:
            return False


class Person:
    """Uses the window, and looks at what it says."""

    def __init__(self, app: QApplication, folder: Path, patience: Patience) -> None:
        self._app = app
        self._patience = patience
        paths = app_paths()
        self.client = StruckClient(paths.engine_log, patience)
        settings = SettingsFile(paths.settings)
        services = window_services(paths, settings, self.client, StoreWatch())
        self.window = MainWindow(services, Theme(app), Translations(app))
        self.window.show()
        self.model = services.store.add(folder)
        self.guide = services.store.model(GUIDE_ID)

    def until(self, holds: Callable[[], bool], what: str) -> float:
        """Wait for something; the seconds it took. Raises FailedTrialError."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() - began > _WAIT_SECONDS:
                raise FailedTrialError(f"{what} did not come within {_WAIT_SECONDS:.0f} s")
            self._app.processEvents()
            time.sleep(0.002)
        return time.monotonic() - began

    @property
    def page(self) -> str:
        """All text of the conversation, and what is noted of each answer."""
        source = self.window.controller.source
        rows = [source.row(row_id) for row_id in source.ids()]
        return "\n".join(text for row in rows for text in (row.text, row.footer) if text)

    def load(self, model: InstalledModel) -> None:
        """Have a model loaded, and no dialog in the way."""
        self.close_error()
        if self.window.switcher.wanted != model:
            self.window.switcher.load(model)
        self.until(lambda: self.window.switcher.current == model, "the model")

    def say(self, text: str, tokens: int) -> None:
        """Send a message."""
        self.window.panel.max_new_tokens.setValue(tokens)
        self.window.page.send(text)

    def is_idle(self) -> bool:
        """Whether no answer is on its way, and a model is there."""
        return not self.window.controller.is_answering and self.window.switcher.current is not None

    def ask(self, text: str) -> None:
        """Send a message and read its answer. Raises FailedTrialError."""
        self.until(lambda: not self.window.controller.is_answering, "the end of an answer")
        before = self.page
        self.say(text, _SHORT_TOKENS)
        self.until(self.is_idle, "an answer")
        if self.window.errors.dialog is not None or not self.page.startswith(before):
            told = (
                self.window.errors.dialog.message.text()
                if self.window.errors.dialog is not None
                else "nothing"
            )
            raise FailedTrialError(f"the next prompt was not answered; told was: {told}")
        if " tokens" not in self.page[len(before) :]:
            raise FailedTrialError(f"the next prompt got {self.page[len(before) :]!r}")

    def close_error(self) -> None:
        """Put an error away."""
        if self.window.errors.dialog is not None:
            self.window.errors.dialog.close()
        self._app.processEvents()

    def close(self) -> None:
        """Close the window and end its engine."""
        self.close_error()
        self.window.close()
        self.client.close()

    # --- trials ------------------------------------------------------------------------------

    def undergo(self, trial: Trial) -> str:
        """What was said. Raises FailedTrialError."""
        # What is loaded in place of the guide gives way to it when it fails.
        self.load(self.guide if trial.phase is Phase.LOAD else self.model)
        self.window.controller.new_chat()
        self.ask(_QUESTION)
        before = self.page
        self.client.struck.clear()
        failures: list[Exception] = []

        def remember(error: Exception, _choice: object = None) -> None:
            failures.append(error)

        signals = self.window.controller.failed, self.window.switcher.failed
        for failed in signals:
            failed.connect(remember)
        said = self._struck(trial, failures)
        self.until(self.is_idle, "the end")
        for failed in signals:
            failed.disconnect(remember)
        self.close_error()
        if not self.page.startswith(before):
            raise FailedTrialError("text was lost")
        self.ask(_QUESTION)
        return said

    def _struck(self, trial: Trial, failures: list[Exception]) -> str:
        if trial.phase is Phase.IDLE:
            assert self.client.pid is not None
            trial.blow.strike(self.client.pid)
            self.say(_LONG if trial.blow is Blow.MEMORY else _QUESTION, _SHORT_TOKENS)
        else:
            self.client.armed = trial
            if trial.phase is Phase.LOAD:
                self.window.switcher.load(self.model)
            else:
                self.say(_LONG if trial.phase is Phase.PREFILL else _QUESTION, _LONG_TOKENS)
            self.until(self.client.struck.is_set, "the phase")
        if trial.blow is Blow.STOP:
            return self._after_stop(trial)
        self.until(lambda: bool(failures) or self.is_idle(), "the end of what was struck")
        if not failures and trial.blow is Blow.MEMORY:  # what there was sufficed for this answer
            self.until(self.is_idle, "the end of an answer")
            self.say(_LONG, _SHORT_TOKENS)
            self.until(lambda: bool(failures) or self.is_idle(), "the end of another")
        if not failures:
            if trial.phase is Phase.IDLE and trial.blow is not Blow.MEMORY:
                return "a fresh engine was started at once"
            raise FailedTrialError("nothing was said")
        error = failures[0]
        memory = isinstance(error, InsufficientMemoryError | EngineKilledError)
        if memory is not (trial.blow in (Blow.MEMORY, Blow.KILL)) or not (
            memory or isinstance(error, EngineCrashedError)
        ):
            raise FailedTrialError(f"said was: {error}")
        return str(error)

    def _after_stop(self, trial: Trial) -> str:
        notice = self.window.remarks.engine_notice
        if trial.presses_stop:
            self.window.controller.stop()
            took = self.until(lambda: self.client.pid is None, "the end of the engine")
            if took > _STOP_SECONDS:
                raise FailedTrialError(f"Stop took {took:.1f} s")
            return f"Stop ended it in {took:.1f} s"
        took = self.until(lambda: not notice.isHidden(), "the notice")
        text = notice.label.text()
        if took > self._patience.most + 1:
            raise FailedTrialError(f"the hang was said after {took:.1f} s")
        notice.button.click()
        ended = self.until(lambda: self.client.pid is None or self.is_idle(), "the end")
        return f"after {took:.1f} s “{text}”; the button ended it in {ended:.2f} s"


def _undergo_all(app: QApplication, folder: Path, patience: Patience) -> int:
    """Undergo every trial; how many failed."""
    person = Person(app, folder, patience)
    failed = 0
    for number, trial in enumerate(TRIALS, 1):
        try:
            verdict, said = "ok", person.undergo(trial)
        except FailedTrialError as error:
            failed += 1
            verdict, said = "FAILED", str(error)
        print(f"{number:3} {trial!s:32} {verdict:7} {said}", flush=True)
    person.close()
    print(f"{len(TRIALS) - failed} of {len(TRIALS)} trials: said, text kept, next prompt answered")
    return failed


# --- orphans ---------------------------------------------------------------------------------


def _be_a_window(app: QApplication, folder: Path) -> None:
    """Load, and answer for ever."""
    person = Person(app, folder, Patience())
    while True:
        person.load(person.model)
        person.window.controller.new_chat()
        person.ask(_LONG)
        person.until(lambda: True, "a moment")


def _kill_windows(folder: Path, count: int, seed: int) -> int:
    """Kill `count` windows; how many left a process behind."""
    dice = random.Random(seed)
    left_behind = 0
    for number in range(1, count + 1):
        starting = number % 2 == 1
        with tempfile.TemporaryDirectory() as home:
            left, when = _kill_one(folder, Path(home), dice, starting=starting)
        left_behind += bool(left)
        verdict = f"FAILED {left}" if left else "ok"
        print(f"{number:3} window killed {when:50} {verdict}", flush=True)
    print(f"{count - left_behind} of {count} windows left nothing behind")
    return left_behind


def _kill_one(
    folder: Path, home: Path, dice: random.Random, *, starting: bool
) -> tuple[list[str], str]:
    mark = uuid.uuid4().hex
    window = subprocess.Popen(
        [sys.executable, __file__, "--be-a-window", str(folder)],
        env={**child_environment(), HOME_VARIABLE: str(home), _MARK: mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # The first engine is that of the guide, and the next that of the checkpoint.
    began = time.monotonic()
    while not _engines(mark, window.pid):
        if window.poll() is not None or time.monotonic() - began > _WAIT_SECONDS:
            return ["the window did not start an engine"], "never"
        time.sleep(0.001)
    delay = dice.uniform(0, 0.3) if starting else dice.uniform(1, 12)
    time.sleep(delay)
    alive = len(_engines(mark, window.pid))
    window.kill()
    window.wait()
    time.sleep(_ORPHAN_SECONDS)
    left = [f"{process.pid}" for process in _engines(mark, window.pid)]
    for pid in left:
        os.kill(int(pid), signal.SIGKILL)
    return left, f"{delay:5.2f} s after its engine began ({alive} processes)"


def _engines(mark: str, window: int) -> list[psutil.Process]:
    """The live processes that the window `window` started, told by `mark` in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid == window or process.environ().get(_MARK) != mark:
                continue
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def main() -> int:
    """Try, print, and say whether all went well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--orphans", type=int, default=20, help="windows to kill")
    parser.add_argument("--seed", type=int, default=1, help="of the moments at which they die")
    parser.add_argument(
        "--reuse", type=Path, default=cache_folder(), help="folder that keeps the checkpoints"
    )
    parser.add_argument("--be-a-window", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if options.be_a_window:
        _be_a_window(_app(), options.be_a_window)
    try:
        folder = make_or_reuse(options.shape, options.reuse)
    except NotEnoughDiskError as error:
        print(error, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME_VARIABLE] = home  # the person's own settings stay as they are
        failed = _undergo_all(_app(), folder, Patience())
    failed += _kill_windows(folder, options.orphans, options.seed)
    return 1 if failed else 0


def _app() -> QApplication:
    app = QApplication(sys.argv[:1])
    load_fonts()
    return app


if __name__ == "__main__":
    sys.exit(main())
