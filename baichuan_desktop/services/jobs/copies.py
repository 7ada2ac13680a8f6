"""Jobs that write a folder from a model: what is offered, where it lies, and that it is listed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from backends.checkpoint.folder import Checkpoint
from backends.choice import memory
from backends.events import CopyReady, JobStep
from backends.operating_system import long_path
from backends.phrases import Phrase
from backends.precision import ONNX_BLOCK, Precision
from backends.printable import one_line
from backends.protocol.engine_requests import CopyRequest, ExportRequest, MergeRequest
from baichuan_desktop.services.engines.port import RunRequest
from baichuan_desktop.services.jobs.bytes_meter import BytesMeter
from baichuan_desktop.services.jobs.job import Job, JobResult, JobWords
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import MOST_NAME_LETTERS
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.texts import carried_text
from baichuan_desktop.services.precisions.wish import LoadWish

#: What an engine is asked to write a folder.
WriteRequest = CopyRequest | ExportRequest | MergeRequest

#: What an engine does to write a folder, in its order.
_STEPS = {
    JobStep.HASH: Phrase("Reading the model"),
    JobStep.WRITE: Phrase("Writing the copy"),
    JobStep.CHECK: Phrase("Checking the copy"),
}


@dataclass(frozen=True, slots=True)
class CopyVariant:
    """One thing that can be made of a model."""

    text: Phrase
    suffix: str  #: of the folder's name
    bytes_on_disk: int
    request: Callable[[Path], WriteRequest]  #: by the folder that is to be written
    computing_seconds: float | None = None  #: estimated, without what the drive takes


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What of a model's files decides which jobs there are."""

    is_quantized: bool
    is_export: bool  #: for ONNX Runtime; it holds no tensors
    has_bin: bool  #: a part of the weights lies in a .bin file


def model_files(folder: Path) -> ModelFiles:
    """Look at the model in `folder`; reads headers only. Raises CheckpointError."""
    checkpoint = Checkpoint.open(folder)
    has_bin = any(record.file.suffix == ".bin" for record in checkpoint.records)
    return ModelFiles(checkpoint.stored is not None, checkpoint.export is not None, has_bin)


class AdapterUse(Enum):
    """Whether a folder is made of a model alone, or of a model and an adapter."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class JobOffer:
    """A job that writes a folder from the model in use, as the window offers it."""

    words: JobWords
    explanation: Phrase  #: what comes of it, in a sentence or two
    is_for: Callable[[ModelFiles], bool]
    #: What can be made of the model in a folder, best first. Raises CheckpointError.
    variants: Callable[[Path], Sequence[CopyVariant]]
    adapter: AdapterUse = AdapterUse.NONE


def with_adapter(variant: CopyVariant, adapter: Path) -> CopyVariant:
    """The same, made of the model with the adapter of a folder."""

    def request(out: Path) -> WriteRequest:
        asked = variant.request(out)
        assert not isinstance(asked, CopyRequest)
        return replace(asked, adapter=str(adapter))

    return replace(variant, suffix=adapter_suffix(adapter, variant.suffix), request=request)


def adapter_suffix(adapter: Path, suffix: str) -> str:
    """What is added to a folder's name where an adapter is in it, too."""
    return f"{adapter.name}-{suffix}"


def export_suffix(request: ExportRequest) -> str:
    """What is added to a folder's name: all that tells one export of a model from another."""
    parts = ["onnx", request.precision.export_name]
    if request.precision.is_quantized and request.block_size != ONNX_BLOCK:
        parts.append(f"block{request.block_size}")
    parts += ["symmetric"] if request.symmetric else []
    parts += ["portable"] if request.portable else []
    return "-".join(parts)


def copy_bytes(checkpoint: Checkpoint, precision: Precision | None) -> int:
    """What the weights of a copy take on the drive; None leaves them as they are."""
    config = checkpoint.config
    matrices = {
        f"model.layers.{layer}.{name}.weight": shape
        for layer in range(config.num_layers)
        for name, shape in config.layer_matrices().items()
    }
    return sum(
        memory.matrix_bytes(*matrices[name], precision)
        if precision is not None and name in matrices
        else record.nbytes
        for name, record in checkpoint.tensors.items()
    )


def copy_folder(model: InstalledModel, suffix: str) -> Path:
    """Where a copy lies if nobody says where: beside the model, named after it.

    The guide model lies inside of the app; its copies lie in the person's home.
    """
    beside = Path.home() if model.bundled else model.path.parent
    return beside / f"{model.path.name}-{suffix}"


def free_copy_folder(model: InstalledModel, suffix: str) -> Path:
    """The same, with a number where something lies there already."""
    folder, number = copy_folder(model, suffix), 2
    while long_path(folder).exists():
        folder, number = copy_folder(model, f"{suffix}-{number}"), number + 1
    return folder


# --- the job -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MadeCopy:
    """A copy that is listed, and how it is loaded."""

    listed: InstalledModel
    model: InstalledModel  #: which is loaded for it: an export is a precision of its source
    wish: LoadWish
    ready: CopyReady


def copy_job(
    store: ModelStore,
    source: InstalledModel,
    request: WriteRequest,
    words: JobWords,
) -> Job:
    """Writes a folder from `source` and lists it; finds a `MadeCopy`.

    A portable export is for other programs, so it is not listed, and its CopyReady is found.
    """

    def steps(run: RunRequest, cancel: threading.Event) -> Iterator[object]:
        ready: CopyReady | None = None
        variant = store.variant_of(source)
        known = "" if variant is None else carried_text(variant.licence)
        for event in run(replace(request, licence=known), cancel):
            yield event
            if isinstance(event, CopyReady):
                ready = event
        if ready is not None:
            yield _result(store, source, request, ready)

    return Job(
        words,
        source.shown_name,
        steps,
        lambda: BytesMeter(_STEPS),
        when_ended=Phrase(
            "What is written so far stays in a folder that ends in “.partial”; the same copy, "
            "begun again, goes on from there."
        ),
    )


def _result(
    store: ModelStore,
    source: InstalledModel,
    request: WriteRequest,
    ready: CopyReady,
) -> JobResult:
    """List what was made. Raises CheckpointError, RegistryError."""
    if isinstance(request, ExportRequest) and request.portable:
        sentence = Phrase("“{name}” is exported for other programs.", name=source.shown_name.en)
        return JobResult(sentence, source.shown_name, ready)
    made = list_copy(store, source, request, ready)
    if not isinstance(request, ExportRequest) or made.model is made.listed:
        sentence = Phrase("“{name}” is listed.", name=made.listed.shown_name.en)
        return JobResult(sentence, made.listed.shown_name, made)
    sentence = Phrase(
        "“{name}” has one more precision: {precision}.",
        name=made.model.shown_name.en,
        precision=request.precision.label,
    )
    return JobResult(sentence, made.model.shown_name, made)


def list_copy(
    store: ModelStore,
    source: InstalledModel,
    request: WriteRequest,
    ready: CopyReady,
) -> MadeCopy:
    """List what a job made of `source`. Raises CheckpointError, RegistryError.

    What an adapter is merged into is another model, and is named after both: as a precision of the
    model alone, it would answer in its place.
    """
    folder = Path(ready.folder)
    if isinstance(request, CopyRequest):
        copy = store.add(folder)
        return MadeCopy(copy, copy, LoadWish(), ready)
    if request.adapter is not None:
        copy = store.add(folder)
        name = _merged_name(store, source, Path(request.adapter))
        if copy.name.en != name:
            copy = store.rename(copy.id, name)
        return MadeCopy(copy, copy, LoadWish(), ready)
    assert isinstance(request, ExportRequest)
    export = store.add_export(source, folder)
    owner = next((model for model in store.models if model.id == export.export_of), export)
    return MadeCopy(export, owner, LoadWish(request.precision), ready)


def _merged_name(store: ModelStore, source: InstalledModel, adapter: Path) -> str:
    listed = store.adapter_at(adapter)
    added = one_line(adapter.name) if listed is None else listed.name.en
    name = " ".join(f"{source.name.en} + {added}".split())
    return name[:MOST_NAME_LETTERS].strip()
