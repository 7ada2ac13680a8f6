"""How far a measurement of speeds is, all of its precisions together."""

from __future__ import annotations

from backends.events import BenchmarkProgress, LoadProgress
from backends.requests import BenchmarkRequest, LoadRequest

from .job_engine import PrecisionBegun
from .jobs import JobEvent


class SpeedProgress:
    """Reads the events of one `SpeedJob`. Never goes back."""

    def __init__(self) -> None:
        request = BenchmarkRequest(LoadRequest(""))
        self._steps = ["load"]
        self._steps += [f"prefill {count}" for count in sorted(request.prompts)]
        # As `backends.benchmark` goes: from the longest context to the shortest.
        self._steps += [f"decode {count}" for count in sorted(request.contexts, reverse=True)]
        self._begun = PrecisionBegun("", 1, 1)
        self._done = 0.0  # of 1

    def read(self, event: JobEvent) -> None:
        """Something came; what says nothing of the progress is passed over."""
        match event:
            case PrecisionBegun():
                self._begun = event
                self._reach(0.0)
            case LoadProgress(done, total):
                self._step("load", done, total)
            case BenchmarkProgress("prefill" | "decode" as step, tokens, done, total):
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
