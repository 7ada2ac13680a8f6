"""Cards are numbered as selection numbers them, before anything can read how."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from baichuan_desktop.services.engines.in_process import InProcessEngine

ROOT = Path(__file__).parents[3]

#: An engine process that says how cards are numbered when it begins to import what it needs.
WATCHED = """
import os, sys

class Watch:
    def find_spec(self, name, path, target=None):
        if name == "backends.engine.server":
            early = {"torch", "bitsandbytes", "pynvml", "onnxruntime"} & sys.modules.keys()
            print(os.environ.get("CUDA_DEVICE_ORDER"), early, flush=True)
            os._exit(0)

from backends.engine import process
sys.meta_path.insert(0, Watch())
process.main()
"""


@pytest.mark.parametrize("before", [None, "FASTEST_FIRST", "PCI_BUS_ID", ""])
def test_an_engine_process_numbers_cards_before_it_imports_anything(before: str | None) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "CUDA_DEVICE_ORDER"}
    if before is not None:
        environment["CUDA_DEVICE_ORDER"] = before

    found = subprocess.run(
        [sys.executable, "-c", WATCHED],
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )

    assert found.stdout.strip() == "PCI_BUS_ID set()"


@pytest.mark.parametrize("before", [None, "FASTEST_FIRST"])
def test_an_engine_in_this_process_numbers_them_so_too(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_DEVICE_ORDER", before or "")
    if before is None:
        monkeypatch.delenv("CUDA_DEVICE_ORDER")

    InProcessEngine()

    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
