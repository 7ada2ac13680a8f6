"""Who imports whom, seen from a fresh interpreter; import-linter sees the same in the source."""

from __future__ import annotations

import pkgutil
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
    found = pkgutil.walk_packages(baichuan_desktop.__path__, "baichuan_desktop.")
    return [module.name for module in found if not module.name.endswith("__main__")]


def test_the_window_starts_without_torch() -> None:
    assert not _loaded_by("baichuan_desktop.app") & HEAVY


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
    lines = {
        file.relative_to(ROOT).as_posix(): len(file.read_text(encoding="utf-8").splitlines())
        for package in PACKAGES
        for file in (ROOT / package).rglob("*.py")
    }

    assert len(lines) > 100  # that is, they were read
    assert not {module: count for module, count in lines.items() if count > 400}
