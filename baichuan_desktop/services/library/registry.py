"""The models this app knows and the models that lie on this machine.

The registry is read from three layers: the file shipped with the app, the site's, the user's.
Their tables are merged key by key and id by id, a later layer's entry replacing the whole earlier
one, and only then are references followed. Only the user's layer is ever written.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.resources
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

from backends.errors import UserFacingError
from baichuan_desktop.services.library.registry_file import (
    Layer,
    closest,
    layer_text,
    load_layer,
    parse_yaml,
    read_layer,
    write_section,
)
from baichuan_desktop.services.library.registry_schema import (
    SCHEMA_VERSION,
    Family,
    FamilySection,
    InstalledSection,
    Kind,
    Licence,
    ModelSection,
    Names,
    RegistryError,
    RegistryFile,
    Sampling,
    Shapes,
    Sources,
    StoredPrecision,
)

__all__ = [
    "Family",
    "InstalledModel",
    "Kind",
    "Licence",
    "Names",
    "Registry",
    "RegistryError",
    "RegistryFile",
    "Sampling",
    "Shapes",
    "Sources",
    "StoredPrecision",
    "UnknownModelError",
    "Variant",
    "add_installed",
    "load_layer",
    "remove_installed",
    "shipped_registry_text",
]

SHIPPED_NAME = "models_registry.yaml"

_Value = TypeVar("_Value")


class UnknownModelError(RegistryError):
    """An id that names no variant, or no installed model."""

    def __init__(self, model_id: str, known: Sequence[str]) -> None:
        near = closest(model_id, known)
        UserFacingError.__init__(
            self,
            "There is no model “{id}”, the closest is “{near}”."
            if near
            else "There is no model “{id}” in the registry.",
            hint="The list of models shows every id.",
            id=model_id,
            near=near or "",
        )


class NotInstalledError(UnknownModelError):
    """An id that names a released variant, of which there is no folder here."""

    def __init__(self, variant_id: str) -> None:
        UserFacingError.__init__(
            self,
            "“{id}” is a released model that is not on this machine.",
            hint="Name the folder that it lies in: baichuan-desktop models add FOLDER.",
            id=variant_id,
        )


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
    precision: StoredPrecision  #: as published; "bf16" stands for both 16-bit types
    torch_dtype: str | None  #: as published in config.json; None if not established
    published_memory_gib: Mapping[StoredPrecision, float] = field(hash=False)
    licence: Licence
    sources: Sources
    sampling: Sampling
    training_tokens: int | None  #: only on a checkpoint from the middle of training
    bundled: bool  #: shipped inside the app

    @property
    def is_intermediate(self) -> bool:
        """Whether this is a checkpoint from the middle of training."""
        return self.training_tokens is not None


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model on this machine. Whether its folder is there now, the registry does not know."""

    id: str
    name: Names
    path: Path  #: absolute folder
    variant: str | None  #: an id; no layer need describe it any more, see `Registry.variant_of`
    family: Family
    kind: Kind
    context_length: int  #: tokens, prompt and answer together
    bundled: bool = False
    export_of: str | None = None  #: id of the model that this is an export of; it may be gone
    export_stamp: str | None = None  #: `weights_stamp` of that model then; None: not known
    exports: tuple[Path, ...] = ()  #: folders of its exports for ONNX Runtime
    outdated_exports: tuple[InstalledModel, ...] = ()  #: those that were made of other weights


def with_exports(model: InstalledModel, installed: Sequence[InstalledModel]) -> InstalledModel:
    """The model and its exports. Those from before its weights changed run in place of nothing."""
    own = [one for one in installed if one.export_of == model.id]
    stamp = weights_stamp(model.path) if own else None
    current = [one for one in own if stamp is None or one.export_stamp in (None, stamp)]
    return replace(
        model,
        exports=tuple(one.path for one in current),
        outdated_exports=tuple(one for one in own if one not in current),
    )


#: Names that published weight files have.
_WEIGHTS = re.compile(r"(model|pytorch_model)(-\d+-of-\d+)?\.(safetensors|bin)")


def weights_stamp(folder: Path) -> str | None:
    """Names, sizes and times of the weight files, as one word; None if they cannot be seen."""
    try:
        files = [file for file in folder.iterdir() if file.suffix in (".bin", ".safetensors")]
    except OSError:  # a model that is gone says so where it is opened
        return None
    facts = []
    for file in sorted(files):
        try:
            status = file.stat()
        except OSError:  # a link to a drive that is not there; or one that nothing is read of
            if _WEIGHTS.fullmatch(file.name):
                return None
        else:
            facts.append((file.name, status.st_size, status.st_mtime_ns))
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Placed(Generic[_Value]):
    """A section with the file and the place it was read from, for errors."""

    section: _Value
    source_name: str
    place: str


@dataclass(frozen=True, slots=True)
class Registry:
    """All variants and all installed models, in the order of the files."""

    variants: tuple[Variant, ...]
    installed: tuple[InstalledModel, ...]

    #: What of the later layers is wrong and left out, a sentence each.
    problems: tuple[RegistryError, ...] = ()

    #: Points that the published 4-bit models lost, by family and hidden size: a small model of a
    #: family, such as the guide, is another matter.
    published_4bit_losses: Mapping[tuple[Family, int], float] = field(default_factory=dict)

    @classmethod
    def load(cls, shipped: str | Path, layers: Sequence[Path] = ()) -> Registry:
        """Read the shipped file, then the site's and the user's.

        Of the later files, a file or an entry that is wrong is left out and is one of `problems`:
        it costs itself and not the start of the app.

        Args:
            shipped: The shipped file or its text, see `shipped_registry_text`.
            layers: The later files, in this order. One that does not exist is left out.

        Raises:
            RegistryError: The shipped file is wrong; the sentence names file and place.
        """
        tables = _Tables()
        file = load_layer(shipped, source_name=SHIPPED_NAME)
        tables.add(Layer(file, tuple(range(len(file.models))), ()), SHIPPED_NAME)
        problems: list[RegistryError] = []
        for path in layers:
            try:
                text = layer_text(path)
                if text is not None:
                    layer = read_layer(text, source_name=str(path))
                    problems += layer.problems
                    tables, wrong = tables.with_layer(layer, str(path))
                    problems += wrong
            except RegistryError as error:
                problems.append(error)
        variants = {model_id: tables.variant(placed) for model_id, placed in tables.models.items()}
        installed = [_installed(entry, variants) for entry in tables.installed.values()]
        exports: dict[str | None, list[InstalledModel]] = {}
        for model in installed:
            exports.setdefault(model.export_of, []).append(model)
        return cls(
            variants=tuple(variants.values()),
            installed=tuple(with_exports(one, exports.get(one.id, ())) for one in installed),
            problems=tuple(problems),
            published_4bit_losses={
                (family, placed.section.shapes.hidden_size): placed.section.published_4bit_loss
                for family, placed in tables.families.items()
                if placed.section.published_4bit_loss is not None
            },
        )

    def variant(self, variant_id: str) -> Variant:
        """The variant of this id.

        Raises:
            UnknownModelError: There is none; the closest id is proposed.
        """
        for variant in self.variants:
            if variant.id == variant_id:
                return variant
        raise UnknownModelError(variant_id, [variant.id for variant in self.variants])

    def model(self, model_id: str) -> InstalledModel:
        """The installed model of this id.

        Raises:
            NotInstalledError: It is a released variant, and not on this machine.
            UnknownModelError: There is none; the closest id is proposed.
        """
        for model in self.installed:
            if model.id == model_id:
                return model
        if any(variant.id == model_id for variant in self.variants):
            raise NotInstalledError(model_id)
        raise UnknownModelError(model_id, [model.id for model in self.installed])

    def variant_of(self, model: InstalledModel) -> Variant | None:
        """The variant that `model` is a copy of; None if it has none or no layer describes it."""
        return next((one for one in self.variants if one.id == model.variant), None)

    def recognise(
        self,
        family: Family,
        shapes: Shapes,
        kind: Kind,
        context_length: int,
        storage: StoredPrecision,
    ) -> Variant | None:
        """The released variant that a checkpoint is a copy of, as far as config.json can tell.

        Family, shapes and kind must be equal. Among those, the same storage comes before 16 bit (a
        copy quantised at home), and then the nearest context length. Checkpoints from the middle of
        training are left out: nothing in their files tells them from Base.
        """
        candidates = [
            one
            for one in self.variants
            if not one.is_intermediate
            and (one.family, one.shapes, one.kind) == (family, shapes, kind)
            and one.precision in (storage, "bf16")
        ]
        return min(
            candidates,
            key=lambda one: (one.precision != storage, abs(one.context_length - context_length)),
            default=None,
        )


class _Tables:
    """The merged tables of all layers, references not yet followed."""

    def __init__(self) -> None:
        self.licences: dict[str, Licence] = {}
        self.sampling: dict[str, Sampling] = {}
        self.families: dict[Family, _Placed[FamilySection]] = {}
        self.models: dict[str, _Placed[ModelSection]] = {}
        self.installed: dict[str, InstalledSection] = {}

    def add(self, layer: Layer, source_name: str) -> None:
        """Lay a file over what is there: an entry of the same key or id is replaced as a whole."""
        file = layer.file
        self.licences |= file.licences
        self.sampling |= file.sampling
        for family, shared in file.families.items():
            self.families[family] = _Placed(shared, source_name, f"families.{family}")
        for index, model in zip(layer.model_indices, file.models, strict=True):
            self.models[model.id] = _Placed(model, source_name, f"models.{index}")
        self.installed |= {model.id: model for model in file.installed}

    def with_layer(self, layer: Layer, source_name: str) -> tuple[_Tables, Sequence[RegistryError]]:
        """These tables and a layer over them, and what of its models is wrong and left out.

        Raises RegistryError for a layer with which a model of an earlier file is wrong.
        """
        merged = copy.copy(self)
        for name, table in vars(self).items():
            setattr(merged, name, dict(table))
        merged.add(layer, source_name)
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
        """Follow the references of one model."""
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
            sampling=_followed(
                self.sampling, model.sampling, placed.source_name, f"{placed.place}.sampling"
            ),
            training_tokens=model.training_tokens,
            bundled=model.bundled,
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


def _installed(entry: InstalledSection, variants: Mapping[str, Variant]) -> InstalledModel:
    variant = variants.get(entry.variant or "")
    own_name = variant.name if variant else Names(en=entry.id, zh=entry.id)
    return InstalledModel(
        id=entry.id,
        name=entry.name or own_name,
        path=Path(entry.path),
        variant=entry.variant,
        family=entry.family,
        kind=entry.kind,
        context_length=entry.context_length,
        bundled=entry.bundled,
        export_of=entry.export_of,
        export_stamp=entry.export_stamp,
    )


def shipped_registry_text() -> str:
    """The text of the registry that is shipped with the app.

    In a wheel and in a frozen app the file lies inside the package; in a checkout, above it.

    Raises:
        RegistryError: It is in neither place.
    """
    inside = importlib.resources.files("baichuan_desktop").joinpath(SHIPPED_NAME)
    if inside.is_file():
        return inside.read_text(encoding="utf-8")
    text = layer_text(Path(__file__).resolve().parents[3] / SHIPPED_NAME)
    if text is None:
        raise RegistryError(SHIPPED_NAME, "is not there")
    return text


# --- the user's layer --------------------------------------------------------------------------


def add_installed(path: Path, model: InstalledModel) -> None:
    """Write `model` into the user's layer at `path`, replacing an entry of the same id.

    All other sections stay as they are, comments included. The file is made if there is none.

    Raises:
        RegistryError: The file, or the new entry, is wrong, or cannot be written; then the file is
            what it was before.
    """
    text, entries = _user_layer(path)
    entry = _entry_of(model)
    ids = [one["id"] for one in entries]
    if model.id in ids:
        entries[ids.index(model.id)] = entry
    else:
        entries.append(entry)
    write_section(path, text, "installed", entries)


def remove_installed(path: Path, model_id: str) -> None:
    """Take the entry `model_id` out of the user's layer at `path`; the model's files stay.

    Its exports become models of their own: the id may be given to another model, of which they
    are none.

    Raises:
        UnknownModelError: The file has no such entry.
        RegistryError: The file is wrong or cannot be written; then it is what it was before.
    """
    text, entries = _user_layer(path)
    rest = [one for one in entries if one["id"] != model_id]
    if len(rest) == len(entries):
        raise UnknownModelError(model_id, [one["id"] for one in entries])
    for one in rest:
        if one.get("export_of") == model_id:
            del one["export_of"]
            one.pop("export_stamp", None)
    write_section(path, text, "installed", rest)


def require_writable(path: Path) -> None:
    """Raise RegistryError if the user's layer at `path` is wrong, and so must not be written."""
    _user_layer(path)


def _user_layer(path: Path) -> tuple[str, list[dict[str, Any]]]:
    text = layer_text(path)
    if text is None:
        return f"schema_version: {SCHEMA_VERSION}\n", []
    load_layer(text, source_name=str(path))
    return text, list(parse_yaml(text, source_name=str(path)).get("installed", []))


def _entry_of(model: InstalledModel) -> dict[str, Any]:
    same = model.name.en == model.name.zh
    entry: dict[str, Any] = {
        "id": model.id,
        "name": model.name.en if same else {"en": model.name.en, "zh": model.name.zh},
        "path": str(model.path),
        "variant": model.variant,
        "family": model.family.value,
        "kind": model.kind.value,
        "context_length": model.context_length,
    }
    if model.bundled:
        entry["bundled"] = True
    if model.export_of is not None:
        entry["export_of"] = model.export_of
    if model.export_stamp is not None:
        entry["export_stamp"] = model.export_stamp
    return entry
