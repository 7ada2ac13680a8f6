"""Whether an adapter was made for a model: sizes, family, and the name that it states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..checkpoint.folder import Checkpoint
from ..errors import DamagedAdapterError, UnsupportedAdapterError, WrongBaseError
from ..events import ModelKind
from ..model_config import RELEASED_HIDDEN_SIZES, Family
from ..phrases import Phrase
from .base_names import is_same_folder, model_name, released_base
from .values import Adapter, LowRank

_FAMILIES = {
    Family.BAICHUAN_7B: "Baichuan-7B",
    Family.BAICHUAN_13B: "Baichuan-13B",
    Family.BAICHUAN2_7B: "Baichuan2-7B",
    Family.BAICHUAN2_13B: "Baichuan2-13B",
}
_OF_WIDTH = dict(zip(RELEASED_HIDDEN_SIZES, ("7B", "13B"), strict=True))
_HEAD = "lm_head"
#: What may be replaced as a whole, beside the norms of the layers.
_REPLACED = ("lm_head.weight", "model.embed_tokens.weight", "model.norm.weight")
_NORMS = (".input_layernorm.weight", ".post_attention_layernorm.weight")


def require_fitting(adapter: Adapter, checkpoint: Checkpoint) -> Sequence[Phrase]:
    """Notes on what could not be checked.

    Raises WrongBaseError for an adapter of another model, UnsupportedAdapterError for one that
    changes of this model what this app does not change, DamagedAdapterError for half of one.
    """
    _Fitting(adapter, checkpoint).require()
    return tuple(_notes(adapter, checkpoint))


def linear_layers(checkpoint: Checkpoint) -> dict[str, tuple[int, int]]:
    """The linear layers of a model, the head among them: released name to [out, in]."""
    config = checkpoint.config
    shapes = {
        f"model.layers.{layer}.{name}": shape
        for layer in range(config.num_layers)
        for name, shape in config.layer_matrices().items()
    }
    return shapes | {_HEAD: (config.vocab_size, config.hidden_size)}


class _Fitting:
    def __init__(self, adapter: Adapter, checkpoint: Checkpoint) -> None:
        self._adapter = adapter
        self._checkpoint = checkpoint
        self._layers = linear_layers(checkpoint)
        self._shapes = checkpoint.config.tensor_shapes()

    def require(self) -> None:
        """Raise AdapterError for what does not fit; what says most to a person comes first."""
        self._require_stated_base()
        self._require_width()
        for name in (*self._adapter.matrices, *self._of_saved()):
            self._require_name(name)
        for layer, matrix in self._adapter.matrices.items():
            self._require_shape(f"{layer}.weight", matrix.shape)
            self._require_rank(layer, matrix)
        for name, record in (*self._adapter.saved.items(), *self._adapter.of_base.items()):
            self._require_shape(name, record.shape)
        self._require_replaceable()
        self._require_whole()
        self._require_all_saved()

    def _of_saved(self) -> Iterator[str]:
        for name in (*self._adapter.saved, *self._adapter.of_base):
            yield name.removesuffix(".weight")

    def _require_width(self) -> None:
        """Raise WrongBaseError for an adapter of the other of the two widths of released models."""
        here = self._checkpoint.config.hidden_size
        for layer, matrix in self._adapter.matrices.items():
            rows, columns = matrix.shape
            found = rows if layer.endswith(".down_proj") else columns
            if found != here and found in _OF_WIDTH:
                raise self._wrong(
                    Phrase(
                        "it is for {size} models, whose width is {found}, and the width of this "
                        "one is {here}",
                        size=_OF_WIDTH[found],
                        found=found,
                        here=here,
                    )
                )

    def _require_name(self, layer: str) -> None:
        if layer in self._layers or f"{layer}.weight" in self._shapes:
            return
        layers = self._checkpoint.config.num_layers
        parts = layer.split(".")
        number = parts[2] if parts[:2] == ["model", "layers"] and len(parts) > 2 else ""
        known = f"model.layers.0.{'.'.join(parts[3:])}"
        if number.isdecimal() and known in self._layers and len(number) < 10:
            raise self._wrong(
                Phrase(
                    "it changes layer {number}, and the model has {count} layers, counted from 0",
                    number=int(number),
                    count=layers,
                )
            )
        raise self._wrong(
            Phrase("it changes “{layer}”, which no Baichuan model has", layer=layer[:100])
        )

    def _require_shape(self, name: str, found: tuple[int, ...]) -> None:
        here = self._shapes[name]
        if found == here:
            return
        raise self._wrong(
            Phrase(
                "it is for a “{name}” of the sizes {found}, and the model's has {here}",
                name=name.removesuffix(".weight"),
                found=_sizes(found),
                here=_sizes(here),
            )
        )

    def _require_rank(self, layer: str, matrix: LowRank) -> None:
        """A rank above that of the matrix itself only takes memory."""
        most = min(self._layers[layer])
        if matrix.rank > most:
            raise UnsupportedAdapterError(
                self._adapter.folder,
                Phrase(
                    "is of rank {rank} at “{layer}”, whose matrix itself has a rank of at most "
                    "{most}",
                    rank=matrix.rank,
                    layer=layer,
                    most=most,
                ),
            )

    def _require_stated_base(self) -> None:
        found = released_base(self._adapter.provenance.base_name)
        config = self._checkpoint.config
        if found is None or (found.family, found.kind) == (config.family, self._checkpoint.kind):
            return
        name = found.name
        if found.family is not config.family:
            what = Phrase(
                "it was made for {name}, and this is a {family}",
                name=name,
                family=_FAMILIES[config.family],
            )
        elif found.kind is ModelKind.CHAT:
            what = Phrase("it was made for {name}, and this is a base model", name=name)
        else:
            what = Phrase("it was made for {name}, and this is a chat model", name=name)
        raise WrongBaseError(self._adapter.folder, model_name(self._checkpoint.folder), what)

    def _require_replaceable(self) -> None:
        for name in self._adapter.saved:
            if name not in _REPLACED and not name.endswith(_NORMS):
                raise UnsupportedAdapterError(
                    self._adapter.folder,
                    Phrase(
                        "replaces “{name}” as a whole, and this app replaces the head, the "
                        "embedding and norms only",
                        name=name,
                    ),
                )
            if (layer := name.removesuffix(".weight")) in self._adapter.matrices:
                raise DamagedAdapterError(
                    self._adapter.file,
                    Phrase("it both replaces “{layer}” and adds to it", layer=layer),
                )
        head = self._adapter.matrices.get(_HEAD)
        if head is None or head.magnitude is None:
            return
        if self._checkpoint.config.family.uses_norm_head:
            raise UnsupportedAdapterError(
                self._adapter.folder,
                "changes the head by DoRA, and the rows of this model's head are normalised",
            )

    def _require_whole(self) -> None:
        """Raise AdapterError if a layer that the configuration names has no matrices.

        Where all of the last layers have none, it was made for a model of fewer layers.
        """
        targets = self._adapter.targets
        if not targets.is_known:
            return
        wanted = [layer for layer in self._layers if targets.include(layer)]
        lacking = [
            layer
            for layer in wanted
            if layer not in self._adapter.matrices and f"{layer}.weight" not in self._adapter.saved
        ]
        if not lacking:
            return
        first = _number(lacking[0])
        if first and lacking == [layer for layer in wanted if (_number(layer) or 0) >= first]:
            raise self._wrong(
                Phrase(
                    "it was made for {found} layers, and the model has {here}",
                    found=first,
                    here=self._checkpoint.config.num_layers,
                )
            )
        raise self._lacks(lacking[0])

    def _require_all_saved(self) -> None:
        """Raise DamagedAdapterError if one of the modules that are replaced is not there."""
        for name in self._shapes:
            module = name.removesuffix(".weight")
            if module.endswith(self._adapter.replaced) and name not in self._adapter.saved:
                raise self._lacks(module)

    def _lacks(self, layer: str) -> DamagedAdapterError:
        return DamagedAdapterError(
            self._adapter.file,
            Phrase("it holds nothing for “{layer}”, which adapter_config.json names", layer=layer),
        )

    def _wrong(self, what: Phrase) -> WrongBaseError:
        """The error, with the name of the base where the adapter states one."""
        if name := self._adapter.provenance.base_name:
            what = Phrase("{what} (it was made for “{base}”)", what=what, base=name[:100])
        return WrongBaseError(self._adapter.folder, model_name(self._checkpoint.folder), what)


def _number(layer: str) -> int | None:
    """The number of the layer that a linear layer is of; None for the head."""
    parts = layer.split(".")
    return int(parts[2]) if parts[:2] == ["model", "layers"] else None


def _sizes(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in shape)


def _notes(adapter: Adapter, checkpoint: Checkpoint) -> Iterator[Phrase]:
    name = adapter.provenance.base_name
    released = released_base(name)
    if released is not None and released.stored not in (None, checkpoint.stored):
        yield Phrase(
            "The adapter was made for the quantised weights of {base}; with those of this model, "
            "answers may differ a little.",
            base=released.name,
        )
    if not name:
        yield Phrase(
            "The adapter does not say which model it was made for; that its sizes fit was checked."
        )
    elif released is None and not is_same_folder(name, checkpoint.folder):
        yield Phrase(
            "The adapter was made for “{base}”; that this is the same model could not be checked, "
            "only that its sizes fit.",
            base=name[:200],
        )
    for stored in adapter.of_base:
        yield Phrase(
            "“{name}” of the adapter's file is a part of the model that it was made for, and is "
            "not used.",
            name=stored,
        )
