"""What a folder is, by its config, its tensors and its tokenizer; and what it lacks.

Of a folder whose names are not those of a model, nothing is opened. Whatever is opened lies inside
of the root of the folder's place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backends.checkpoint.faults import opened_or_faults
from backends.checkpoint.folder import Checkpoint, read_config
from backends.errors import CheckpointError, StrayLinkError
from backends.files.downloads import LOCAL_DOWNLOADS
from backends.files.plain_file import read_plain
from backends.files.small_files import is_folder, read_json
from backends.files.tensor_files import read_contents
from backends.model_config import ConfigError, Family, ModelConfig, released_family
from backends.phrases import Phrase
from backends.precision import Precision
from baichuan_desktop.services.library.finding import layouts
from baichuan_desktop.services.library.finding.adapters import (
    may_be_an_adapter,
    recognised_adapter,
)
from baichuan_desktop.services.library.finding.layouts import Source
from baichuan_desktop.services.library.finding.source_files import (
    bytes_of,
    leads_within,
    require_within,
)
from baichuan_desktop.services.library.finding.values import Found, Place
from baichuan_desktop.services.library.finding.walking import Listing
from baichuan_desktop.services.library.store import ModelStore

#: Names of which one at least is in every folder of a model, also of one that is half there.
_OF_A_MODEL: Final = re.compile(
    r"(config\.json|tokenizer\.model|(pytorch_)?model(-\d+-of-\d+)?\.(safetensors|bin))(\..+)?"
)
_WHOLE_WEIGHTS: Final = re.compile(r"(pytorch_)?model(-\d+-of-\d+)?\.(safetensors|bin)")
_INDEXES: Final = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
_OUR_NAME: Final = re.compile("baichuan|百川", re.IGNORECASE)
#: The matrix of queries, keys and values, which nobody else calls so.
_OUR_TENSOR: Final = re.compile(r"(^|\.)layers\.\d+\.self_attn\.W_pack(\.|$)")
_EMBEDDING: Final = "model.embed_tokens.weight"
_OUR_CODE: Final = re.compile(r"(modeling|configuration|tokenization)_baichuan\w*\.py")
_MOST_FILES_READ: Final = 3
#: What huggingface_hub writes about each file of a `local_dir`; its first line is the commit.
_METADATA: Final = f"{LOCAL_DOWNLOADS}/config.json.metadata"
_MOST_BYTES_OF_A_NOTE: Final = 4_096
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_REVISION: Final = re.compile(r"Revision:([^,\s]{1,100})")
_STORED: Final = {"F32": Precision.FP32, "F16": Precision.FP16, "BF16": Precision.BF16}


def recognised(listing: Listing, store: ModelStore) -> Found | None:
    """The model or the adapter, whole or in part, that a folder is; None of any other folder."""
    is_model = listing.is_whole and _may_be_a_model(listing)
    if not is_model and not (listing.is_whole and may_be_an_adapter(listing.files)):
        return None  # what lies behind the end of a long list may be a link to anywhere
    folder, source = listing.folder, _source(listing)
    stray = dict(_stray_links(listing, source.root))
    if not is_model:
        source = _with_revision(folder, listing.files, source)
        return recognised_adapter(folder, source, stray, store)
    traits = _traits(folder, listing.files, stray)
    if not traits.are_ours and not _OUR_NAME.search(source.repository or folder.name):
        return None
    source = _with_revision(folder, listing.files, source)
    opened = tuple(stray.values()) or opened_or_faults(folder)
    if isinstance(opened, Checkpoint):
        try:
            return _whole(opened, folder, source, store)
        except CheckpointError as error:  # it is for other programs
            opened = (error,)
    return Found(
        folder=folder,
        place=source.place,
        root=source.root,
        family=traits.family,
        kind=None,
        stored=None,
        bytes_on_disk=bytes_of(folder, source.root),
        repository=source.repository,
        revision=source.revision,
        listed_as=_listed_as(folder, store),
        missing=tuple(Phrase(error.template, **error.facts) for error in opened),
    )


def _may_be_a_model(listing: Listing) -> bool:
    """Whether the names alone are those of a model, or of one that is on its way."""
    signs = [name for name in listing.files if _OF_A_MODEL.fullmatch(name)]
    if signs:
        return not may_be_an_adapter(listing.files) or any(map(_WHOLE_WEIGHTS.fullmatch, signs))
    source = layouts.source_of(listing.folder, listing.files, listing.around)
    is_snapshot = listing.folder.parent.name == layouts.SNAPSHOTS
    return is_snapshot and _OUR_NAME.search(source.repository or "") is not None


def _whole(checkpoint: Checkpoint, folder: Path, source: Source, store: ModelStore) -> Found:
    """What is found of a folder that is complete. Raises CheckpointError."""
    model = store.describe_opened(checkpoint)
    return Found(
        folder=folder,
        place=source.place,
        root=source.root,
        family=checkpoint.config.family,
        kind=checkpoint.kind,
        stored=_stored(checkpoint),
        bytes_on_disk=bytes_of(folder, source.root),
        variant=model.variant,
        repository=source.repository,
        revision=source.revision,
        listed_as=_listed_as(folder, store),
    )


def _listed_as(folder: Path, store: ModelStore) -> str | None:
    listed = store.listed_at(folder)
    return None if listed is None else listed.id


def _stored(checkpoint: Checkpoint) -> Precision | None:
    """The precision of the files; of plain ones, that of the first tensor."""
    if checkpoint.export is not None:
        return checkpoint.export.precision
    first = next(iter(checkpoint.tensors.values()), None)
    return checkpoint.stored or (None if first is None else _STORED.get(first.dtype))


# --- where it comes from -----------------------------------------------------------------


def _source(listing: Listing) -> Source:
    """Where a folder comes from; a link into a cache from elsewhere is no part of it."""
    source = layouts.source_of(listing.folder, listing.files, listing.around)
    for one in (source, listing.around):
        if leads_within(listing.folder, one.root):
            return _with_blobs(listing.folder, one)
    return Source(Place.FOLDER, listing.folder)


def _with_blobs(folder: Path, source: Source) -> Source:
    """A repository of a cache that somebody renamed still belongs together."""
    repository = folder.parent.parent
    is_snapshot = folder.parent.name == layouts.SNAPSHOTS and source.place is Place.FOLDER
    if is_snapshot and source.root.is_relative_to(repository) and is_folder(repository / "blobs"):
        return Source(source.place, repository)
    return source


def _with_revision(folder: Path, names: Collection[str], source: Source) -> Source:
    """The revision too, which another file than the folder's name may tell."""
    if source.revision is not None:
        return source
    revision = None
    if layouts.REVISION_FILE in names:
        note = _note(folder / layouts.REVISION_FILE, source.root)
        revision = match[1] if (match := _REVISION.match(note)) else None
    elif source.place is not Place.MODELSCOPE:
        first = _note(folder / _METADATA, source.root).partition("\n")[0].strip()
        revision = first if _COMMIT.fullmatch(first) else None
    return Source(source.place, source.root, source.repository, revision)


def _note(file: Path, root: Path) -> str:
    """A short text that a program wrote about a model; empty where there is none."""
    try:
        require_within(file, root)
        return read_plain(file, _MOST_BYTES_OF_A_NOTE).decode("utf-8", "replace")
    except (CheckpointError, OSError, ValueError):
        return ""


def _stray_links(listing: Listing, root: Path) -> Iterator[tuple[str, CheckpointError]]:
    """The links of a folder that lead out of its root, and the errors of them.

    One that leads nowhere inside of it is left to where the file is needed.
    """
    for name in sorted(listing.links):
        try:
            require_within(listing.folder / name, root)
        except CheckpointError as error:
            if isinstance(error, StrayLinkError) or not leads_within(listing.folder / name, root):
                yield name, error


# --- what it is --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Traits:
    """What the files of a folder tell of it."""

    are_ours: bool
    family: Family | None = None


def _traits(folder: Path, names: Collection[str], stray: Collection[str]) -> _Traits:
    is_told = any(_OUR_CODE.fullmatch(name) for name in names)
    if "config.json" in names and "config.json" not in stray:
        try:
            config = read_config(folder)
        except CheckpointError:  # which is said later, of what is ours
            pass
        else:
            return _Traits(is_told or _is_our_config(config), _family(config))
    usable = sorted(set(names) - set(stray))
    indexes = [name for name in _INDEXES if name in usable]
    weights = [name for name in usable if _WHOLE_WEIGHTS.fullmatch(name)]
    for name in (*indexes, *weights)[:_MOST_FILES_READ]:
        try:
            shapes = _shapes(folder / name)
        except CheckpointError:
            continue
        if any(_OUR_TENSOR.search(tensor) for tensor in shapes):
            vocabulary, width, *_ = *shapes.get(_EMBEDDING, ()), 0, 0
            return _Traits(True, released_family(vocabulary, width))
    return _Traits(is_told)


def _is_our_config(config: Mapping[str, object]) -> bool:
    classes = config.get("architectures")
    names = [config.get("model_type"), *(classes if isinstance(classes, list) else ())]
    return any(isinstance(name, str) and _OUR_NAME.search(name) for name in names)


def _family(config: Mapping[str, object]) -> Family | None:
    try:
        return ModelConfig.from_json(config).family
    except ConfigError:
        return None


def _shapes(file: Path) -> Mapping[str, Sequence[int]]:
    """The tensors of a file of weights, or, without their shapes, of an index.

    Raises CheckpointError.
    """
    if file.name not in _INDEXES:
        return {record.name: record.shape for record in read_contents(file).records}
    tensors = read_json(file).get("weight_map")
    return dict.fromkeys(tensors, ()) if isinstance(tensors, dict) else {}
