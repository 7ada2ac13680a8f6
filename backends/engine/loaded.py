"""What an engine holds: a checkpoint and its tokenizer, an adapter, and the model in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..adapters.allowed import open_allowed_adapter
from ..adapters.values import Adapter
from ..checkpoint.allowed import open_allowed
from ..checkpoint.folder import Checkpoint
from ..errors.adapters import adapter_on_export
from ..events import AdapterInUse
from ..generation.grammar import Vocabulary
from ..generation.prefill import PromptMemo
from ..interface import LoadedModel, LoadOptions
from ..phrases import Phrase
from ..policy.site_policy import site_policy
from ..text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A checkpoint whose weights are not loaded, and its tokenizer."""

    checkpoint: Checkpoint
    tokenizer: Tokenizer

    @classmethod
    def of(cls, folder: str) -> OpenModel:
        """Open a folder and read its tokenizer, each once. Raises PolicyError, CheckpointError."""
        checkpoint, tokenizer = open_allowed(Path(folder), site_policy())
        return cls(checkpoint, tokenizer.steered(checkpoint.steering_ids))


@dataclass(frozen=True, slots=True)
class OpenAdapter:
    """An adapter that was checked against a model, and what of it is not used."""

    adapter: Adapter
    notes: Sequence[Phrase]

    @classmethod
    def of(cls, folder: str, weights: Checkpoint) -> OpenAdapter:
        """Open a folder and compare it with the model. Raises PolicyError, AdapterError."""
        if weights.export is not None:
            raise adapter_on_export(Path(folder))
        return cls(*open_allowed_adapter(Path(folder), weights, site_policy()))


@dataclass(slots=True)
class Loaded:
    """A model in memory, with all that answering needs."""

    checkpoint: Checkpoint
    weights: Checkpoint  #: the checkpoint itself, or its export that runs in its place
    tokenizer: Tokenizer
    model: LoadedModel
    options: LoadOptions
    memo: PromptMemo = field(default_factory=PromptMemo)
    adapter: OpenAdapter | None = None  #: that it answers with
    vocabulary: Vocabulary | None = None  #: for grammars, from the first answer with one on

    def in_use(self) -> AdapterInUse | None:
        """What is said of the adapter that it answers with."""
        if self.adapter is None:
            return None
        folder = str(self.adapter.adapter.folder)
        return AdapterInUse(folder, self.model.adapter_bytes, tuple(self.adapter.notes))
