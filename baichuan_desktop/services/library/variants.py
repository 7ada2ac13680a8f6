"""The released models, as the layers of the registry describe them together.

An entry of a later layer replaces the whole earlier one of its key or id, and only then are
references followed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from backends.precision import Precision
from baichuan_desktop.services.library.registry_file import Layer, closest
from baichuan_desktop.services.library.registry_schema import (
    AdapterSection,
    Family,
    FamilySection,
    FileSection,
    InstalledSection,
    Kind,
    Licence,
    ModelSection,
    Names,
    PublishedScores,
    RegistryError,
    RegistryLayer,
    Shapes,
    Sources,
)

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Variant:
    """A released model, all facts resolved."""

    id: str
    name: Names
    family: Family
    kind: Kind
    shapes: Shapes
    context_length: int  #: tokens, prompt and answer together
    parameters: int
    weights_bytes: int  #: of the tensors as published
    precision: Precision  #: as published; bf16 stands for both 16-bit types
    torch_dtype: str | None  #: as published in config.json; None if not established
    published_memory_gib: Mapping[Precision, float] = field(hash=False)
    licence: Licence
    sources: Sources
    training_tokens: int | None  #: only on a checkpoint from the middle of training
    prompt_turns: int | None  #: most turns of a conversation that it is given; None: all that fit
    bundled: bool  #: shipped inside the app
    stated_files: Mapping[str, FileSection] = field(default_factory=dict, hash=False)
    published_scores: PublishedScores | None = field(default=None, hash=False)

    @property
    def is_intermediate(self) -> bool:
        """Whether this is a checkpoint from the middle of training."""
        return self.training_tokens is not None


@dataclass(frozen=True, slots=True)
class _Placed(Generic[_Value]):
    """A section with the file and the place it was read from, for errors."""

    section: _Value
    source_name: str
    place: str


class Tables:
    """The merged tables of all layers, references not yet followed."""

    def __init__(self) -> None:
        self.licences: dict[str, Licence] = {}
        self.families: dict[Family, _Placed[FamilySection]] = {}
        self.models: dict[str, _Placed[ModelSection]] = {}
        self.installed: dict[str, tuple[RegistryLayer, InstalledSection]] = {}
        self.adapters: dict[str, tuple[RegistryLayer, AdapterSection]] = {}

    def add(self, layer: Layer, source_name: str, kind: RegistryLayer) -> None:
        """Lay a file over what is there: an entry of the same key or id is replaced as a whole."""
        file = layer.file
        self.licences |= file.licences
        for family, shared in file.families.items():
            self.families[family] = _Placed(shared, source_name, f"families.{family}")
        for index, model in zip(layer.model_indices, file.models, strict=True):
            self.models[model.id] = _Placed(model, source_name, f"models.{index}")
        self._add_installed(layer, kind)

    def _add_installed(self, layer: Layer, kind: RegistryLayer) -> None:
        """Models and adapters have their ids from one name space."""
        models = {model.id: (kind, model) for model in layer.file.installed}
        adapters = {adapter.id: (kind, adapter) for adapter in layer.file.adapters}
        for model_id in models:
            self.adapters.pop(model_id, None)
        for adapter_id in adapters:
            self.installed.pop(adapter_id, None)
        self.installed |= models
        self.adapters |= adapters

    def with_installed(self, layer: Layer, kind: RegistryLayer) -> Tables:
        """These tables with what a layer lists here, which no other entry makes wrong."""
        merged = self._copied()
        merged._add_installed(layer, kind)
        return merged

    def _copied(self) -> Tables:
        merged = copy.copy(self)
        for name, table in vars(self).items():
            setattr(merged, name, dict(table))
        return merged

    def with_layer(
        self, layer: Layer, source_name: str, kind: RegistryLayer
    ) -> tuple[Tables, Sequence[RegistryError]]:
        """These tables with a layer laid over them, and an error for each of its models left out.

        Raises RegistryError for a layer with which a model of an earlier file is wrong.
        """
        merged = self._copied()
        merged.add(layer, source_name, kind)
        problems = []
        for model in layer.file.models:
            try:
                merged.variant(merged.models[model.id])
            except RegistryError as error:
                problems.append(error)
                if model.id in self.models:
                    merged.models[model.id] = self.models[model.id]
                else:
                    del merged.models[model.id]
        for placed in merged.models.values():
            if placed.source_name != source_name:
                merged.require_fitting(placed, source_name)
        return merged, problems

    def require_fitting(self, placed: _Placed[ModelSection], source_name: str) -> None:
        """Raise RegistryError if `source_name` changed what a model of another file rests on."""
        try:
            self.variant(placed)
        except RegistryError as error:
            model = placed.section
            raise RegistryError(
                source_name,
                f"“{model.id}” of {placed.source_name} does not fit it, {error.facts['what']}",
                place=f"families.{model.family}",
            ) from error

    def variant(self, placed: _Placed[ModelSection]) -> Variant:
        """The variant that a section describes, references followed. Raises RegistryError."""
        model = placed.section
        family = self.families.get(model.family)
        if family is None:
            raise _model_error(placed, "family", f"no file describes “{model.family}”")
        shapes = model.shapes or family.section.shapes
        if model.parameters != shapes.parameters:
            what = f"the shapes give {shapes.parameters} parameters, not {model.parameters}"
            raise _model_error(placed, "parameters", what)
        memory = model.published_memory_gib
        return Variant(
            id=model.id,
            name=model.name,
            family=model.family,
            kind=model.kind,
            shapes=shapes,
            context_length=model.context_length or family.section.context_length,
            parameters=model.parameters,
            weights_bytes=model.weights_bytes,
            precision=model.precision,
            torch_dtype=model.torch_dtype,
            published_memory_gib=family.section.published_memory_gib if memory is None else memory,
            licence=self._licence(placed, family),
            sources=model.sources,
            training_tokens=model.training_tokens,
            prompt_turns=model.prompt_turns,
            bundled=model.bundled,
            stated_files=model.files,
            published_scores=model.published_scores,
        )

    def _licence(self, model: _Placed[ModelSection], family: _Placed[FamilySection]) -> Licence:
        if model.section.licence is not None:
            place = f"{model.place}.licence"
            return _followed(self.licences, model.section.licence, model.source_name, place)
        place = f"{family.place}.licence"
        return _followed(self.licences, family.section.licence, family.source_name, place)


def _model_error(placed: _Placed[ModelSection], key: str, what: str) -> RegistryError:
    place = f"{placed.place}.{key} (of '{placed.section.id}')"
    return RegistryError(placed.source_name, what, place=place)


def _followed(table: Mapping[str, _Value], key: str, source_name: str, place: str) -> _Value:
    if key in table:
        return table[key]
    near = closest(key, table)
    what = f"“{key}” is described nowhere" + (f", did you mean “{near}”" if near else "")
    raise RegistryError(source_name, what, place=place)
