"""How a desk serves the models of this machine, as a person asked for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from backends.protocol.engine_requests import LoadRequest
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.serving.values import MOST_WAITING


@dataclass(frozen=True, slots=True)
class DeskTerms:
    """How a desk serves the models of this machine. Nothing of it comes from a request."""

    first: InstalledModel | None = None  #: the one that was named; it need not be listed
    wish: LoadWish = field(default_factory=LoadWish)  #: for the first one, see `wish_for`
    prefer_speed: bool = False  #: see `LoadRequest`
    as_chat: bool = False  #: the first is a base model, which somebody fine-tuned on conversations
    only_first: bool = False  #: no other model may be asked
    idle_minutes: float = 0  #: without a request, then the model leaves the memory; 0: never
    most_waiting: int = MOST_WAITING  #: requests in the queue, the one that runs not counted

    def wish_for(self, model: InstalledModel) -> LoadWish:
        """How a model is loaded: one that was not named, on the same device, as it fits there."""
        if self.first is None or model.id == self.first.id:
            return self.wish
        return replace(self.wish, precision=None, context_length=None, adapter=None)

    def request(self, model: InstalledModel, measurements: Measurements) -> LoadRequest:
        """What the engine is asked, to load a model so."""
        request = self.wish_for(model).request(model, measurements)
        return replace(request, prefer_speed=self.prefer_speed)

    def is_chat(self, model: InstalledModel) -> bool:
        """Whether a model is asked in conversations."""
        is_first = self.first is not None and model.id == self.first.id
        return model.kind == "chat" or (self.as_chat and is_first)
