"""A window that serves nobody opens no socket of an internet family; the kernel would end it."""

from __future__ import annotations

from pathlib import Path

from tests.test_no_network import guarded

#: Loads the guide with a real engine, asks it, opens the dialog of the server, and closes.
_USED = """
from backends.generation.sampling import SamplingParams
from baichuan_desktop.ui.window.main_window import MainWindow

real_show = MainWindow.show

def show(window):
    real_show(window)
    window.switcher.ready.connect(ask)
    window.controller.finished.connect(end)

def ask():
    params = SamplingParams(max_new_tokens=3)
    window().controller.send("你好", params)

def end():
    window().serving.open()
    print(window().serving.dialog.isVisible(), len(window().controller.source.ids()))
    window().close()

def window():
    from PySide6.QtWidgets import QApplication
    return next(one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow))

MainWindow.show = show
from baichuan_desktop.app import main
print(main([]))
"""


def test_a_window_that_serves_nobody_opens_no_internet_socket(tmp_path: Path) -> None:
    result = guarded(_USED, tmp_path)

    assert (result.stdout, result.returncode) == ("True 2\n0\n", 0), result.stderr
