"""Who imports whom, seen from a fresh interpreter; import-linter sees the same in the source."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import backends
import baichuan_desktop

ROOT = Path(__file__).parents[1]
PACKAGES = ("backends", "baichuan_desktop")
HEAVY = {"bitsandbytes", "onnx", "onnxruntime", "torch", "transformers"}


def _loaded_by(*modules: str) -> set[str]:
    """Top-level packages that a fresh interpreter holds once it has imported these."""
    code = "import sys\n" + "".join(f"import {module}\n" for module in modules)
    code += "print(*{name.partition('.')[0] for name in sys.modules})"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(result.stdout.split())


def _modules_of_the_app() -> list[str]:
    """All but the package for scripts, which is there to import transformers."""
    root = Path(baichuan_desktop.__path__[0])
    found = (file.relative_to(root.parent).with_suffix("") for file in root.rglob("*.py"))
    names = (".".join(file.parts).removesuffix(".__init__") for file in found)
    others = (name for name in names if name.split(".")[1:2] != ["transformers"])
    return sorted(name for name in others if not name.endswith("__main__"))


def test_the_window_starts_without_torch() -> None:
    assert not _loaded_by("baichuan_desktop.app") & HEAVY


def test_a_server_runs_without_what_an_engine_computes_with() -> None:
    """They are a quarter of its memory."""
    loaded = _loaded_by("baichuan_desktop.cli.commands", "baichuan_desktop.server.running")

    assert "starlette" in loaded
    assert not loaded & {"numpy", "sentencepiece", "PySide6"}


def test_no_module_of_the_app_imports_torch(app_home: Path) -> None:
    """The engine process has it; the window's process never does."""
    loaded = _loaded_by(*_modules_of_the_app())

    assert "PySide6" in loaded  # that is, they were imported
    assert not loaded & HEAVY
    assert not app_home.exists()  # importing a module does nothing


def test_the_command_line_starts_without_qt_and_torch() -> None:
    assert not _loaded_by("baichuan_desktop.cli.main") & (HEAVY | {"PySide6"})


def test_the_engine_imports_torch_only_when_a_model_is_loaded() -> None:
    assert not _loaded_by("backends.engine.process") & (HEAVY | {"PySide6", "baichuan_desktop"})


#: What no two systems have alike, in whatever word.
SYSTEM_WORDS = re.compile(rb"fcntl|fork|SIGKILL|prctl|mkfifo|/proc")
#: The one that asks which system this is, and the one that knows Windows' numbers for it.
ASKS, WINDOWS = "backends/operating_system.py", "backends/windows_api.py"


#: Folders of what is made of other files: by Python, and of the libraries of the web page.
MADE = {"__pycache__", "built"}


def _files_with(words: re.Pattern[bytes], suffix: str = "") -> set[str]:
    """The files of the product that hold one of these words: in code, comments and resources."""
    files = [
        file
        for package in PACKAGES
        for file in (ROOT / package).rglob(f"*{suffix}")
        if not MADE.intersection(file.parts) and file.is_file()
    ]
    assert len(files) > 100
    return {file.relative_to(ROOT).as_posix() for file in files if words.search(file.read_bytes())}


def test_one_module_alone_knows_the_words_of_a_system() -> None:
    """What measures and builds the app, in benchmarks and tools, may know them too."""
    assert _files_with(SYSTEM_WORDS) == {ASKS}


def test_only_the_same_module_asks_which_system_this_is() -> None:
    """Others may name it in a report."""
    asks = re.compile(
        rb"""sys\.platform\s*(?:==|!=|in\b|\.)|\bos\.name\b"""
        rb"""|\bplatform\.(?:machine|processor|system|uname|win32|mac)"""
    )

    assert _files_with(asks, ".py") == {ASKS}


def test_only_the_same_module_and_windows_numbers_reach_a_library_of_the_system() -> None:
    reaches = re.compile(rb"ctypes\.(?:CDLL|WinDLL|windll|cdll|PyDLL)|\bkernel32\b|libc\.so")

    assert _files_with(reaches, ".py") == {ASKS, WINDOWS}


def test_only_one_module_knows_the_numbers_of_windows_errors() -> None:
    assert _files_with(re.compile(rb"winerror|ntstatus|winnt"), ".py") == {WINDOWS}


def test_every_child_is_started_where_it_is_kept_from_opening_a_console() -> None:
    starts = re.compile(rb"subprocess\.(?:run|Popen|call|check_)|os\.(?:system|popen|spawn|exec)")

    assert _files_with(starts, ".py") == {ASKS}


def test_no_text_is_ever_read_as_html_or_by_qts_markdown() -> None:
    """HTML opens files and reaches the network; what is offered to others is written as bytes."""
    reads = re.compile(
        rb"(?:set|insert|append|from|to)(?:Html|Markdown)\b|mightBeRichText|RichText|QTextBrowser"
    )

    assert _files_with(reads, ".py") == set()


WITHOUT = """
import sys
import psutil  # whose form for Windows needs none of them
for name in ("fcntl", "readline", "resource", "termios", "pwd", "grp"):
    sys.modules[name] = None  # as on Windows
from types import SimpleNamespace
from backends import operating_system, windows_api

class Kernel32:
    names = []
    def CreateFileW(self, name, *_):
        self.names.append(name)
        return 7
    def __getattr__(self, _):
        return lambda *_: 0

import ctypes
ctypes.get_last_error = lambda: 0
windows_api.kernel32 = lambda kernel32=Kernel32(): kernel32
operating_system.sys = SimpleNamespace(
    platform="win32", stdin=sys.stdin, stdout=sys.stdout, stderr=sys.stderr
)
"""


def test_what_windows_lacks_is_missed_nowhere(tmp_path: Path) -> None:
    code = WITHOUT + "".join(f"import {name}\n" for name in _modules_of_the_app())
    code += """
import backends.engine.server
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.console import guarded_output
from pathlib import Path
folder = Path(sys.argv[1]) / "config"
SettingsFile(folder / "settings.json").change(language="zh_CN")
with guarded_output():
    print(SettingsFile(folder / "settings.json").current.language)
print([Path(name).name for name in Kernel32.names], sorted(f.name for f in folder.iterdir()))
"""
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )

    assert result.stdout.splitlines() == ["zh_CN", "['config.lock'] ['settings.json']"], (
        result.stderr
    )


def test_no_hint_has_a_gap_that_nobody_fills() -> None:
    """The facts of an error fill its sentence; a hint with facts of its own is a Phrase."""
    calls = (
        (file, node)
        for package in ("backends", "baichuan_desktop")
        for file in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.keyword) and node.arg == "hint"
    )

    found = [
        f"{file.name}:{node.value.lineno}"
        for file, node in calls
        if isinstance(node.value, ast.Constant) and re.search(r"{\w+", str(node.value.value))
    ]
    assert found == []


def test_the_two_packages_are_siblings() -> None:
    """`backends` is a plain top-level package; the registry is found in the folder above both."""
    folders = {Path(package.__path__[0]).parent for package in (backends, baichuan_desktop)}

    assert folders == {ROOT}


@pytest.mark.parametrize("folder", ["installer", "tests"])
def test_a_folder_that_is_no_package_has_no_init(folder: str) -> None:
    assert not list((ROOT / folder).rglob("__init__.py"))


def test_no_folder_has_more_than_twelve_modules() -> None:
    """`__init__` aside: a folder is a room with one purpose, which one look takes in."""
    folders = Counter(
        file.parent.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
        if file.name != "__init__.py"
    )

    assert folders["backends/files"]  # that is, they were counted
    assert not {folder: count for folder, count in folders.items() if count > 12}


def test_no_module_is_longer_than_400_lines() -> None:
    """Nor one of what measures and builds the app."""
    lines = {
        file.relative_to(ROOT).as_posix(): len(file.read_text(encoding="utf-8").splitlines())
        for folder in (*PACKAGES, "benchmarks", "tools")
        for file in (ROOT / folder).rglob("*.py")
    }

    assert len(lines) > 100  # that is, they were read
    assert lines["benchmarks/cards/tables.py"]
    assert not {module: count for module, count in lines.items() if count > 400}
