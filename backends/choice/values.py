"""The values of a decision: a model, the ways to run it, a person's wishes, the way chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..checkpoint.folder import Checkpoint
from ..interface import LayerDevices
from ..model_config import ModelConfig
from ..phrases import Phrase
from ..precision import BackendName, DeviceKind, Precision
from .memory import MeasuredPeak, MemoryNeed


class Verdict(Enum):
    """Whether an option fits this machine."""

    FITS = "fits"
    TIGHT = "tight"  #: it fits, but leaves less than the margin
    TOO_LARGE = "does not fit"
    UNAVAILABLE = "not available"

    @property
    def runs(self) -> bool:
        """Whether the option can be chosen."""
        return self in (Verdict.FITS, Verdict.TIGHT)


@dataclass(frozen=True, slots=True)
class Option:
    """One way to run a model: what it needs, and whether it fits."""

    backend: BackendName
    precision: Precision
    devices: LayerDevices
    device_name: str
    need: MemoryNeed | None  #: on the device; None if it cannot run whatever the memory
    verdict: Verdict
    sentence: Phrase  #: why it fits, or does not

    @property
    def device_kind(self) -> DeviceKind:
        """The kind of device that the layers lie on."""
        return self.devices.kind

    @property
    def device(self) -> str | None:
        """The device that all layers lie on; None if they are spread over several."""
        return self.devices.first if self.devices.single else None

    @property
    def is_slow(self) -> bool:
        """Whether bitsandbytes runs on a processor: made for cards, it takes very long there."""
        return self.backend is BackendName.BITSANDBYTES and not self.device_kind.uses_cards


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person asks for; None is left to the app."""

    precision: Precision | None = None
    wanted_device: str | None = None  #: “cpu”, “cuda”, or one card such as “cuda:1”
    prefer_speed: bool = False  #: 4-bit before 8-bit


@dataclass(frozen=True, slots=True)
class Decision:
    """The option to run, the reason, and all options, best first."""

    chosen: Option
    reason: Phrase
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """The facts of a model that a decision is made from."""

    config: ModelConfig
    context_length: int
    stored: Precision | None = None  #: the quantised precision of the files; None: 16 or 32 bit
    #: Peak of loading without the KV cache, measured here before, by backend, precision and kind
    #: of device: bitsandbytes runs on a card and on the processor.
    measured: Mapping[tuple[BackendName, Precision, DeviceKind], int] = field(default_factory=dict)
    exports: Mapping[Precision, int] = field(default_factory=dict)  #: bytes of their weights
    has_tensors: bool = True  #: False: it is an export, and nothing else

    @classmethod
    def of(
        cls,
        checkpoint: Checkpoint,
        exports: Mapping[Precision, Checkpoint],
        context_length: int,
        measured: Iterable[MeasuredPeak],
    ) -> Model:
        """The facts of a checkpoint, of its exports that run, and of what was measured of it.

        The peak of another export of the same precision, in blocks of another size, is left out.
        """
        sizes = {precision: export.bytes_on_disk for precision, export in exports.items()}
        peaks = {}
        for peak in measured:
            if peak.weights_bytes is None or peak.weights_bytes == sizes.get(
                peak.precision, peak.weights_bytes
            ):
                peaks[peak.backend, peak.precision, peak.device_kind] = peak.peak_bytes
        return cls(
            checkpoint.config,
            context_length,
            checkpoint.stored,
            peaks,
            sizes,
            has_tensors=checkpoint.export is None,
        )
