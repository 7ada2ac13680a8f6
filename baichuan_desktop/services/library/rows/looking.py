"""One look at a model's folder. It may take long, or for ever: never in the window's thread."""

from __future__ import annotations

from collections import ChainMap
from pathlib import Path

from backends.checkpoint.manifest import stated_precision
from backends.checkpoint.quantized_layout import recognise
from backends.checkpoint.weight_files import find_tensors
from backends.errors import CheckpointError
from backends.files.small_files import read_json
from backends.model_config import ModelConfig
from backends.precision import Precision
from baichuan_desktop.services.library.adapters.details import AdapterDetails, details
from baichuan_desktop.services.library.folders.drives import drive_of, drive_space
from baichuan_desktop.services.library.integrity.folder_files import Identity, files_of, sizes_of
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel, Listed
from baichuan_desktop.services.library.registry_schema import Shapes
from baichuan_desktop.services.library.rows.values import AdapterLooked, Looked
from baichuan_desktop.services.library.states import look_at


def look(model: InstalledModel, manifests: ManifestStore) -> Looked:
    """What there is of a model now, and what was found when it was verified last."""
    kept = manifests.kept(model.id)
    manifest = kept.manifest if kept is not None else None
    verification = kept.verification if kept is not None else None
    state = look_at(model, manifest, verification)
    drive = drive_of(model.path) or model.drive
    stored, shapes = (None, None) if state.condition.is_away else _as_configured(model.path)
    return Looked(
        state,
        drive_space(drive) if drive is not None else None,
        stored,
        shapes,
        dict(ChainMap(*map(_sizes_of, model.exports))),
        verification,
        kept.override if kept is not None and kept.is_overridden else None,
    )


def look_adapter(adapter: InstalledAdapter, manifests: ManifestStore) -> AdapterLooked:
    """What there is of an adapter now, and what was found when it was verified last."""
    kept = manifests.kept(adapter.id)
    manifest, verification = (
        (kept.manifest, kept.verification) if kept is not None else (None, None)
    )
    state = look_at(adapter, manifest, verification)
    drive = drive_of(adapter.path) or adapter.drive
    return AdapterLooked(
        state,
        drive_space(drive) if drive is not None else None,
        AdapterDetails() if state.condition.is_away else details(adapter.path),
        verification,
        kept.override if kept is not None and kept.is_overridden else None,
    )


def look_at_listed(one: Listed, manifests: ManifestStore) -> Looked | AdapterLooked:
    """The same of whichever it is."""
    if isinstance(one, InstalledAdapter):
        return look_adapter(one, manifests)
    return look(one, manifests)


def _sizes_of(folder: Path) -> dict[Identity, int]:
    """What the files of a folder take; of one that is away it is nothing."""
    try:
        return dict(sizes_of(files_of(folder)))
    except (OSError, ValueError):
        return {}


def _as_configured(folder: Path) -> tuple[Precision | None, Shapes | None]:
    """The precision of quantised weights, and their sizes, as far as config.json says anything."""
    try:
        facts = read_json(folder / "config.json")
    except CheckpointError:  # said where the model is loaded
        return None, None
    stored = stated_precision(folder)
    try:
        config = ModelConfig.from_json(facts)
        shapes = Shapes.of(config)
    except ValueError:  # ConfigError is one, and so is what pydantic raises
        return stored, None
    if stored is None and facts.get("quantization_config") is not None:
        stored = _quantised(folder, config)
    return stored, shapes


def _quantised(folder: Path, config: ModelConfig) -> Precision | None:
    """What the tensors are, of a folder whose config.json says that they are quantised."""
    try:
        found = recognise(find_tensors(folder, config).records)
    except CheckpointError:  # said where the model is loaded
        return None
    return None if found is None else found[1]
