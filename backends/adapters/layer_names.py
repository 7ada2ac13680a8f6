"""Names of layers and of tensors in an adapter: what PEFT calls them, and what the model does.

PEFT lets a configuration name layers by regular expressions. Nothing here runs one that came with
a file: a name, or the end of one, is compared letter by letter, and any other form is told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

#: A layer's name, or its end, as PEFT writes it: with its dots escaped or not, and its place in the
#: whole name marked or not.
_LITERAL = re.compile(r"\^?(?:[A-Za-z0-9_-]|\\?\.)+\$?")
_LAYER_NUMBER = re.compile(r"\.[^.]*\.(\d{1,9})\.")
_MAX_LETTERS = 500
_WRAPPERS = ("module.", "base_model.model.")
_DOWN, _UP, _MAGNITUDE = "lora_A", "lora_B", "lora_magnitude_vector"


Value = TypeVar("Value")


def endings(layer: str) -> Iterator[str]:
    """The name of a layer, and what is left of it behind each of its dots."""
    yield layer
    while "." in layer:
        layer = layer.partition(".")[2]
        yield layer


def plain_name(pattern: str) -> tuple[str, bool] | None:
    """A name, and whether it is the whole of a layer's or its end; None for what is no plain name.

    `pattern` is a key of PEFT's `rank_pattern`, an expression that is not run.
    """
    if len(pattern) > _MAX_LETTERS or _LITERAL.fullmatch(pattern) is None:
        return None
    name = pattern.removesuffix("$").removeprefix("^").replace("\\", "")
    return name, pattern.startswith("^")


@dataclass(frozen=True, slots=True)
class OfLayers(Generic[Value]):
    """A value for all layers, and others for those with certain names: the first that matches."""

    general: Value
    #: By the end of a name: which pattern it was, the first being 0, and the value.
    by_ending: Mapping[str, tuple[int, Value]] = field(default_factory=dict)
    by_name: Mapping[str, tuple[int, Value]] = field(default_factory=dict)

    def of(self, layer: str) -> Value:
        """The value of a layer."""
        found = [self.by_ending[one] for one in endings(layer) if one in self.by_ending]
        if layer in self.by_name:
            found.append(self.by_name[layer])
        return min(found, key=lambda one: one[0])[1] if found else self.general


@dataclass(frozen=True, slots=True)
class Targets:
    """The layers that a configuration names; by default it says nothing of them."""

    names: frozenset[str] | None = None  #: ends of names; None: a pattern that is not run
    excluded: frozenset[str] | None = frozenset()  #: likewise
    layers: frozenset[int] | None = None  #: numbers of the layers; None: all

    @property
    def is_known(self) -> bool:
        """Whether `include` tells anything."""
        return self.excluded is not None and self.names is not None

    def include(self, layer: str) -> bool:
        """Whether a linear layer of a model is meant."""
        names, excluded = self.names or frozenset(), self.excluded or frozenset()
        if not names.isdisjoint(endings(layer)) and excluded.isdisjoint(endings(layer)):
            if self.layers is None or layer in names:
                return True
            number = _LAYER_NUMBER.search(layer)
            return number is not None and int(number[1]) in self.layers
        return False


@dataclass(frozen=True, slots=True)
class TensorKey:
    """What a tensor of an adapter's file is."""

    layer: str  #: as the model calls it
    part: str  #: “down”, “up”, “magnitude”, “saved”, “of base”, or the name of what is unknown
    adapter: str | None = None  #: the name that PEFT knew the adapter by, where it was left in


def tensor_key(name: str) -> TensorKey:
    """What a tensor of this name is.

    >>> tensor_key("base_model.model.model.layers.0.self_attn.W_pack.lora_A.default.weight")
    TensorKey(layer='model.layers.0.self_attn.W_pack', part='down', adapter='default')
    """
    for wrapper in _WRAPPERS:
        name = name.removeprefix(wrapper)
    parts = name.split(".")
    for place, part in enumerate(parts):
        layer, rest = ".".join(parts[:place]), parts[place + 1 :]
        if part in ("original_module", "base_layer"):
            return TensorKey(layer, "of base" if rest == ["weight"] else part)
        if part in (_DOWN, _UP):
            kind = "down" if part == _DOWN else "up"
            return _factor(layer, kind, rest, name)
        if part == _MAGNITUDE:
            return _factor(layer, "magnitude", [*rest, "weight"][: len(rest) or 1], name)
        if part == "modules_to_save":
            return _factor(layer, "saved", rest, name)
        if part.startswith(("lora_", "trainable_tokens")):
            return TensorKey(layer, part)
    if parts[-1] == "weight" and len(parts) > 1:
        return TensorKey(name.removesuffix(".weight"), "saved")
    return TensorKey(name, parts[-1])


def _factor(layer: str, kind: str, rest: list[str], name: str) -> TensorKey:
    match rest:
        case ["weight"]:
            return TensorKey(layer, kind)
        case [adapter, "weight"]:
            return TensorKey(layer, kind, adapter)
        case [adapter] if kind == "magnitude":
            return TensorKey(layer, kind, adapter)
    return TensorKey(layer, name.removeprefix(f"{layer}."))
