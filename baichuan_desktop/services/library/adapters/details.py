"""What an adapter's folder tells a person: what it is, and what made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backends.adapters.fitting import require_fitting
from backends.adapters.folder import open_adapter
from backends.adapters.values import Adapter
from backends.checkpoint.folder import Checkpoint
from backends.errors import UserFacingError
from backends.phrases import Phrase


@dataclass(frozen=True, slots=True)
class AdapterDetails:
    """Of one that can be opened all; of another why it cannot, and nothing else."""

    method: str = ""  #: “LoRA” or “DoRA”, as they are called in every language
    ranks: tuple[int, ...] = ()  #: of its matrices, each once, the smallest first
    layers: int = 0  #: matrices of the model that it changes
    replaced: tuple[str, ...] = ()  #: released names of the tensors that it replaces
    tensor_bytes: int = 0
    base_name: str = ""  #: of the model that it was made for, as it was given then
    provenance: Mapping[str, str] = field(default_factory=dict, hash=False)  #: what made it
    notes: tuple[Phrase, ...] = ()  #: what of the folder is not used
    error: UserFacingError | None = None

    @property
    def summary(self) -> str:
        """Method and rank in a few letters, such as “LoRA · r 8”, which no language changes."""
        if not self.ranks:
            return self.method
        least, most = self.ranks[0], self.ranks[-1]
        return f"{self.method} · r {least}" + ("" if least == most else f"–{most}")


def details(folder: Path) -> AdapterDetails:
    """What is so of an adapter now; its file of tensors is opened, and no value read."""
    try:
        return details_of(open_adapter(folder))
    except UserFacingError as error:
        return AdapterDetails(error=error)


def notes_on_model(adapter: Path, model: Path) -> Sequence[Phrase]:
    """What could not be checked of a model that an adapter is for; nothing of one that is away."""
    try:
        return require_fitting(open_adapter(adapter), Checkpoint.open(model))
    except UserFacingError:  # which is said where it is used
        return ()


def details_of(adapter: Adapter) -> AdapterDetails:
    """The same of one that was opened."""
    matrices = adapter.matrices.values()
    return AdapterDetails(
        method="DoRA" if any(one.magnitude is not None for one in matrices) else "LoRA",
        ranks=tuple(sorted({one.rank for one in matrices})),
        layers=len(adapter.matrices),
        replaced=tuple(adapter.saved),
        tensor_bytes=adapter.bytes_on_disk,
        base_name=adapter.provenance.base_name,
        provenance=adapter.provenance.facts,
        notes=adapter.notes,
    )
