"""What loading and answering took on this machine, remembered for the next choice."""

from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backends.choice.expected_speed import ReadBandwidth
from backends.choice.memory import MeasuredPeak
from backends.events import Finished, ModelReady
from backends.files.plain_file import read_plain
from backends.precision import BackendName, DeviceKind, Precision
from baichuan_desktop.services.atomic_file import WINDOW_WAIT_SECONDS, changing, replace_text
from baichuan_desktop.services.plain_json import Text, parse_object

log = logging.getLogger(__name__)

#: Others that keep so many cores busy are worth a line beside a benchmark.
NOTICEABLE_CORES = 0.2

#: Shorter answers say more about the first token than about decoding.
_LEAST_TOKENS = 16

#: Tokens of a chat of a few turns: the context whose speed stands for a precision.
_USUAL_CONTEXT = 512


Key = tuple[BackendName, Precision, DeviceKind]

_MAX_BYTES = 4 * 2**20  # a measurement has one or two KB
_MAX_ENTRIES = 10_000

#: What can be measured. Anything else was written by somebody else, and nobody could calculate
#: with it.
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Amount = Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)]


class PrefillFigure(BaseModel):
    """Reading a prompt."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    tokens: Count
    tokens_per_second: Amount


class DecodeFigure(BaseModel):
    """Decoding after `context_tokens`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    context_tokens: Count
    tokens_per_second: Amount
    bytes_per_token: Count  #: weights without the embedding table, and keys and values
    bandwidth_share: Amount | None  #: of the device's measured read bandwidth


class Benchmark(BaseModel):
    """What `bench` measured of a model at a precision."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    device_name: Annotated[Text, Field(alias="device")]
    threads: Count
    load_seconds: Amount
    peak_bytes: Count  #: on the device of the model, over the whole benchmark
    prefill: tuple[PrefillFigure, ...]
    decode: tuple[DecodeFigure, ...]
    read_bytes_per_second: Amount | None  #: of the device
    neighbour_cores: Amount  #: that others kept busy, in the most disturbed measurement

    @property
    def usual_prefill(self) -> PrefillFigure | None:
        """Reading a prompt of about as many tokens as a chat of a few turns has."""
        return min(self.prefill, key=lambda p: abs(p.tokens - _USUAL_CONTEXT), default=None)

    @property
    def usual_decode(self) -> DecodeFigure | None:
        """Decoding after about as many tokens as a chat of a few turns has."""
        return min(self.decode, key=lambda d: abs(d.context_tokens - _USUAL_CONTEXT), default=None)


class Quality(BaseModel):
    """What `quality` found of a model at a precision; the figures are those of `QualityReady`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    reference: Text  #: the precision it was compared with; its own for the reference itself
    text: Text  #: what the text is called
    scored_tokens: Count
    perplexity: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    kl_divergence: Amount | None
    top1_agreement: Amount | None

    @property
    def reference_label(self) -> str:
        """The precision it was compared with, as a person reads it."""
        known = {precision.value: precision.label for precision in Precision}
        return known.get(self.reference, self.reference)


class Measurement(BaseModel):
    """One model at one precision on one kind of device."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    folder: Text
    #: Names of `BackendName`, `Precision` and `DeviceKind`, unless a newer version wrote this.
    backend: Text
    precision: Text
    device_kind: Annotated[Text, Field(alias="device")]
    peak_bytes: Count  #: of loading, the KV cache not counted
    load_seconds: Amount
    #: In memory. Exports of one precision differ in their blocks; None: an older file does not say.
    weights_bytes: Count | None = None
    host_weights_bytes: Count = 0  #: of these, in the machine's memory beside those on a card
    head_in_8_bits: bool = False
    #: Of cards. None: an older file, whose peak has no context; or the processor, of which a
    #: machine has one.
    device_name: Text | None = None
    #: Of the last answer that was long enough, or of the last benchmark.
    tokens_per_second: Amount | None = None
    benchmark: Benchmark | None = None
    quality: Quality | None = None

    @property
    def device_weights_bytes(self) -> int | None:
        """Bytes of the weights on the device whose peak it is; None: an older file."""
        if self.weights_bytes is None:
            return None
        return max(self.weights_bytes - self.host_weights_bytes, 0)

    @property
    def key(self) -> Key | None:
        """Backend, precision and kind of device; None for those of a newer version."""
        try:
            return (
                BackendName(self.backend),
                Precision(self.precision),
                DeviceKind(self.device_kind),
            )
        except ValueError:
            return None


class Measurements:
    """The measurements and the file they lie in.

    An entry that is wrong is left out, and a broken file is begun anew.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known = {_key(m): m for m in self._read()}
        self._lock = threading.Lock()  # the chat and a job remember things from their own threads

    def _read(self) -> list[Measurement]:
        try:
            content = parse_object(read_plain(self._file, _MAX_BYTES))
            entries = content.get("measurements", [])
            if not isinstance(entries, list) or len(entries) > _MAX_ENTRIES:
                entries = [None]  # which is no measurement
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as error:
            log.warning("%s is not usable and is begun anew: %r", self._file, error)
            return []
        found = []
        wrong = 0
        for entry in entries:
            try:
                found.append(Measurement.model_validate(entry))
            except ValidationError:
                wrong += 1
        if wrong:
            log.warning("%d of the measurements in %s are not usable", wrong, self._file)
        return found

    def peaks(self, folder: Path) -> tuple[MeasuredPeak, ...]:
        """What loading the model in `folder` took, by backend, precision and device."""
        return tuple(
            MeasuredPeak(*m.key, m.peak_bytes, m.device_weights_bytes, m.device_name)
            for m in list(self._known.values())  # may be read while another thread adds to it
            if m.folder == str(folder) and m.key is not None
        )

    @property
    def bandwidths(self) -> tuple[ReadBandwidth, ...]:
        """How fast devices were found to read their memory, by whichever model was measured."""
        found: dict[tuple[DeviceKind, str], float] = {}
        for m in list(self._known.values()):
            if m.key is None or m.benchmark is None or not m.benchmark.read_bytes_per_second:
                continue
            device = (m.key[2], m.benchmark.device_name)
            found[device] = max(found.get(device, 0.0), m.benchmark.read_bytes_per_second)
        return tuple(ReadBandwidth(*device, rate) for device, rate in found.items())

    def of(
        self,
        folder: Path,
        backend: BackendName,
        precision: Precision,
        device_kind: DeviceKind,
        weights_bytes: int | None = None,
    ) -> Measurement | None:
        """The measurement of a model at a precision on a kind of device, if there is one.

        One of weights of another size is none: they were exported anew since.
        """
        known = self._known.get((str(folder), backend, precision, device_kind))
        if known is None or weights_bytes is None or known.weights_bytes is None:
            return known
        return known if known.weights_bytes == weights_bytes else None

    def loaded(self, ready: ModelReady) -> None:
        """Remember what loading took; the first time counts, later ones find caches warm.

        On another card, or in another form, it is measured anew.
        """
        known = self._of(ready)
        took: dict[str, Any] = {
            "peak_bytes": ready.peak_bytes,
            "load_seconds": ready.load_seconds,
            "weights_bytes": ready.weights_bytes,
            "host_weights_bytes": ready.host_weights_bytes,
            "head_in_8_bits": ready.head_in_8_bits,
            "device_name": ready.device_name if ready.device_kind.uses_cards else None,
        }
        if known is None or known.weights_bytes is None:
            self._put(
                Measurement(
                    folder=ready.folder,
                    backend=ready.backend.value,
                    precision=ready.precision.value,
                    device_kind=ready.device_kind.value,
                    **took,
                )
            )
        elif ready.device_kind.uses_cards and (
            known.device_name != ready.device_name
            or known.host_weights_bytes != ready.host_weights_bytes
        ):
            self._put(known.model_copy(update=took))

    def answered(self, ready: ModelReady, finished: Finished) -> None:
        """Remember how fast an answer came; with an adapter that says nothing of the model."""
        known = None if ready.adapter else self._of(ready)
        if known is not None and finished.new_tokens >= _LEAST_TOKENS:
            speed = round(finished.tokens_per_second, 1)
            self._put(known.model_copy(update={"tokens_per_second": speed}))

    def benchmarked(self, ready: ModelReady, benchmark: Benchmark) -> None:
        """Remember a benchmark, whose decoding is the speed from now on.

        One of the model with an adapter is not kept: it is compared with others of the model alone.
        """
        self.loaded(ready)
        if ready.adapter is not None:
            return
        known = self._of(ready)
        assert known is not None
        speed = known.tokens_per_second
        if (usual := benchmark.usual_decode) is not None:
            speed = round(usual.tokens_per_second, 1)
        self._put(known.model_copy(update={"tokens_per_second": speed, "benchmark": benchmark}))

    def judged(self, ready: ModelReady, quality: Quality) -> None:
        """Remember how good a precision is, of the model alone, as `benchmarked`."""
        self.loaded(ready)
        if ready.adapter is not None:
            return
        known = self._of(ready)
        assert known is not None
        self._put(known.model_copy(update={"quality": quality}))

    def measured(self, folder: Path) -> tuple[Measurement, ...]:
        """The measurements of the model in `folder` that have a benchmark, or a comparison."""
        return tuple(
            m
            for m in list(self._known.values())
            if m.folder == str(folder)
            and (m.benchmark is not None or m.quality is not None)
            and m.key is not None
        )

    def _of(self, ready: ModelReady) -> Measurement | None:
        # A terminal beside the window may have measured something meanwhile.
        self._known.update((_key(m), m) for m in self._read())
        return self.of(
            Path(ready.folder),
            ready.backend,
            ready.precision,
            ready.device_kind,
            ready.weights_bytes,
        )

    def _put(self, measurement: Measurement) -> None:
        with self._lock, changing(self._file, wait_seconds=WINDOW_WAIT_SECONDS):
            # A terminal beside the window may have measured something meanwhile.
            self._known.update((_key(m), m) for m in self._read())
            self._known[_key(measurement)] = measurement
            entries = [
                # Not what an entry of an older version does not have.
                m.model_dump(by_alias=True, exclude_unset=True)
                for m in self._known.values()
            ]
            content = {"measurements": entries}
            try:
                replace_text(self._file, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
            except OSError as error:
                log.warning("The measurements could not be written: %s", error)


def _key(measurement: Measurement) -> tuple[str, str, str, str]:
    return measurement.folder, measurement.backend, measurement.precision, measurement.device_kind
