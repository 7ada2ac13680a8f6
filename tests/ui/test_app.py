from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.ui.crash_reporter import CrashReporter
from baichuan_desktop.ui.theme import Theme
from tests.ui.harness import until


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_window_opens_and_closes_without_torch_and_logs_what_nobody_caught() -> None:
    result = run(
        """
        import sys
        from PySide6.QtCore import QTimer
        from baichuan_desktop.ui import main_window

        def stumble():
            raise RuntimeError("a bug in a slot")

        def begin(window, name):
            assert name == "some-model"
            assert window.isVisible()
            QTimer.singleShot(0, stumble)
            QTimer.singleShot(50, window.close)

        main_window.MainWindow.load_first = begin
        from baichuan_desktop.app import main
        code = main(["--model", "some-model"])
        heavy = {"torch", "transformers", "onnxruntime", "bitsandbytes"} & set(sys.modules)
        print(code, sorted(heavy))
        """
    )

    assert result.stdout.strip() == "0 []", result.stderr
    log = (app_paths().log / "window.log").read_text(encoding="utf-8")
    assert "a bug in a slot" in log
    assert app_paths().settings.exists(), "the window's size is remembered"


def test_a_registry_that_somebody_broke_is_named_and_ends_the_start() -> None:
    paths = app_paths()
    paths.config.mkdir(parents=True)
    paths.user_registry.write_text("schema_version: 1\nmodles: []\n", encoding="utf-8")

    result = run(
        """
        from PySide6.QtWidgets import QDialog, QLabel
        QDialog.exec = lambda self: print([one.text() for one in self.findChildren(QLabel)][1])
        from baichuan_desktop.app import main
        print(main([]))
        """
    )

    sentence, code = result.stdout.strip().splitlines()
    assert "modles" in sentence
    assert code == "1"


def test_the_engine_of_a_frozen_app_begins_without_qt() -> None:
    result = run(
        """
        import sys
        import backends.engine_main
        backends.engine_main.main = lambda: print("engine", "PySide6" in sys.modules)
        from baichuan_desktop.app import main
        print(main(["--engine"]))
        """
    )

    assert result.stdout.split() == ["engine", "False", "0"], result.stderr


def test_a_bug_is_shown_once_with_the_place_of_the_log(theme: Theme) -> None:
    file = Path("/logs/window.log")
    reporter = CrashReporter(file, theme)

    reporter.happened.emit("Traceback: one")
    reporter.happened.emit("Traceback: two")
    until(lambda: reporter.dialog is not None)

    dialog = reporter.dialog
    assert dialog is not None
    assert str(file) in dialog.more.text()
    until(lambda: dialog.isVisible())
    assert reporter.dialog is dialog
    dialog.close()
    assert reporter.dialog is None
