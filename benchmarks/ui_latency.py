"""How late the window's event loop is while a model loads and answers.

    PYTHONPATH=. python benchmarks/ui_latency.py

The real window with a real engine process and a random checkpoint: a timer of 5 ms ticks in the
window's event loop, and how late each tick comes is how long a key or a click would have waited.
The same is measured before, in a window at rest: what is late there is the machine's doing. So is
a tick that came much later than the window's own thread worked since the one before.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import psutil
from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from backends.errors import UserFacingError
from backends.events import Finished
from backends.machine import hardware
from baichuan_desktop.app import window_services
from baichuan_desktop.services.app_paths import HOME_VARIABLE, app_paths
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.look.fonts import load_fonts
from baichuan_desktop.ui.look.i18n import Translations
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.window.main_window import MainWindow
from baichuan_desktop.workers.watches.store_watch import StoreWatch
from benchmarks import machine
from benchmarks.random_checkpoint import SHAPES, NotEnoughDiskError, cache_folder, make_or_reuse

_INTERVAL_MS: Final = 5
_REST_MS: Final = 3000
_QUESTION: Final = "Which weights does this machine hold? 这台机器上有什么？"
_GOALS: Final = {"p99": 16.0, "max": 50.0}  # ms


@dataclass(frozen=True, slots=True)
class Tick:
    """One tick of the timer."""

    at: float  #: seconds into its phase
    late_ms: float
    work_ms: float  #: processor time of the window's thread since the tick before


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late the ticks of one phase came, in ms."""

    phase: str
    seconds: float
    ticks: int
    p50: float
    p99: float
    max: float
    longest_work: float  #: of the window's own thread between two ticks
    worst: list[Tick]


class Metronome(QObject):
    """Ticks in the event loop and notes how late it was, phase by phase."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._phases: dict[str, list[Tick]] = {}
        self._begun: dict[str, float] = {}
        self._phase = ""
        self._last = 0.0
        self._last_work = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._tick)

    def begin(self, phase: str) -> None:
        """Begin a phase, to which the ticks from now on belong."""
        if not self._phase:
            self._last, self._last_work = time.perf_counter(), time.thread_time()
            self._timer.start()
        self._phase = phase
        self._begun[phase] = time.perf_counter()
        self._phases[phase] = []

    def stop(self) -> None:
        """End the last phase."""
        self._timer.stop()

    @Slot()
    def _tick(self) -> None:
        now, work = time.perf_counter(), time.thread_time()
        tick = Tick(
            at=round(now - self._begun[self._phase], 3),
            late_ms=max(0.0, (now - self._last) * 1000 - _INTERVAL_MS),
            work_ms=(work - self._last_work) * 1000,
        )
        self._last, self._last_work = now, work
        self._phases[self._phase].append(tick)

    def summary(self, name: str, *phases: str) -> Lateness:
        """How late the ticks of one phase came, or of several taken together."""
        ticks = [tick for phase in phases or (name,) for tick in self._phases[phase]]
        late = sorted(tick.late_ms for tick in ticks)
        return Lateness(
            phase=name,
            seconds=sum(self._phases[phase][-1].at for phase in phases or (name,)),
            ticks=len(late),
            p50=_quantile(late, 0.5),
            p99=_quantile(late, 0.99),
            max=late[-1],
            longest_work=max(tick.work_ms for tick in ticks),
            worst=sorted(ticks, key=lambda tick: -tick.late_ms)[:5],
        )


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Script(QObject):
    """What the person at the window does: wait, load, ask, read."""

    def __init__(self, window: MainWindow, folder: Path, tokens: int) -> None:
        super().__init__()
        self._window = window
        self._folder = folder
        self._tokens = tokens
        self.metronome = Metronome(self)
        self.answer: Finished | None = None
        window.switcher.ready.connect(self._on_ready)
        window.controller.context_known.connect(self._on_answered)
        window.controller.failed.connect(self._on_failed)
        window.switcher.failed.connect(self._on_failed)

    def start(self) -> None:
        """Begin with a window at rest."""
        self.metronome.begin("rest")
        QTimer.singleShot(_REST_MS, self._load)

    @Slot()
    def _load(self) -> None:
        self.metronome.begin("load")
        self._window.library.load_first(str(self._folder))

    @Slot(object, object)
    def _on_ready(self, _model: object, _ready: object) -> None:
        self.metronome.begin("answer")
        panel = self._window.panel
        panel.max_new_tokens.setValue(self._tokens)
        self._window.page.send(_QUESTION)

    @Slot(object)
    def _on_answered(self, finished: Finished) -> None:
        self.answer = finished
        self.metronome.stop()
        QApplication.quit()

    @Slot(object)
    def _on_failed(self, error: UserFacingError) -> None:
        print(error.message, file=sys.stderr)
        QApplication.exit(1)


def main() -> int:
    """Open the window, measure, print."""
    options = _arguments()
    try:
        folder = make_or_reuse(options.shape, options.reuse)
    except NotEnoughDiskError as error:
        print(error, file=sys.stderr)
        return 1
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME_VARIABLE] = home  # the person's own settings stay as they are
        report = _measure(folder, options.tokens)
    if report is None:
        return 1
    print(json.dumps(report) if options.json else _table(report))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shape", choices=SHAPES, default="small")
    parser.add_argument("--tokens", type=int, default=500, help="length of the answer")
    parser.add_argument(
        "--reuse", type=Path, default=cache_folder(), help="folder that keeps the checkpoints"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _measure(folder: Path, tokens: int) -> dict[str, Any] | None:
    app = QApplication(sys.argv[:1])
    load_fonts()
    paths = app_paths()
    theme, translations = Theme(app), Translations(app)
    client = EngineClient(paths.engine_log)
    services = window_services(paths, SettingsFile(paths.settings), client, StoreWatch())
    window = MainWindow(services, theme, translations)
    window.show()
    script = Script(window, folder, tokens)
    neighbours = hardware.Neighbours()
    QTimer.singleShot(0, script.start)
    code = app.exec()
    engine = psutil.Process(client.pid).cpu_times() if client.pid else None
    cores = neighbours.cores(engine.user + engine.system if engine else 0.0)
    platform = app.platformName()
    window.close()
    client.close()
    finished = script.answer
    if code or finished is None:
        return None
    metronome = script.metronome
    goal = metronome.summary("load and answer", "load", "answer")
    return {
        "machine": machine.facts(),
        "platform": platform,
        "model": folder.name,
        "tokens": finished.new_tokens,
        "tokens_per_second": finished.tokens_per_second,
        "neighbour_cores": cores,
        "phases": [asdict(metronome.summary(name)) for name in ("rest", "load", "answer")],
        "goal": asdict(goal),
        "goal_met": goal.p99 < _GOALS["p99"] and goal.max < _GOALS["max"],
    }


def _table(report: dict[str, Any]) -> str:
    lines = [f"{name.capitalize():28}{value}" for name, value in report["machine"].items()]
    answer = f"{report['tokens']} tokens, {report['tokens_per_second']:.1f} tokens/s"
    lines += [
        f"{'Window':28}{report['platform']}",
        f"{'Answer of ' + report['model']:28}{answer}",
        f"{'Others kept busy':28}{report['neighbour_cores']:.1f} cores",
        "",
        f"{'Lateness, ms':18}{'p50':>7}{'p99':>7}{'max':>7}{'work':>7}   late/work, at second",
    ]
    for phase in (*report["phases"], report["goal"]):
        worst = ", ".join(
            "{late_ms:.0f}/{work_ms:.0f} {at:.2f}".format(**t) for t in phase["worst"]
        )
        figures = "".join(f"{phase[key]:7.1f}" for key in ("p50", "p99", "max", "longest_work"))
        lines.append(f"{phase['phase']:18}{figures}   {worst}")
    verdict = "met" if report["goal_met"] else "missed"
    lines.append(f"Goal over load and answer, p99 < 16 ms and max < 50 ms: {verdict}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
