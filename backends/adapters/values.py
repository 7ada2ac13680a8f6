"""An adapter as its folder holds it: which matrices of a model it changes, and where it lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..files.tensor_files import TensorRecord
from ..phrases import Phrase
from .layer_names import Targets

#: Factors in 16 bit are held in fp32 on a processor if all of them take no more beyond this.
_WIDENED_BYTES = 32 * 2**20


@dataclass(frozen=True, slots=True)
class LowRank:
    """What is added to the matrix W [out, in] of a layer: W + scale * up down. Source: LoRA.

    With a magnitude [out], each row of the sum is brought to that length. Source: DoRA.
    """

    down: TensorRecord  #: lora_A [r, in]
    up: TensorRecord  #: lora_B [out, r]
    scale: float  #: alpha / r, or alpha / sqrt(r) with rslora
    magnitude: TensorRecord | None = None

    @property
    def rank(self) -> int:
        """Columns of `up`, and rows of `down`."""
        return self.down.shape[0]

    @property
    def shape(self) -> tuple[int, int]:
        """Of the matrix that it is added to: [out, in]."""
        return self.up.shape[0], self.down.shape[1]

    @property
    def records(self) -> Iterator[TensorRecord]:
        """Its tensors."""
        yield from (self.down, self.up)
        if self.magnitude is not None:
            yield self.magnitude


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an adapter's folder says of how it was made; what it does not say is empty."""

    base_name: str = ""  #: name or path of the model it was trained for, as it was given then
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)  #: in the file's own words


@dataclass(frozen=True, slots=True)
class Adapter:
    """A complete and consistent adapter; of its tensors no value was read yet."""

    folder: Path
    #: By the released name of the layer, such as “model.layers.0.self_attn.W_pack” or “lm_head”.
    matrices: Mapping[str, LowRank]
    #: Tensors that take the place of the model's, by released name, such as “lm_head.weight”.
    saved: Mapping[str, TensorRecord]
    file: Path  #: which holds all tensors
    provenance: Provenance = field(default_factory=Provenance)
    notes: tuple[Phrase, ...] = ()  #: what of the folder is not used, a sentence each
    targets: Targets = field(default_factory=Targets)  #: the layers that its configuration names
    #: Tensors of its base that the file holds too, by released name; they are not used.
    of_base: Mapping[str, TensorRecord] = field(default_factory=dict)
    licence_files: tuple[Path, ...] = ()
    #: Ends of the names of modules that its configuration says are replaced as a whole.
    replaced: tuple[str, ...] = ()
    #: Its files, with size and time of change (ns) as they were before they were read.
    stamps: Mapping[Path, tuple[int, int]] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """Those that decide what it does to a model: its configuration, and `file`."""
        return tuple(self.stamps)

    @property
    def records(self) -> Iterator[TensorRecord]:
        """Every tensor that is used."""
        yield from self.saved.values()
        for one in self.matrices.values():
            yield from one.records

    @property
    def bytes_on_disk(self) -> int:
        """Bytes of all tensors that are used."""
        return sum(record.nbytes for record in self.records)

    @property
    def ranks(self) -> tuple[int, int]:
        """The lowest and the highest rank of its matrices; zeros if it only replaces tensors."""
        ranks = [one.rank for one in self.matrices.values()]
        return (min(ranks), max(ranks)) if ranks else (0, 0)

    @property
    def may_be_widened(self) -> bool:
        """Whether factors in 16 bit are so small that fp32 may take their place in memory."""
        return self._narrow_bytes <= _WIDENED_BYTES

    @property
    def most_bytes(self) -> int:
        """The most bytes that it takes in memory, on any device."""
        return self.bytes_on_disk + (self._narrow_bytes if self.may_be_widened else 0)

    @property
    def _narrow_bytes(self) -> int:
        factors = [one for each in self.matrices.values() for one in (each.down, each.up)]
        return sum(one.nbytes for one in factors if one.dtype != "F32")
