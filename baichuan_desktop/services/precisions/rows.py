"""What each precision of a model needs on this machine, for the window's menu and for `doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backends.checkpoint.folder import Checkpoint
from backends.choice import selection
from backends.choice.options import options, still_runs
from backends.choice.values import Model, Option, Verdict
from backends.errors import in_gib
from backends.machine.hardware import Machine
from backends.phrases import Phrase
from backends.precision import BackendName, DeviceKind, Precision, is_as_wanted
from baichuan_desktop.services.precisions.measurements import (
    Key,
    Measurement,
    Measurements,
    Quality,
)
from baichuan_desktop.services.precisions.wish import LoadWish


@dataclass(frozen=True, slots=True)
class PrecisionRow:
    """One precision of one model."""

    precision: Precision
    backend: BackendName
    device_kind: DeviceKind
    device_name: str
    shown_device: str  #: as sentences name it: cards of one name with their numbers
    #: What a `LoadRequest` names to get this row and no other. None: layers are spread where no
    #: card holds them all, so the precision says it all.
    wanted_device: str | None
    verdict: Verdict
    needed_bytes: int | None
    sentence: Phrase
    is_slow: bool  #: it takes very long, see `Option.is_slow`
    chosen: bool  #: what “auto” takes
    tokens_per_second: float | None  #: last measured here
    published_loss: float | None  #: points, see `Registry.published_4bit_losses`
    context_length: int  #: tokens that it runs with
    is_shortened: bool = False  #: the app took fewer of them, to make room
    embedding_on_host: bool = False
    head_in_8_bits: bool = False
    host_bytes: int = 0  #: of the machine's memory, beside what it needs on cards
    quality: Quality | None = None  #: last compared here

    @property
    def key(self) -> Key:
        """Backend, precision and kind of device, by which measurements are found."""
        return self.backend, self.precision, self.device_kind

    @property
    def needed_gib(self) -> float | None:
        """The memory that it needs as its sentence says it; None if it cannot run at all."""
        if self.needed_bytes is None:
            return None
        # Where layers are spread, the sentence speaks of the machine's memory alone.
        said = self.sentence.facts.get("need") if self.wanted_device is not None else None
        return said if isinstance(said, float) else in_gib(self.needed_bytes)

    @property
    def runs(self) -> bool:
        """Whether it can be chosen."""
        return self.verdict.runs

    def is_on(self, wanted_device: str | None) -> bool:
        """Whether it is on the device that a person named; None: they named none."""
        return is_as_wanted(wanted_device, self.device_kind, self.wanted_device)

    def wish(self, context_length: int | None = None) -> LoadWish:
        """The wish that loads this row."""
        return LoadWish(self.precision, self.wanted_device, context_length)


@dataclass(frozen=True, slots=True)
class PrecisionRows:
    """Every precision of a model at one context length, best first."""

    rows: Sequence[PrecisionRow]
    model: Model
    options: Sequence[Option]  #: of each row

    @classmethod
    def of(
        cls,
        checkpoint: Checkpoint,
        model: Model,
        machine: Machine,
        measurements: Measurements,
        published_4bit_loss: float | None = None,
    ) -> PrecisionRows:
        """The rows of a checkpoint on a machine; `model` is what selection knows of it."""
        every = options(model, machine)
        chosen = selection.automatic(every, model)
        found = selection.told_apart(every)
        return cls(
            [
                _row(
                    option,
                    measurements.of(
                        checkpoint.folder,
                        option.backend,
                        option.precision,
                        option.device_kind,
                        model.exports.get(option.precision),
                    ),
                    published_4bit_loss if option.precision is Precision.NF4 else None,
                    is_chosen=option == chosen,
                    is_shortened=option.context_length < model.context_length,
                )
                for option in found
            ],
            model,
            found,
        )

    @property
    def running(self) -> list[PrecisionRow]:
        """The rows that can be chosen."""
        return [row for row in self.rows if row.runs]

    def running_on(self, machine: Machine) -> list[PrecisionRow]:
        """The rows that run and still would on `machine`, which is this one at another moment."""
        return [
            row
            for row, option in zip(self.rows, self.options, strict=True)
            if row.runs and still_runs(option, self.model, machine)
        ]


def _row(
    option: Option,
    known: Measurement | None,
    published_loss: float | None,
    *,
    is_chosen: bool,
    is_shortened: bool = False,
) -> PrecisionRow:
    return PrecisionRow(
        precision=option.precision,
        backend=option.backend,
        device_kind=option.device_kind,
        device_name=option.device_name,
        shown_device=option.shown_device,
        wanted_device=option.device,
        verdict=option.verdict,
        needed_bytes=option.need.total if option.need else None,
        sentence=option.sentence,
        is_slow=option.is_slow,
        chosen=is_chosen,
        tokens_per_second=known.tokens_per_second if known else None,
        published_loss=published_loss,
        context_length=option.context_length,
        is_shortened=is_shortened,
        embedding_on_host=option.devices.embedding_on_host,
        head_in_8_bits=option.head_in_8_bits,
        host_bytes=option.host_bytes,
        # Another head computes other digits.
        quality=known.quality if known and known.head_in_8_bits == option.head_in_8_bits else None,
    )
