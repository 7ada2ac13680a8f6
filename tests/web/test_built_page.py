"""The page that is served is what its sources give."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

if not os.environ.get("WEB_PYTHON"):
    pytest.skip("make test-web runs these", allow_module_level=True)

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "baichuan_desktop" / "server" / "page"
LARGEST_BYTES = 1_500_000


def contents(folder: Path) -> dict[str, bytes]:
    """What is in the files of a folder, by their paths in it."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def npm(*words: str) -> None:
    command = [os.environ["WEB_PYTHON"], str(ROOT / "tools" / "npm.py"), *words]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_committed_page_is_what_its_sources_give_byte_for_byte(tmp_path: Path) -> None:
    npm("run", "build", "--", "--outDir", str(tmp_path), "--emptyOutDir")

    built, committed = contents(tmp_path), contents(PAGE / "built")
    assert built.keys() == committed.keys()
    assert [name for name in built if built[name] != committed[name]] == []


def test_the_page_is_small_and_names_no_other_address() -> None:
    files = contents(PAGE / "built")

    assert sum(map(len, files.values())) < LARGEST_BYTES
    for name in ("index.html", "page.css"):
        assert b"//" not in files[name], name
    assert b"unsafe" not in files["index.html"]


def test_the_page_and_its_tests_are_typed() -> None:
    npm("run", "check")
