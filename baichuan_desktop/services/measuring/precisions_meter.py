"""How far a measurement is, all of its precisions together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from typing_extensions import override

from backends.events import BenchmarkProgress, BenchmarkStep, LoadProgress, QualityProgress
from backends.phrases import Fact, Phrase
from backends.precision import name_of
from backends.protocol.engine_requests import BenchmarkRequest, LoadRequest
from baichuan_desktop.services.engines.one_shot import PrecisionBegun
from baichuan_desktop.services.jobs.job import JobMeter
from baichuan_desktop.services.jobs.time_left import left_in_all


def speed_steps() -> Sequence[str]:
    """The steps of measuring the speed of a precision, as `backends.measuring.speed` goes."""
    request = BenchmarkRequest(LoadRequest(""))
    prompts = [f"prefill {count}" for count in sorted(request.prompts)]
    contexts = [f"decode {count}" for count in sorted(request.contexts, reverse=True)]
    return ["load", *prompts, *contexts]


def quality_steps() -> Sequence[str]:
    """The steps of comparing a precision."""
    return ["load", "score"]


class PrecisionsMeter(JobMeter):
    """Reads the events of one measurement. Never goes back."""

    def __init__(self, steps: Sequence[str], clock: Callable[[], float] = time.monotonic) -> None:
        self._steps = steps
        self._clock = clock
        self._begun: PrecisionBegun | None = None
        self._began = 0.0  # when the first precision began
        self._turned = 0.0  # when the one that is measured began
        self._doing: Phrase | None = None
        self._done = 0.0  # of 1

    @override
    def read(self, event: object) -> None:
        match event:
            case PrecisionBegun():
                self._turned = self._clock()
                if self._begun is None:
                    self._began = self._turned
                self._begun = event
                self._doing = None
                self._reach(0.0)
            case LoadProgress(done, total):
                percent = 100 * done // max(total, 1)
                self._doing = Phrase("loading, {percent} %", percent=percent)
                self._step("load", done, total)
            case QualityProgress(done, total):
                self._doing = Phrase(
                    "{done} of {total} tokens", done=f"{done:,}", total=f"{total:,}"
                )
                self._step("score", done, total)
            case BenchmarkProgress(BenchmarkStep.DECODE, tokens, done, total):
                self._doing = Phrase("decoding after {count} tokens", count=tokens)
                self._step(f"decode {tokens}", done, total)
            case BenchmarkProgress(step, tokens, done, total):
                self._doing = Phrase("reading {count} tokens", count=tokens)
                self._step(f"{step} {tokens}", done, total)

    @property
    @override
    def percent(self) -> int:
        """Of the whole, rounded down; steps count alike, however long they take."""
        return int(100 * self._done)

    @property
    @override
    def step(self) -> Phrase | None:
        """What is done now with which precision."""
        if self._begun is None:
            return None
        precision = self._begun.precision
        facts: dict[str, Fact] = {
            "precision": name_of(None) if precision is None else precision.label,
            "number": self._begun.number,
            "count": self._begun.count,
        }
        if self._doing is None:
            return Phrase("{precision} ({number} of {count}): starting", **facts)
        return Phrase("{precision} ({number} of {count}): {what}", **facts, what=self._doing)

    @property
    @override
    def time_left(self) -> Phrase:
        """How long all precisions still take, once one has been measured."""
        return left_in_all(self.seconds_left)

    @property
    def seconds_left(self) -> float | None:
        """As if each precision took what those before it took on average; None at the first."""
        if self._begun is None or self._begun.number == 1:
            return None
        each = (self._turned - self._began) / (self._begun.number - 1)
        rest = self._began + each * self._begun.count - self._clock()
        return max(rest, each * (self._begun.count - self._begun.number), 0.0)

    def _step(self, name: str, done: int, total: int) -> None:
        if name in self._steps:
            number = self._steps.index(name)
            self._reach((number + done / max(total, 1)) / len(self._steps))

    def _reach(self, share: float) -> None:
        if self._begun is not None:
            done = (self._begun.number - 1 + share) / self._begun.count
            self._done = max(self._done, done)
