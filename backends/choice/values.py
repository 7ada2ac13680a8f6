"""The values of a decision: a model, the ways to run it, a person's wishes, the way chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from ..checkpoint.folder import Checkpoint
from ..interface import LayerDevices
from ..model_config import ModelConfig
from ..phrases import Phrase
from ..precision import BackendName, DeviceKind, Precision
from .expected_speed import ReadBandwidth
from .memory import AdapterBytes, MeasuredPeak, MemoryNeed, overhead_of, weight_bytes


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
    shown_device: str  #: as sentences name it: cards of one name with their numbers
    need: MemoryNeed | None  #: on the device; None if it cannot run whatever the memory
    verdict: Verdict
    sentence: Phrase  #: why it fits, or does not
    context_length: int  #: tokens that it runs with
    head_in_8_bits: bool = False
    host_bytes: int = 0  #: of the machine's memory, beside what it needs on cards
    #: Tokens of a shorter context that would fit, where the one that was asked for does not.
    fitting_context: int | None = None
    is_forbidden: bool = False  #: the administrator has turned its precision off

    @property
    def device_kind(self) -> DeviceKind:
        """The kind of device that the layers lie on."""
        return self.devices.kind

    @property
    def device(self) -> str | None:
        """The device that all layers lie on; None if they are spread over several."""
        return self.devices.last if self.devices.single else None

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
    measured: Sequence[MeasuredPeak] = ()  #: what loading it took here before
    exports: Mapping[Precision, int] = field(default_factory=dict)  #: bytes of their weights
    has_tensors: bool = True  #: False: it is an export, and nothing else
    #: The person asked for this context; else it may be shortened where that makes room.
    context_is_asked: bool = False
    scores_every_token: bool = False  #: of a text, which takes more memory than answering
    bandwidths: Sequence[ReadBandwidth] = ()  #: of devices of this machine, measured before
    adapter: AdapterBytes | None = None  #: of the one that it is loaded with

    @classmethod
    def of(
        cls,
        checkpoint: Checkpoint,
        exports: Mapping[Precision, Checkpoint],
        context_length: int,
        measured: Iterable[MeasuredPeak],
        bandwidths: Iterable[ReadBandwidth] = (),
        *,
        context_is_asked: bool = False,
        scores_every_token: bool = False,
        adapter: AdapterBytes | None = None,
    ) -> Model:
        """The facts of a checkpoint, of its exports that run, and of what was measured of it.

        The peak of another export of the same precision, in blocks of another size, is left out.
        """
        sizes = {precision: export.bytes_on_disk for precision, export in exports.items()}
        return cls(
            checkpoint.config,
            context_length,
            checkpoint.stored,
            tuple(
                peak
                for peak in measured
                if peak.weights_bytes is None
                or peak.weights_bytes == sizes.get(peak.precision, peak.weights_bytes)
            ),
            sizes,
            has_tensors=checkpoint.export is None,
            context_is_asked=context_is_asked,
            scores_every_token=scores_every_token,
            bandwidths=tuple(bandwidths),
            adapter=adapter,
        )

    def may_be_compact(self, precision: Precision) -> bool:
        """Whether a precision goes into smaller forms: of fewer bits there is no other."""
        if self.stored is not None:
            return precision is self.stored
        return precision in (Precision.NF4, Precision.FP4)

    def overhead(
        self, backend: BackendName, precision: Precision, kind: DeviceKind, device_name: str
    ) -> int | None:
        """Bytes that loading took on a device beside the weights; None: not measured.

        One precision or card says nothing of another: kernels and contexts differ. A machine has
        one processor.
        """
        weights = self.exports.get(precision)
        if weights is None:
            weights = weight_bytes(self.config, precision)
        for peak in self.measured:
            is_same = (peak.backend, peak.precision, peak.device_kind) == (backend, precision, kind)
            if is_same and (peak.device_name == device_name or not kind.uses_cards):
                return overhead_of(peak, weights)
        return None
