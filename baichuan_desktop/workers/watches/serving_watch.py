"""Tells the window what is heard of its engine's line on threads of others."""

from __future__ import annotations

import contextlib

from PySide6.QtCore import QObject, Signal, SignalInstance
from typing_extensions import override

from backends.errors import AdapterError
from backends.events import ModelReady
from baichuan_desktop.services.serving.window_desk import WindowEars


class ServingWatch(QObject):
    """Hands on what other programs' requests mean for the window; any thread may tell.

    Signals (heard in the thread of who hears them):
        wake_wanted: the model that sleeps is asked.
        used: the model was used.
        reloaded: the ModelReady of a fresh engine, which took the place of one that crashed.
        silent: for how many seconds the engine that answers others has not gone on.
        heard: it goes on, or that request is over.
        adapter_lost: the AdapterError for which the model answers without its adapter.
        in_line: so many requests are before the one that the window waits for; 0: none.
    """

    wake_wanted = Signal()
    used = Signal()
    reloaded = Signal(object)
    silent = Signal(int)
    heard = Signal()
    adapter_lost = Signal(object)
    in_line = Signal(int)

    @property
    def ears(self) -> WindowEars:
        """What a desk tells."""
        return _Ears(self)

    def tell_place(self, before: int) -> None:
        """Say how many requests are before the window's."""
        _tell(self.in_line, before)


class _Ears(WindowEars):
    def __init__(self, watch: ServingWatch) -> None:
        self._watch = watch

    @override
    def wake(self) -> None:
        _tell(self._watch.wake_wanted)

    @override
    def used(self) -> None:
        _tell(self._watch.used)

    @override
    def reloaded(self, ready: ModelReady) -> None:
        _tell(self._watch.reloaded, ready)

    @override
    def silent(self, seconds: int) -> None:
        if seconds:
            _tell(self._watch.silent, seconds)
        else:
            _tell(self._watch.heard)

    @override
    def adapter_lost(self, error: AdapterError) -> None:
        _tell(self._watch.adapter_lost, error)


def _tell(signal: SignalInstance, *values: object) -> None:
    with contextlib.suppress(RuntimeError):  # the window is gone, and nobody wants to know
        signal.emit(*values)
