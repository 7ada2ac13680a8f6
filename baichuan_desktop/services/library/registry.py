"""The models this app knows, and the models and adapters that lie on this machine.

The registry is read from three layers: the file shipped with the app, the site's, the user's. Only
the user's layer is ever written (`user_layer`).
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from backends.errors import UserFacingError
from backends.phrases import Phrase
from backends.precision import Precision
from baichuan_desktop.services.library.registry_file import (
    Layer,
    ReadLayer,
    closest,
    load_layer,
)
from baichuan_desktop.services.library.registry_schema import (
    AdapterSection,
    Family,
    FileSection,
    InstalledSection,
    Kind,
    Names,
    RegistryError,
    RegistryLayer,
    Shapes,
)
from baichuan_desktop.services.library.variants import Tables, Variant

SHIPPED_NAME = "models_registry.yaml"


class UnknownModelError(RegistryError):
    """An id that names no variant, or no installed model."""

    def __init__(self, model_id: str, known: Sequence[str]) -> None:
        near = closest(model_id, known)
        UserFacingError.__init__(
            self,
            "There is no model “{id}”, the closest is “{near}”."
            if near
            else "There is no model “{id}” in the registry.",
            hint="In the terminal, “baichuan-desktop models list” shows every id; with “--known”, "
            "those of the released models.",
            id=model_id,
            near=near or "",
        )


class NotInstalledError(UnknownModelError):
    """An id that names a released variant, of which there is no folder here."""

    def __init__(self, variant_id: str) -> None:
        UserFacingError.__init__(
            self,
            "“{id}” is a released model that is not on this machine.",
            hint=Phrase(
                "In the terminal, “baichuan-desktop models get {id}” says how to get it. If it is "
                "on this machine, name its folder: baichuan-desktop models add FOLDER.",
                id=variant_id,
            ),
            id=variant_id,
        )


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
    prompt_turns: int | None = None  #: of its variant, see there
    bundled: bool = False
    export_of: str | None = None  #: id of the model that this is an export of; it may be gone
    export_stamp: str | None = None  #: `weights_stamp` of that model then; None: not known
    exports: tuple[Path, ...] = ()  #: folders of its exports for ONNX Runtime, as they are listed
    #: By folder of an export, the stamp of this model's weights when it was made, if it is known.
    export_stamps: Mapping[Path, str] = field(default_factory=dict, hash=False)
    layer: RegistryLayer = RegistryLayer.USER  #: which file lists it
    is_copied: bool = False  #: it lies in a model folder of the app's, which may remove it
    drive: Path | None = None  #: mount point or drive letter that it lay on when it was added
    repository: str | None = None  #: what it was published as: owner/name, with “@revision” or not
    added: str | None = None  #: ISO date
    stated_files: Mapping[str, FileSection] = field(default_factory=dict, hash=False)
    apart: str = ""  #: what tells it from others of its name, see `told_apart`; empty: nothing need

    @property
    def shown_name(self) -> Names:
        """The name as it is shown, with what tells the model from others of that name."""
        return _name_apart(self.name, self.apart)


@dataclass(frozen=True, slots=True)
class InstalledAdapter:
    """An adapter on this machine. Whether its folder is there now, the registry does not know."""

    id: str
    name: Names
    path: Path  #: absolute folder
    base: str  #: id of the model that it was added for; it may be gone
    variant: str | None = None  #: of that model, see `InstalledModel.variant`
    layer: RegistryLayer = RegistryLayer.USER  #: which file lists it
    is_copied: bool = False  #: this, and what follows: see `InstalledModel`
    drive: Path | None = None
    repository: str | None = None
    added: str | None = None  #: ISO date
    stated_files: Mapping[str, FileSection] = field(default_factory=dict, hash=False)
    apart: str = ""

    @property
    def shown_name(self) -> Names:
        """The name as it is shown, with what tells the adapter from others of that name."""
        return _name_apart(self.name, self.apart)


#: What is listed, with files of its own.
Listed = InstalledModel | InstalledAdapter


def _name_apart(name: Names, apart: str) -> Names:
    if not apart:
        return name
    en, zh = f"{name.en} ({apart})", f"{name.zh}（{apart}）"
    return Names.model_construct(en=en, zh=zh)  # longer than a name may be in a file


def with_exports(model: InstalledModel, installed: Iterable[InstalledModel]) -> InstalledModel:
    """The model with its exports; whether they are of the weights of now, its folder tells."""
    own = [one for one in installed if one.export_of == model.id]
    if not own:
        return model
    return replace(
        model,
        exports=tuple(one.path for one in own),
        export_stamps={one.path: one.export_stamp for one in own if one.export_stamp is not None},
    )


@dataclass(frozen=True, slots=True)
class Registry:
    """All variants, and all that is installed, in the order of the files."""

    variants: tuple[Variant, ...]
    installed: tuple[InstalledModel, ...]
    adapters: tuple[InstalledAdapter, ...] = ()

    #: What of the later layers is wrong and left out, a sentence each.
    problems: tuple[RegistryError, ...] = ()

    #: Points that the published 4-bit models lost, by family and hidden size: a small model of a
    #: family, such as the guide, is another matter.
    published_4bit_losses: Mapping[tuple[Family, int], float] = field(default_factory=dict)

    @classmethod
    def of(cls, shipped: Tables, layers: Sequence[ReadLayer] = ()) -> Registry:
        """The shipped tables, and over them the site's layer and the person's.

        Of these, a file or an entry that is wrong is left out and is one of `problems`: it costs
        itself and not the start of the app. No folder of a model is looked at.
        """
        tables = shipped
        problems: list[RegistryError] = []
        for read in layers:
            problems += read.problems
            try:
                tables, wrong = tables.with_layer(read.layer, read.source_name, read.kind)
                problems += wrong
            except RegistryError as error:
                problems.append(error)
                tables = tables.with_installed(read.layer, read.kind)
        variants = {model_id: tables.variant(placed) for model_id, placed in tables.models.items()}
        installed = [
            _installed(entry, variants, layer) for layer, entry in tables.installed.values()
        ]
        exports: dict[str | None, list[InstalledModel]] = {}
        for model in installed:
            exports.setdefault(model.export_of, []).append(model)
        return cls(
            variants=tuple(variants.values()),
            installed=tuple(with_exports(one, exports.get(one.id, ())) for one in installed),
            adapters=tuple(_adapter(entry, layer) for layer, entry in tables.adapters.values()),
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
        storage: Precision,
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
            and one.precision in (storage, Precision.BF16)
        ]
        return min(
            candidates,
            key=lambda one: (one.precision != storage, abs(one.context_length - context_length)),
            default=None,
        )


def _installed(
    entry: InstalledSection, variants: Mapping[str, Variant], layer: RegistryLayer
) -> InstalledModel:
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
        prompt_turns=variant.prompt_turns if variant else None,
        bundled=entry.bundled,
        export_of=entry.export_of,
        export_stamp=entry.export_stamp,
        layer=layer,
        is_copied=entry.copied,
        drive=Path(entry.drive) if entry.drive else None,
        repository=entry.repository,
        added=entry.added,
        stated_files={**(variant.stated_files if variant else {}), **entry.files},
    )


def _adapter(entry: AdapterSection, layer: RegistryLayer) -> InstalledAdapter:
    return InstalledAdapter(
        id=entry.id,
        name=entry.name or Names(en=entry.id, zh=entry.id),
        path=Path(entry.path),
        base=entry.base,
        variant=entry.variant,
        layer=layer,
        is_copied=entry.copied,
        drive=Path(entry.drive) if entry.drive else None,
        repository=entry.repository,
        added=entry.added,
        stated_files=entry.files,
    )


def shipped_tables(shipped: str | Path) -> Tables:
    """The file that is shipped with the app, or a text in its place.

    Raises RegistryError if it is wrong; the sentence names file and place.
    """
    name = str(shipped) if isinstance(shipped, Path) else SHIPPED_NAME
    file = load_layer(shipped, source_name=name)
    tables = Tables()
    layer = Layer(file, tuple(range(len(file.models))), ())
    tables.add(layer, name, RegistryLayer.SHIPPED)
    for placed in tables.models.values():
        tables.variant(placed)
    return tables


def shipped_registry() -> Path:
    """The registry file that is shipped with the app; the one named need not be there.

    In a wheel and in a frozen app it lies inside the package; in a checkout, above it.
    """
    inside = Path(str(importlib.resources.files("baichuan_desktop") / SHIPPED_NAME))
    return inside if inside.is_file() else Path(__file__).resolve().parents[3] / SHIPPED_NAME
