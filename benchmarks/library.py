"""What a long list of models costs: a start, a change, its page; which folders a start asks for.

    PYTHONPATH=. python benchmarks/library.py [--models 500] [--strace]

The models are listed and are not there. Processor time is told: on a machine that does other work
the time on the clock says little. With --strace, the store is made once more, and the whole window
is started (offscreen, unless QT_QPA_PLATFORM says otherwise), with every look at a file written
down; those at folders of models are counted, and make the exit code 1.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from baichuan_desktop.services.app_paths import HOME_VARIABLE, app_paths, resource
from baichuan_desktop.services.library.store import ModelStore
from benchmarks import machine

_RUNS: Final = 7
_GOALS: Final = {"making the store": 100.0, "add": 300.0, "opening the page": 200.0}  # ms
_ELSEWHERE: Final = "/mnt/nowhere/models"
_WINDOW_SECONDS: Final = 20.0  # that a start is watched under strace, which slows it
_STORE: Final = (
    "from baichuan_desktop.services.app_paths import app_paths;"
    "from baichuan_desktop.services.library.store import ModelStore;"
    "print(len(ModelStore(app_paths()).models))"
)
_WINDOW: Final = "from baichuan_desktop.app import main; main([])"


def write_list(count: int) -> None:
    """List `count` models, each on a drive of its own, half of them with an export."""
    lines = ["schema_version: 1", "installed:"]
    for number in range(count):
        drive = f"{_ELSEWHERE}/drive-{number % 20}"
        of_model = [f"  drive: {drive}", "  added: '2026-11-29'"]
        of_export = [f"  export_of: model-{number}", "  export_stamp: 0123456789abcdef"]
        for model_id, more in ((f"model-{number}", of_model), (f"export-{number}", of_export)):
            if more is of_model or number % 2:
                lines += [
                    f"- id: {model_id}",
                    f"  name: {{en: Model {number}, zh: 模型 {number}}}",
                    f"  path: {drive}/{model_id}",
                    "  variant: baichuan2-7b-chat",
                    "  family: baichuan2-7b",
                    "  kind: chat",
                    "  context_length: 4096",
                    *more,
                ]
    file = app_paths().user_registry
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def timed(what: str, do: Callable[[], object]) -> None:
    """Print the processor time that something takes: the median of several times."""
    times = []
    for _ in range(_RUNS):
        began = time.process_time()
        do()
        times.append(1000 * (time.process_time() - began))
    goal = f"   goal {_GOALS[what]:.0f}" if what in _GOALS else ""
    print(f"{what:24} {sorted(times)[_RUNS // 2]:8.1f} ms{goal}")


def measure(folder: Path) -> None:
    """What making the store, its lists and its changes take; `folder` has a model to add."""
    timed("making the store", lambda: ModelStore(app_paths()))
    store = ModelStore(app_paths())
    timed("reading it again", store.reload)
    timed("one of them by its id", lambda: store.model("model-7"))
    copies = iter([shutil.copytree(folder, folder.with_name(f"copy-{n}")) for n in range(_RUNS)])
    added: list[str] = []
    timed("add", lambda: added.append(store.add(Path(next(copies))).id))
    timed("rename", lambda: store.rename(added[0], f"Name {time.monotonic_ns()}"))
    names = iter(added)
    timed("remove", lambda: store.remove(next(names)))
    _measure_page(store)


def _measure_page(store: ModelStore) -> None:
    from PySide6.QtWidgets import QApplication

    from baichuan_desktop.ui.library.page import LibraryPage
    from baichuan_desktop.ui.look.theme import Theme

    app = QApplication(sys.argv[:1])
    page = LibraryPage(Theme(app))
    page.resize(1100, 800)

    def open_page() -> None:
        page.set_models(store.models, store.variants)
        page.show()
        app.processEvents()
        page.hide()

    timed("opening the page", open_page)


def asked_for(program: str, trace: Path, seconds: float | None) -> int:
    """How often the system was asked for a folder of a model while a program ran so long."""
    command = ["strace", "-f", "-qq", "-e", "trace=%file", "-o", str(trace), sys.executable, "-c"]
    child = subprocess.Popen([*command, program], start_new_session=True)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [line for line in lines if _ELSEWHERE in line]
    print(f"{len(lines):8,} looks at files, {len(found)} at folders of models")
    for line in found[:10]:
        print(f"         {line}")
    return len(found)


def main() -> int:
    """Measure; the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--strace", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    for name, fact in machine.facts().items():
        print(f"{name}: {fact}")
    with tempfile.TemporaryDirectory() as name:
        os.environ[HOME_VARIABLE] = str(Path(name) / "home")
        write_list(options.models)
        model = shutil.copytree(resource("guide_model"), Path(name) / "model")
        measure(model)
        if not options.strace:
            return 0
        trace = Path(name) / "trace"
        return (
            1 if asked_for(_STORE, trace, None) + asked_for(_WINDOW, trace, _WINDOW_SECONDS) else 0
        )


if __name__ == "__main__":
    raise SystemExit(main())
