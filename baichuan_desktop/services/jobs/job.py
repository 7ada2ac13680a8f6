"""A long piece of work, as a value that the window's desk and a verb of the terminal run alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from backends.events import ModelReady
from backends.phrases import Phrase
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.library.registry_schema import Names

#: Makes the events of a job: those of its engines and its own. It gets what runs a request in an
#: engine of its own, and ends early once the event is set. The last event is a `JobResult`, unless
#: it ended early. Raises UserFacingError.
Steps = Callable[[RunRequest, threading.Event], Iterator[object]]


class JobMeter(Protocol):
    """Reads how far a job is from its events, and how long it still takes."""

    def read(self, event: object) -> None:
        """Something came; what says nothing of the progress is passed over."""
        ...

    @property
    def percent(self) -> int:
        """What the bar shows, rounded down."""
        ...

    @property
    def step(self) -> Phrase | None:
        """What is being done now; None before anything is."""
        ...

    @property
    def time_left(self) -> Phrase:
        """How long it still takes, as exactly as it can be told."""
        ...


@dataclass(frozen=True, slots=True)
class JobWords:
    """What a job is called."""

    title: Phrase  #: what it does: “Quantise a copy”
    running: Phrase  #: what is said while it does; the percentage follows


@dataclass(frozen=True, slots=True)
class JobResult:
    """What came of a job."""

    sentence: Phrase  #: its fact “name” is the English name in `of`
    of: Names  #: what the sentence speaks of
    found: object = None  #: what the kind of job knows more of it


@dataclass(frozen=True, slots=True)
class Pause:
    """How a job lets others run, and goes on later."""

    #: Set before the event that ends a run early: what it did is kept, and its steps, begun again,
    #: go on from there.
    wanted: threading.Event
    discard: Callable[[], None]  #: takes away what was kept, if anything. Raises UserFacingError.


@dataclass(frozen=True, slots=True)
class Job:
    """What to do, for whom it makes room, and its words; nothing of it has begun yet."""

    words: JobWords
    of: Names  #: the model that it works on
    steps: Steps
    meter: Callable[[], JobMeter]  #: makes what reads its progress, anew for each run
    #: Whether the memory does not suffice for it and for the chat's model. It is asked when the job
    #: begins, not in the window's thread, and gets what was said of a model that stepped aside, and
    #: comes back where there is room. None: it takes no memory to speak of. Raises UserFacingError.
    needs_room: Callable[[ModelReady | None], bool] | None = None
    when_ended: Phrase | None = None  #: what the person loses who ends it; None: nothing
    pause: Pause | None = None  #: None: a job that is ended cannot go on
    #: Ended early, it leaves something, which its meter's last step tells: it is stopped then, and
    #: not cancelled.
    is_stopped: bool = False

    @property
    def can_pause(self) -> bool:
        """Whether it can be ended, and go on later."""
        return self.pause is not None
