"""An engine that starts at once."""

from __future__ import annotations

import pytest

from backends.precision import DeviceKind
from baichuan_desktop.services.engines.in_process import InProcessEngine
from tests.cli.verbs.answering import Answering


@pytest.fixture
def engine_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of the terminal run in this process, behind the same gate.

    Each process imports torch for seconds, and a command of several precisions starts as many. That
    they are processes of their own is looked at where this is not used. Nor does a test need the
    bandwidth of this machine: little is read to measure it.
    """
    from backends.torch_backend import bandwidth

    monkeypatch.setattr(
        "baichuan_desktop.services.admission.engines.JobEngine", lambda _log: InProcessEngine()
    )
    monkeypatch.setitem(bandwidth._BUFFER_BYTES, DeviceKind.CPU, 2**24)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """An engine that answers without a model, in place of the terminal's own."""
    engine = Answering()
    monkeypatch.setattr("baichuan_desktop.cli.session.own_engine", lambda: engine)
    return engine
