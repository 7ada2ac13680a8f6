from __future__ import annotations

import pytest
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QWidget

from baichuan_desktop.ui.instance.raising import Raising, own_token
from baichuan_desktop.ui.instance.request import RaiseRequest


def test_a_window_that_lies_in_the_taskbar_comes_to_the_front(
    app: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "")
    alerted: list[QWidget] = []
    monkeypatch.setattr(QApplication, "alert", lambda window, *_: alerted.append(window))
    window = QWidget()
    raising = Raising(window)
    models = QSignalSpy(raising.model_asked)
    window.showMinimized()

    raising.answer(RaiseRequest(None, "a token"))

    assert window.isVisible()
    assert not window.isMinimized()
    assert alerted == [window]
    assert models.count() == 0
    assert own_token() == "a token"
    window.close()


def test_the_model_of_another_start_is_asked_for(app: QApplication) -> None:
    window = QWidget()
    raising = Raising(window)
    models = QSignalSpy(raising.model_asked)

    raising.answer(RaiseRequest("/models/one"))

    assert models.at(0) == ["/models/one"]
    window.close()
