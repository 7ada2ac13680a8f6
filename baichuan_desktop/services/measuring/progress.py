"""How far a measurement is, all of its precisions together."""

from __future__ import annotations

from collections.abc import Sequence

from backends.events import BenchmarkProgress, BenchmarkStep, LoadProgress, QualityProgress
from backends.protocol.requests import BenchmarkRequest, LoadRequest
from baichuan_desktop.services.engines.one_shot import PrecisionBegun
from baichuan_desktop.services.measuring.job_source import JobEvent


def speed_steps() -> Sequence[str]:
    """The steps of measuring the speed of a precision, as `backends.measuring.speed` goes."""
    request = BenchmarkRequest(LoadRequest(""))
    prompts = [f"prefill {count}" for count in sorted(request.prompts)]
    contexts = [f"decode {count}" for count in sorted(request.contexts, reverse=True)]
    return ["load", *prompts, *contexts]


def quality_steps() -> Sequence[str]:
    """The steps of comparing a precision."""
    return ["load", "score"]


class MeasureProgress:
    """Reads the events of one measurement. Never goes back."""

    def __init__(self, steps: Sequence[str]) -> None:
        self._steps = steps
        self._begun = PrecisionBegun(None, 1, 1)
        self._done = 0.0  # of 1

    def read(self, event: JobEvent) -> None:
        """Something came; what says nothing of the progress is passed over."""
        match event:
            case PrecisionBegun():
                self._begun = event
                self._reach(0.0)
            case LoadProgress(done, total):
                self._step("load", done, total)
            case QualityProgress(done, total):
                self._step("score", done, total)
            case BenchmarkProgress(
                BenchmarkStep.PREFILL | BenchmarkStep.DECODE as step, tokens, done, total
            ):
                self._step(f"{step} {tokens}", done, total)

    @property
    def percent(self) -> int:
        """Of the whole, rounded down; steps count alike, however long they take."""
        return int(100 * self._done)

    def _step(self, name: str, done: int, total: int) -> None:
        if name in self._steps:
            number = self._steps.index(name)
            self._reach((number + done / max(total, 1)) / len(self._steps))

    def _reach(self, share: float) -> None:
        done = (self._begun.number - 1 + share) / self._begun.count
        self._done = max(self._done, done)
