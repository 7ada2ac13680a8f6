"""How a person wants a model to be loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from backends.precision import Precision
from backends.protocol.engine_requests import MOST_THREADS, ExportStamp, LoadRequest
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.measurements import Measurements


@dataclass(frozen=True, slots=True)
class LoadWish:
    """How a person wants a model to be loaded; what is left out, the app decides."""

    precision: Precision | None = None
    wanted_device: str | None = None
    #: tokens; None: what the model was trained for, or less where only that fits a card
    context_length: int | None = None
    #: None: one a core, fewer while other programs keep the processor busy
    threads: Annotated[int, Field(ge=1, le=MOST_THREADS)] | None = None
    adapter: Path | None = None  #: folder of the adapter that it answers with; None: none

    @property
    def is_automatic(self) -> bool:
        """Whether precision and device are the app's to choose."""
        return self.precision is None and self.wanted_device is None

    def request(self, model: InstalledModel, measurements: Measurements) -> LoadRequest:
        """What the engine is asked, to load a model so."""
        return LoadRequest(
            str(model.path),
            precision=self.precision,
            context_length=self.context_length,
            threads=self.threads,
            wanted_device=self.wanted_device,
            measured=measurements.peaks(model.path),
            exports=tuple(map(str, model.exports)),
            export_stamps=tuple(
                ExportStamp(str(folder), stamp) for folder, stamp in model.export_stamps.items()
            ),
            bandwidths=measurements.bandwidths,
            adapter=None if self.adapter is None else str(self.adapter),
        )
