"""For which of the listed models an adapter is, by what it says, and else by what it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath, PureWindowsPath

from backends.adapters.base_names import is_same_folder
from backends.adapters.fitting import require_fitting
from backends.adapters.values import Adapter
from backends.checkpoint.folder import Checkpoint, is_export
from backends.checkpoint.manifest import merged_adapter
from backends.errors import AdapterError, CheckpointError, WrongBaseError
from backends.phrases import Phrase
from baichuan_desktop.services.library.published_names import PublishedName, variants_of
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.variants import Variant

_MOST_NAMED = 8


class NoBaseError(AdapterError):
    """An adapter for which no model is listed."""

    def __init__(self, adapter: Adapter) -> None:
        super().__init__(
            "No listed model fits the adapter “{folder}”, which was made for “{base}”."
            if adapter.provenance.base_name
            else "No listed model fits the adapter “{folder}”, which does not say for which it was "
            "made.",
            folder=adapter.folder.name,
            base=adapter.provenance.base_name[:200],
            hint="Add the model that it was made for, and then the adapter. In the terminal: "
            "baichuan-desktop models add FOLDER",
        )


class SeveralBasesError(AdapterError):
    """An adapter that fits several models, and does not say for which it was made."""

    def __init__(self, adapter: Adapter, models: Sequence[InstalledModel]) -> None:
        ids = ", ".join(model.id for model in models[:_MOST_NAMED])
        super().__init__(
            "The adapter “{folder}” fits {count} listed models, and says of none that it was made "
            "for it: {ids}.",
            folder=adapter.folder.name,
            count=len(models),
            ids=ids,
            hint=Phrase(
                "Say for which one: baichuan-desktop models add FOLDER --base {id}", id=models[0].id
            ),
        )


def base_of(
    adapter: Adapter,
    models: Sequence[InstalledModel],
    variants: Sequence[Variant],
    opened: Callable[[Path], Checkpoint] = Checkpoint.open,
) -> InstalledModel:
    """The listed model that an adapter was made for.

    It is the one that the adapter names, by its folder or by what was published, else the only one
    whose tensors it fits; of copies of one model the first. Into which an adapter was merged is
    asked last, because each merge makes one more that fits, and an export never, because none
    runs on it. Each that is asked is opened. Raises AdapterError where it does not fit what it
    names, NoBaseError, SeveralBasesError.
    """
    own = [m for m in models if m.export_of is None and not is_export(m.path)]
    wrong: AdapterError | None = None
    named = named_bases(adapter.provenance.base_name, own, variants)
    for model in sorted(named, key=_is_merged):
        try:
            if _fits(adapter, model, opened):
                return model
        except AdapterError as error:
            wrong = wrong or error
    fitting = list(_fitting(adapter, [model for model in own if model not in named], opened))
    fitting = [model for model in fitting if not _is_merged(model)] or fitting
    known = {variant.id: variant for variant in variants}
    if not fitting:
        raise wrong or NoBaseError(adapter)
    if any(not are_alike(fitting[0], model, known) for model in fitting[1:]):
        raise SeveralBasesError(adapter, fitting)
    return fitting[0]


def _is_merged(model: InstalledModel) -> bool:
    return merged_adapter(model.path) is not None


def _fits(adapter: Adapter, model: InstalledModel, opened: Callable[[Path], Checkpoint]) -> bool:
    """Whether a model is here, and an adapter is for it. Raises AdapterError."""
    try:
        checkpoint = opened(model.path)
    except CheckpointError:  # which is said where it is loaded
        return False
    require_fitting(adapter, checkpoint)
    return True


def _fitting(
    adapter: Adapter, models: Sequence[InstalledModel], opened: Callable[[Path], Checkpoint]
) -> Iterator[InstalledModel]:
    for model in models:
        try:
            if _fits(adapter, model, opened):
                yield model
        except AdapterError:
            continue


def named_bases(
    base_name: str, models: Sequence[InstalledModel], variants: Sequence[Variant]
) -> Sequence[InstalledModel]:
    """The models that a name or a path may mean: those of the best reading of it.

    Nothing of them is opened.
    """
    if not base_name.strip():
        return ()
    leaf = _leaf(base_name)
    published = PublishedName.parse(base_name)
    meant = set() if published is None else {v.id for v in variants_of(published, variants)}
    meant |= {
        one.id
        for one in variants
        if leaf in (_leaf(one.sources.huggingface or ""), _leaf(one.sources.modelscope or ""))
    }
    readings: Sequence[Callable[[InstalledModel], bool]] = (
        lambda model: str(model.path) == base_name,
        lambda model: model.variant in meant,
        lambda model: _leaf((model.repository or "").partition("@")[0]) == leaf,
        lambda model: leaf == model.id or is_same_folder(base_name, model.path),
    )
    for reading in readings:
        if found := [model for model in models if reading(model)]:
            return found
    return ()


def _leaf(name: str) -> str:
    """The last part of a path of any system, in lower case."""
    kind = PureWindowsPath if "\\" in name else PurePath
    return kind(name.strip()).name.lower()


def base_among(
    adapter: InstalledAdapter, models: Sequence[InstalledModel], variants: Mapping[str, Variant]
) -> InstalledModel | None:
    """The first of these models that a listed adapter is for: the one that it was added for."""
    own = (one for one in models if _is_of(adapter, one))
    alike = (one for one in models if are_alike(adapter, one, variants))
    return next(own, None) or next(alike, None)


def is_for(
    adapter: InstalledAdapter, model: InstalledModel, variants: Mapping[str, Variant]
) -> bool:
    """Whether a listed adapter was added for a model, or for a copy of the same one."""
    return _is_of(adapter, model) or are_alike(adapter, model, variants)


def _is_of(adapter: InstalledAdapter, model: InstalledModel) -> bool:
    """Not so of another model that has the id now."""
    return adapter.base == model.id and adapter.variant in (None, model.variant)


def require_family(
    adapter: InstalledAdapter,
    model: InstalledModel,
    models: Sequence[InstalledModel],
    variants: Mapping[str, Variant],
) -> None:
    """Raise WrongBaseError if the model that an adapter was added for is of another family.

    Nothing of the adapter itself tells Baichuan-7B from Baichuan2-7B, whose layers have the same
    sizes.
    """
    variant = variants.get(adapter.variant or "")
    families = [one.family for one in models if _is_of(adapter, one)]
    families += [variant.family] if variant is not None else []
    if families and model.family not in families:
        what = Phrase(
            "it was added for “{base}”, a model of the family {family}",
            base=adapter.base,
            family=families[0].value,
        )
        raise WrongBaseError(adapter.path, model.id, what)


def are_alike(
    one: InstalledModel | InstalledAdapter,
    other: InstalledModel,
    variants: Mapping[str, Variant],
) -> bool:
    """Whether two are of weights of one kind and of the same sizes, as copies of a model are."""
    first, second = variants.get(one.variant or ""), variants.get(other.variant or "")
    if first is None or second is None:
        return False
    return (first.family, first.kind, first.shapes) == (second.family, second.kind, second.shapes)
