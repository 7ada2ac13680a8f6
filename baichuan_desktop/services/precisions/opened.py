"""A model whose files were read once: whatever is asked of its precisions is answered from that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from backends.checkpoint.allowed import open_allowed_exports, require_allowed
from backends.checkpoint.folder import Checkpoint, Exports
from backends.choice import selection
from backends.choice.values import Model
from backends.errors import ExportRefusedError, PolicyFileError
from backends.events import ModelReady
from backends.machine import hardware
from backends.machine.hardware import Machine
from backends.model_config import Family
from backends.phrases import Phrase
from backends.policy.site_policy import forbidden_here, site_policy
from backends.policy.values import Policy
from backends.precision import Precision, name_of, parse_precision
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.freed_memory import taken_again
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.remedies import MemoryRemedies, memory_remedies
from baichuan_desktop.services.precisions.rows import PrecisionRow, PrecisionRows
from baichuan_desktop.services.precisions.wish import LoadWish


@dataclass(frozen=True)  # without slots, for what is found once
class OpenedModel:
    """A model and its exports on a machine, which was looked at once."""

    checkpoint: Checkpoint
    exports: Exports
    machine: Machine
    measurements: Measurements
    published_4bit_loss: float | None  #: points, of this very model

    def at(self, context_length: int | None) -> PrecisionRows:
        """Every precision with a context of so many tokens.

        None: what it was trained for, or less where only that fits a card.
        """
        config = self.checkpoint.config
        model = Model.of(
            self.checkpoint,
            self.exports.usable,
            context_length or config.context_length,
            self.measurements.peaks(self.checkpoint.folder),
            self.measurements.bandwidths,
            context_is_asked=context_length is not None,
        )
        return PrecisionRows.of(
            self.checkpoint, model, self.machine, self.measurements, self.published_4bit_loss
        )

    @cached_property
    def whole(self) -> PrecisionRows:
        """Every precision with the context that the model was trained for."""
        return self.at(None)

    @property
    def refused(self) -> Sequence[ExportRefusedError]:
        """Why exports that are listed have no row: one error for each."""
        return [refusal for refusal, _ in self.exports.refused]

    @property
    def notes(self) -> Sequence[Phrase]:
        """What of the model's folder is not used, and what is instead."""
        return self.checkpoint.notes

    def rows_on(
        self, wanted_device: str | None, *, with_adapter: bool = False
    ) -> list[PrecisionRow]:
        """The precisions that run on a device that a person named; with an adapter no export's."""
        return [
            row
            for row in self.whole.running
            if row.is_on(wanted_device) and not (with_adapter and row.precision.is_onnx)
        ]

    def wanted(
        self, text: str, wanted_device: str | None = None, *, with_adapter: bool = False
    ) -> tuple[Precision | None, ...]:
        """The precisions that a comma-separated text names, each once, in its order.

        “all” is every precision of `rows_on`; None stands for “auto”. Raises
        BackendUnavailableError for a name that is none, or a device.
        """
        names = [name.strip() for name in text.split(",") if name.strip()] or [text]
        if "all" in names:  # “auto” says why nothing runs
            rows = self.rows_on(wanted_device, with_adapter=with_adapter)
            names = [row.precision for row in rows] or [name_of(None)]
        found = tuple(dict.fromkeys(parse_precision(name) for name in names))
        selection.known_device(wanted_device, self.machine)  # once, and not in each engine
        return found

    def remedies(self, wish: LoadWish, ready: ModelReady | None) -> MemoryRemedies:
        """What to offer where memory ran out of a model that was loaded, or asked for, so.

        `ready` tells what ran then; None if loading it failed.
        """
        full = self.checkpoint.config.context_length
        return memory_remedies(lambda length: self.at(length).rows, full, wish, ready)


class Precisions:
    """Opens models, to answer what their precisions need here. Not for the window's thread."""

    def __init__(
        self,
        measurements: Measurements,
        detect: Callable[[], Machine] = hardware.detect,
        detect_freed: Callable[[ModelReady | None], Machine] | None = None,
        published_4bit_losses: Mapping[tuple[Family, int], float] | None = None,
    ) -> None:
        """`detect_freed` tells of the machine without the chat's engine, see `freed_memory`.

        `published_4bit_losses` are those of the registry.
        """
        self.measurements = measurements
        self._detect = detect
        self._detect_freed = detect_freed
        self._losses = published_4bit_losses or {}

    def now(self, aside: ModelReady | None = None) -> Machine:
        """The machine as it is, the chat's engine included; its model too if that stepped aside.

        `aside` is what was said of such a model.
        """
        machine = self._detect()
        return machine if aside is None else taken_again(machine, aside)

    def open(self, model: InstalledModel) -> OpenedModel:
        """A model on this machine as it is. Raises CheckpointError, PolicyError."""
        return self._opened(model, self._detect)

    def open_freed(self, model: InstalledModel, ready: ModelReady | None) -> OpenedModel:
        """A model on this machine as it will be when the engine that runs has ended.

        `ready` is what that engine said of the model that it holds. Raises CheckpointError,
        PolicyError.
        """
        detect_freed = self._detect_freed
        if detect_freed is None:  # there is no chat beside
            return self.open(model)
        return self._opened(model, lambda: detect_freed(ready))

    def _opened(self, model: InstalledModel, detect: Callable[[], Machine]) -> OpenedModel:
        checkpoint = Checkpoint.open(model.path)
        try:
            policy = site_policy()
        except PolicyFileError:  # which forbids every precision, one by one
            policy = Policy()
        require_allowed(checkpoint, policy)
        stamps = {str(folder): stamp for folder, stamp in model.export_stamps.items()}
        exports = open_allowed_exports(checkpoint, model.exports, stamps, policy)
        config = checkpoint.config
        loss = self._losses.get((config.family, config.hidden_size))
        machine = replace(detect(), forbidden=forbidden_here())
        return OpenedModel(checkpoint, exports, machine, self.measurements, loss)
