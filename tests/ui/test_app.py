from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from baichuan_desktop.services.app_paths import HOME_VARIABLE, app_paths
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.ui.errors.crash_reporter import CrashReporter
from baichuan_desktop.ui.look.theme import Theme
from tests.helpers.policies import placing
from tests.ui.harness import Harness, ScriptedEngine, answer, until

MakeWindow = Callable[[EnginePort], Harness]


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
        from baichuan_desktop.ui.models.model_library import ModelLibrary

        def stumble():
            raise RuntimeError("a bug in a slot")

        def begin(library, name):
            window = library.parent()
            assert name == "some-model"
            assert window.isVisible()
            QTimer.singleShot(0, stumble)
            QTimer.singleShot(50, window.close)

        ModelLibrary.load_first = begin
        from baichuan_desktop.app import main
        code = main(["--model", "some-model"])
        heavy = {"torch", "transformers", "onnxruntime", "bitsandbytes", "starlette", "uvicorn"}
        heavy &= set(sys.modules)
        print(code, sorted(heavy))
        """
    )

    assert result.stdout.strip() == "0 []", result.stderr
    log = (app_paths().log / "window.log").read_text(encoding="utf-8")
    assert "a bug in a slot" in log
    assert app_paths().settings.exists(), "the window's size is remembered"


OPENED = """
    from PySide6.QtCore import QTimer
    from baichuan_desktop.ui.models.model_library import ModelLibrary

    def begin(library, name):
        window = library.parent()
        assert window.isVisible()
        dialog = window.errors.dialog
        print(dialog and dialog.message.text())
        print(window.width(), window.height(), window.view.language)
        print([model.id for model in library._store.models])
        QTimer.singleShot(0, window.close)

    ModelLibrary.load_first = begin
    from baichuan_desktop.app import main
    print(main([]))
    """


def opened(with_site_of: Path | None = None) -> tuple[str, str, str, str]:
    """What the window shows once it is open: error, size and language, models; the exit code.

    `with_site_of` has it read the site's files of this test, which no variable could tell it.
    """
    before = placing(with_site_of) if with_site_of else ""
    result = run(before + textwrap.dedent(OPENED))
    assert "Traceback" not in result.stderr
    error, size, models, code = result.stdout.strip().splitlines()
    return error, size, models, code


def test_a_registry_that_somebody_broke_is_named_and_the_window_opens() -> None:
    paths = app_paths()
    paths.config.mkdir(parents=True)
    paths.user_registry.write_text("schema_version: 1\nmodles: []\n", encoding="utf-8")

    error, _, models, code = opened()

    assert "modles" in error
    assert (models, code) == ("['baichuan-guide']", "0")
    assert "modles" in (paths.log / "window.log").read_text(encoding="utf-8")
    assert paths.user_registry.read_text(encoding="utf-8").endswith("modles: []\n")


@pytest.mark.skipif(sys.platform != "linux", reason="only there a name may be no UTF-8")
def test_a_home_whose_name_is_no_text_is_logged_without_a_complaint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, os.fsdecode(os.fsencode(tmp_path) + b"/\xc4\x1b[2J"))
    paths = app_paths()
    paths.config.mkdir(parents=True)
    paths.settings.write_text("broken")

    error, _, _, code = opened()

    assert (error, code) == ("None", "0")
    log = (paths.log / "window.log").read_text(encoding="utf-8")
    assert "/\ufffd\ufffd[2J/config/settings.json is not usable" in log


@pytest.mark.parametrize(
    ("size", "opens_with"),
    [
        ("[50000, 50000]", "800 800"), ("[2147483647, 2147483647]", "800 800"),
        ("[16000, 16000]", "800 800"),  # the screen without a screen
        ("[1, 1]", "480 300"),
    ],
)  # fmt: skip
def test_the_window_opens_whatever_size_was_remembered(size: str, opens_with: str) -> None:
    paths = app_paths()
    paths.config.mkdir(parents=True)
    paths.settings.write_text(f'{{"language": "zh_CN", "window_size": {size}}}')

    error, shown, _, code = opened()

    assert (error, shown, code) == ("None", f"{opens_with} zh_CN", "0")


def put_fifo(file: Path) -> None:
    os.mkfifo(file)


def put_device(file: Path) -> None:
    file.symlink_to("/dev/zero")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no FIFOs")
@pytest.mark.parametrize("put", [put_fifo, put_device, Path.mkdir])
def test_the_window_opens_with_no_ordinary_file_in_any_place(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    paths = app_paths()
    files = [paths.settings, paths.measurements, paths.user_registry, paths.site_registry,
             paths.log / "window.log", paths.engine_log]  # fmt: skip
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        put(file)

    error, _, models, code = opened(with_site_of=tmp_path)

    assert error == f"{paths.site_registry} cannot be read: it is no ordinary file."
    assert (models, code) == ("['baichuan-guide']", "0")
    assert not any(file.is_file() for file in files)


@pytest.mark.parametrize("name", ["config", "log", "cache", ""])
def test_the_window_opens_with_a_file_in_place_of_a_folder(app_home: Path, name: str) -> None:
    if name:
        app_home.mkdir()
    (app_home / name).write_text("")

    error, _, models, code = opened()

    assert (error, models, code) == ("None", "['baichuan-guide']", "0")


def test_a_person_is_told_once_that_choices_cannot_be_kept(
    app_home: Path, make_window: MakeWindow, engine: ScriptedEngine
) -> None:
    app_home.mkdir()
    (app_home / "config").write_text("a file in place of the folder")
    ui = make_window(engine)

    ui.start()
    assert "Your choices cannot be kept: Not a directory" in ui.window.remarks.label.text()
    ui.window.view.use_language("zh_CN")
    engine.answers.append(answer("你好"))
    ui.ask("Hello")

    assert "你好" in ui.page_text
    assert "Not a directory" not in ui.window.remarks.label.text()
    assert ui.settings.current.language == "zh_CN"


def test_a_log_that_is_full_is_begun_anew_under_the_feet_of_another_window() -> None:
    """On Windows it could not be renamed; here the other window would go on in the old file."""
    code = """
        import logging
        from pathlib import Path
        from baichuan_desktop import app
        from baichuan_desktop.services.app_paths import app_paths
        app._LOG_BYTES = 2_000
        file = app._start_log(app_paths())
        other = file.open("a", encoding="utf-8")
        for number in range(30):
            logging.info("line %d %s", number, "x" * 80)
        print("the other window", file=other, flush=True)
        print(file)
        """
    result = run(code)

    assert (result.returncode, result.stderr) == (0, "")
    file = Path(result.stdout.strip())
    text = file.read_text(encoding="utf-8")
    assert "line 29" in text
    assert text.endswith("the other window\n")
    assert len(text) < 2_000 + 100
    previous = file.with_name("window.log.1").read_text(encoding="utf-8")
    assert "line 29" not in previous
    first_kept = int(text.partition(" line ")[2].split()[0])
    assert f"line {first_kept - 1} " in previous, "none is lost between the two"


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


def test_a_bug_that_is_told_when_the_window_was_closed_opens_no_dialog(theme: Theme) -> None:
    """Nobody would close it, and the app would not end."""
    reporter = CrashReporter(Path("/logs/window.log"), theme)
    window = reporter.window = QWidget()
    told: list[str] = []
    reporter.happened.connect(told.append, Qt.ConnectionType.QueuedConnection)  # after the reporter
    window.show()

    reporter.happened.emit("Traceback: one")
    window.close()
    until(lambda: told == ["Traceback: one"])

    assert reporter.dialog is None
    window.show()
    reporter.happened.emit("Traceback: two")
    until(lambda: reporter.dialog is not None)
    window.close()
    window.deleteLater()


FIRST_WINDOW = """
    import threading
    from baichuan_desktop.ui.instance.raising import Raising
    from baichuan_desktop.ui.models.model_library import ModelLibrary
    ModelLibrary.load_first = lambda library, name: print("open", flush=True)
    def load_named(library, name):
        print("asked for", name, library.parent().isVisible(), flush=True)
        library.parent().close()
    ModelLibrary.load_named = load_named
    from baichuan_desktop.app import main
    print(main([]))
    """


def test_a_second_start_raises_the_first_window_and_hands_its_model_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    folder = tmp_path / "a model"
    folder.mkdir()
    first = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(FIRST_WINDOW)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert first.stdout is not None
    assert first.stdout.readline() == "open\n"
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    code = "import os; os.chdir({!r}); from baichuan_desktop.app import main; print(main({!r}))"

    second = run(code.format(str(tmp_path), ["--model", "a model"]))
    said, _ = first.communicate()

    assert second.stdout == "0\n"
    assert "is open already: its window comes to the front." in second.stderr
    assert said == f"asked for {folder} True\n0\n"


def test_the_window_opens_where_qts_local_sockets_lack_a_library() -> None:
    """Every start has a window then."""
    missing = 'import sys; sys.modules["PySide6.QtNetwork"] = None\n'
    result = run(missing + textwrap.dedent(OPENED))

    assert result.stdout.splitlines()[-1] == "0", result.stderr
    log = (app_paths().log / "window.log").read_text(encoding="utf-8")
    assert "Other windows of this home are not known of" in log
