"""Processes of the app's own beside the window: how each is started, and finds its code."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import baichuan_desktop


def command(module: str, option: str) -> list[str]:
    """The command line of a module that is a process: `option` names it to a frozen app."""
    if getattr(sys, "frozen", False):
        return [sys.executable, option]
    # -P: the folder the app happens to be started in is not a place to import code from.
    return [sys.executable, "-P", "-m", module]


def variables() -> dict[str, str]:
    """What its environment needs besides this process's own, to find the code."""
    root = str(Path(next(iter(baichuan_desktop.__path__))).parent)
    inherited = os.environ.get("PYTHONPATH")
    return {
        "PYTHONPATH": os.pathsep.join([root, inherited] if inherited else [root]),
        "PYTHONUTF8": "1",
    }
