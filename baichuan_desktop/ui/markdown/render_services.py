"""Colours of code and drawings of formulas for every document, from a process of their own."""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from baichuan_desktop.services.typesetting import formulas, process
from baichuan_desktop.workers.line_process import LineProcess

log = logging.getLogger(__name__)

_CODE_KEPT = 2_000_000  # characters of code whose colours are kept
_FORMULAS_KEPT = 8_000_000  # characters of drawings
_MOST_GROWING = 8  # blocks of code that are being written, and their last answers

Piece = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class CodeJob:
    """Code to be coloured."""

    language: str
    code: str

    def message(self) -> dict[str, Any]:
        """What the process is sent."""
        return {"kind": "code", "language": self.language, "code": self.code}


@dataclass(frozen=True, slots=True)
class FormulaJob:
    """A formula to be drawn."""

    source: str
    displayed: bool

    def message(self) -> dict[str, Any]:
        """What the process is sent."""
        return {"kind": "formula", "source": self.source, "displayed": self.displayed}


@dataclass(slots=True)
class CodeColours:
    """What is known of a piece of code: its lines from the first on, maybe not yet all."""

    name: str = ""  #: the language's, as it is written
    lines: list[list[Piece]] = field(default_factory=list)
    is_complete: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A formula's drawing; lengths in pixels for letters of `formulas.EM`."""

    svg: str
    width: float
    height: float
    ascent: float


class NoDrawing(Enum):
    """Why there is no drawing of a formula."""

    WAITING = "waiting"  #: there may be one soon
    NONE = "none"  #: its source is shown


Job = CodeJob | FormulaJob
_K = TypeVar("_K")
_V = TypeVar("_V")


class RenderServices(QObject):
    """Asks the process, one job at a time, and keeps what it answered. For the window's thread.

    The process is started when there is something to ask. A job that takes it too long, or kills
    it, has no answer; the next one starts another process.

    Signals:
        arrived: the job for which there is more to show now, or for which there will be nothing.
    """

    arrived = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = LineProcess(lambda: process.command(), self)
        self._process.answered.connect(self._on_answer)
        self._process.ended.connect(self._on_end)
        self._process.unstartable.connect(self._on_unstartable)
        self._queue: OrderedDict[Job, bool] = OrderedDict()  # with whether its answer is kept
        self._current: Job | None = None
        self._number = 0
        self._is_open = True
        self._code: _Cache[CodeJob, CodeColours] = _Cache(_CODE_KEPT)
        self._formulas: _Cache[FormulaJob, Drawing | None] = _Cache(_FORMULAS_KEPT)
        self._growing: OrderedDict[CodeJob, CodeColours] = OrderedDict()

    # --- what is asked --------------------------------------------------------------------

    def shut_down(self) -> None:
        """End the process; nothing is answered any more."""
        self._is_open = False
        self._queue.clear()
        self._current = None
        self._process.shut_down()

    def colours(self, job: CodeJob, *, is_whole: bool) -> CodeColours | None:
        """The colours of code, as far as they are known; `arrived` tells of more.

        Code that still grows is not kept, but for the last few answers.
        """
        known = self._known(job)
        if known is None:
            self._ask(job, is_kept=is_whole)
        return known

    def formula(self, job: FormulaJob) -> Drawing | NoDrawing:
        """The drawing of a formula; if there is none yet, `arrived` tells when."""
        if not self._is_open or not formulas.is_worth_trying(job.source):
            return NoDrawing.NONE
        if job not in self._formulas:
            self._ask(job, is_kept=True)
            return NoDrawing.WAITING
        return self._formulas.get(job) or NoDrawing.NONE

    def forget(self, job: Job) -> None:
        """Do not ask this any more, if it was not asked yet: nobody waits for it."""
        self._queue.pop(job, None)

    def is_idle(self) -> bool:
        """Whether nothing is asked at the moment."""
        return self._current is None and not self._queue

    def _known(self, job: CodeJob) -> CodeColours | None:
        return self._growing.get(job) or self._code.get(job)

    # --- the process ----------------------------------------------------------------------

    def _ask(self, job: Job, *, is_kept: bool) -> None:
        if not self._is_open or job == self._current:
            return
        self._queue.setdefault(job, is_kept)
        self._next()

    def _next(self) -> None:
        if self._current is not None or not self._queue:
            return
        self._current, is_kept = self._queue.popitem(last=False)
        if isinstance(self._current, CodeJob):
            made = CodeColours()
            if is_kept:
                self._code.put(self._current, made, len(self._current.code))
            else:
                self._growing[self._current] = made
                if len(self._growing) > _MOST_GROWING:
                    self._growing.popitem(last=False)
        self._send(self._current.message())

    def _send(self, message: dict[str, Any]) -> None:
        self._number += 1
        line = json.dumps({"id": self._number, **message}).encode("ascii") + b"\n"
        self._process.write(line)

    @Slot(object)
    def _on_answer(self, answer: dict[str, Any]) -> None:
        if answer["id"] == self._number and self._current is not None:
            self._take(self._current, answer)

    def _take(self, job: Job, answer: dict[str, Any]) -> None:
        if isinstance(job, FormulaJob):
            self._formulas.put(job, _drawing(answer), len(answer.get("svg", "")) + 100)
        else:
            known = self._known(job)
            if known is not None:
                known.name = answer.get("name", "")
                known.lines += answer.get("lines", [])
                known.is_complete = answer["last"]
        is_last = answer["last"]
        if is_last:
            self._current = None
        self.arrived.emit(job)
        if is_last:
            self._next()

    @Slot()
    def _on_unstartable(self) -> None:
        log.warning("Code stays without colours: its process cannot be started.")
        self._is_open = False
        waiting, self._queue = list(self._queue), OrderedDict()
        self._on_end()
        for job in waiting:
            self.arrived.emit(job)

    @Slot()
    def _on_end(self) -> None:
        """The process took too long, or broke: its job has no answer, the others will have one."""
        job, self._current = self._current, None
        if job is None:
            return
        log.info("A %s was too much to be typeset.", type(job).__name__)
        if isinstance(job, FormulaJob):
            self._formulas.put(job, None, 100)
        else:
            self._take(job, {"last": True})
            return
        self.arrived.emit(job)
        self._next()


class _Cache(Generic[_K, _V]):
    """What was used last, up to a sum of costs."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[_K, tuple[_V, int]] = OrderedDict()
        self._cost = 0

    def __contains__(self, key: _K) -> bool:
        return key in self._held

    def get(self, key: _K) -> _V | None:
        """What is held for a key."""
        if key not in self._held:
            return None
        self._held.move_to_end(key)
        return self._held[key][0]

    def put(self, key: _K, value: _V, cost: int) -> None:
        """Hold this; what was used longest ago goes, if there is too much."""
        if key in self._held:
            self._cost -= self._held.pop(key)[1]
        self._held[key] = (value, cost)
        self._cost += cost
        while self._cost > self._most and len(self._held) > 1:
            _key, (_value, gone) = self._held.popitem(last=False)
            self._cost -= gone


def _drawing(answer: dict[str, Any]) -> Drawing | None:
    if "svg" not in answer:
        return None
    return Drawing(answer["svg"], answer["width"], answer["height"], answer["ascent"])
