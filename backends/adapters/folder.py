"""An adapter's folder on disk, read strictly before a byte of memory is given to it.

Opening one reads adapter_config.json and the header of the file of tensors. When `open_adapter`
returns, every layer has both of its matrices in the rank that the configuration gives it, and
nothing lies in the file that would not be used, or known not to be needed. Nothing of a folder is
executed, and no other file of it that a training left there is opened.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from ..errors import (
    CheckpointError,
    DamagedAdapterError,
    DamagedCheckpointError,
    NotAnAdapterError,
    UnreadableAdapterError,
    UnsupportedAdapterError,
)
from ..files.downloads import half_download, is_there, names_in, require_file
from ..files.plain_file import absolute_path
from ..files.small_files import is_folder, is_text, not_read, read_json
from ..files.tensor_files import TensorRecord, read_contents
from ..licences.licence_files import licence_names
from ..operating_system import long_path
from ..phrases import Phrase
from .configuration import AdapterConfig, read_configuration
from .layer_names import TensorKey, tensor_key
from .provenance import read_provenance
from .values import Adapter, LowRank

CONFIGURATION: Final = "adapter_config.json"
#: The files of tensors, in the order in which PEFT looks for them.
TENSOR_FILES: Final = ("adapter_model.safetensors", "adapter_model.bin")
_DTYPES = ("F32", "F16", "BF16")
_MOST_FOLDERS = 300  # that are looked into for an adapter
_MAX_LETTERS = 500  #: of a name; those of Baichuan models have 80
_PARTS = ("down", "up", "magnitude")


def open_adapter(folder: Path) -> Adapter:
    """Read and check `folder`, as PEFT writes it; reads headers only. Raises AdapterError.

    `require_numbers` of `numbers` reads the values, and `require_fitting` compares with a model.
    """
    folder = _require_folder(folder)
    file = folder / CONFIGURATION
    with _readable(file):
        _require_downloaded(folder, CONFIGURATION)
        stamps = {file: _stamp(file)}
        data = read_json(file)
    config = read_configuration(file, data)
    tensors = _tensor_file(folder)
    stamps[tensors] = _stamp(tensors)
    with _readable(tensors):
        contents = read_contents(tensors)
    if contents.values:
        raise DamagedAdapterError(
            tensors,
            Phrase("it holds “{name}”, which is no tensor", name=next(iter(contents.values))[:100]),
        )
    found = _Tensors(tensors, config, contents.records)
    matrices = found.matrices()
    provenance, notes = read_provenance(folder, data)
    return Adapter(
        folder,
        matrices,
        found.saved(),
        tensors,
        provenance,
        (*_unused(folder, tensors), *notes),
        config.targets,
        found.by_part.get("of base", {}),
        tuple(folder / name for name in licence_names(folder)),
        config.saved,
        stamps,
    )


def require_unchanged(adapter: Adapter) -> None:
    """Raise DamagedAdapterError for an adapter whose files are not those that were opened.

    A training that goes on writes another state of the adapter in their place.
    """
    for file, before in adapter.stamps.items():
        if _stamp(file) != before:
            raise DamagedAdapterError(file, Phrase("it was changed meanwhile"))


def _stamp(file: Path) -> tuple[int, int]:
    """Size in bytes and time of change in ns. Raises DamagedAdapterError."""
    try:
        found = long_path(file).stat()
    except OSError as error:
        raise DamagedAdapterError(file, not_read(error)) from error
    return found.st_size, found.st_mtime_ns


def _require_folder(folder: Path) -> Path:
    """The absolute path of a folder that is there. Raises NotAnAdapterError."""
    if not is_text(folder):
        raise NotAnAdapterError(folder, "its path is not UTF-8")
    with contextlib.suppress(OSError, RuntimeError):  # a folder that is gone; “~nobody”
        folder = absolute_path(folder.expanduser())
        if is_folder(folder):
            return folder
    if is_there(folder):
        if folder.name in (CONFIGURATION, *TENSOR_FILES):
            what = Phrase(
                "it is one file of an adapter, which is the folder “{folder}”",
                folder=str(folder.parent),
            )
            raise NotAnAdapterError(folder, what)
        raise NotAnAdapterError(folder, "it is no folder")
    raise NotAnAdapterError(folder, "there is no such folder")


def _require_downloaded(folder: Path, name: str) -> None:
    """Raise CheckpointError or NotAnAdapterError unless a file is here, and whole."""
    file = folder / name
    if not is_there(file):
        if (half := half_download(file)) is not None:
            raise half
        raise NotAnAdapterError(folder, _without(folder, name))
    require_file(file)


def _without(folder: Path, name: str) -> Phrase:
    """That a file is missing, and where one is: a training keeps each of its states in a folder."""
    inner = (
        inner
        for inner in itertools.islice(names_in(folder), _MOST_FOLDERS)
        if name == CONFIGURATION and is_there(folder / inner / name)
    )
    if (found := next(inner, None)) is None:
        return Phrase("it has no {name}", name=name)
    return Phrase("it has no {name}, but “{folder}” in it has one", name=name, folder=found)


def _tensor_file(folder: Path) -> Path:
    """The file of tensors, which is here. Raises AdapterError."""
    name = next((name for name in TENSOR_FILES if is_there(folder / name)), TENSOR_FILES[0])
    file = folder / name
    if not is_there(file):
        parts = [one for one in names_in(folder) if one.startswith("adapter_model-")]
        if parts:
            what = Phrase(
                "its tensors lie in several files, such as {name}, and this app reads one",
                name=parts[0][:100],
            )
            raise NotAnAdapterError(folder, what)
    with _readable(file):
        _require_downloaded(folder, name)
    return file


def _unused(folder: Path, tensors: Path) -> Iterator[Phrase]:
    for name in TENSOR_FILES:
        if name != tensors.name and is_there(folder / name):
            yield Phrase(
                "“{unused}” is not used, because “{used}” is there, too.",
                unused=name,
                used=tensors.name,
            )


@contextlib.contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Raise what the readers of models' files say as an AdapterError."""
    try:
        yield
    except DamagedCheckpointError as error:
        what = error.facts["what"]
        assert isinstance(what, str | Phrase)
        raise DamagedAdapterError(file, what) from error
    except CheckpointError as error:
        raise UnreadableAdapterError(file.parent, error) from error


class _Tensors:
    """The tensors of a file by what they are, each of them known."""

    def __init__(self, file: Path, config: AdapterConfig, records: Sequence[TensorRecord]) -> None:
        self._file = file
        self._config = config
        #: By what they are, and the name of the layer; “saved” and “of base”: of the tensor.
        self.by_part: dict[str, dict[str, TensorRecord]] = {}
        names: set[str] = set()
        for record in records:
            key = tensor_key(record.name)
            self._require_known(record, key)
            if key.adapter is not None:
                names.add(key.adapter)
            of_part = self.by_part.setdefault(key.part, {})
            name = key.layer if key.part in _PARTS else f"{key.layer}.weight"
            if name in of_part:
                raise self._damaged(
                    Phrase("it holds “{name}” twice, under two names", name=_short(record))
                )
            of_part[name] = record
        if len(names) > 1:
            first, second = sorted(names)[:2]
            raise self._unsupported(
                Phrase(
                    "holds several adapters in one file, “{first}” and “{second}”",
                    first=first[:100],
                    second=second[:100],
                )
            )
        if not any(self.by_part.get(part) for part in (*_PARTS, "saved")):
            raise self._damaged(Phrase("it holds no tensor of an adapter"))

    def matrices(self) -> Mapping[str, LowRank]:
        """The matrices of each layer, of sizes that belong together. Raises AdapterError."""
        downs, ups, magnitudes = (self.by_part.get(part, {}) for part in _PARTS)
        found: dict[str, LowRank] = {}
        for layer in dict.fromkeys((*downs, *ups, *magnitudes)):
            down, up = self._factors(layer, downs.get(layer), ups.get(layer))
            magnitude = self._magnitude(layer, up, magnitudes.get(layer))
            found[layer] = LowRank(down, up, self._config.scale_of(layer), magnitude)
        return found

    def saved(self) -> Mapping[str, TensorRecord]:
        """Tensors that take the place of the model's, those that are named. Raises AdapterError."""
        found = self.by_part.get("saved", {})
        wanted = self._config.saved
        modules = [name.removesuffix(".weight") for name in found]
        for module in modules:
            # PEFT adds these two to an adapter whose base was given other tokens.
            if module not in ("lm_head", "model.embed_tokens") and not module.endswith(wanted):
                raise self._damaged(
                    Phrase(
                        "it holds “{name}”, and adapter_config.json does not say what for",
                        name=f"{module[:100]}.weight",
                    )
                )
        for ending in wanted:
            if not any(module.endswith(ending) for module in modules):
                raise self._damaged(
                    Phrase("it lacks the weights of “{name}”, which it replaces", name=ending[:100])
                )
        return found

    def _factors(
        self, layer: str, down: TensorRecord | None, up: TensorRecord | None
    ) -> tuple[TensorRecord, TensorRecord]:
        if down is None or up is None:
            raise self._lacks(layer, "lora_A" if down is None else "lora_B")
        targets = self._config.targets
        if targets.is_known and not targets.include(layer):
            raise self._damaged(
                Phrase(
                    "it holds “{name}”, a layer that adapter_config.json does not name",
                    name=_short(down),
                )
            )
        for record, place in ((down, 0), (up, 1)):
            self._require_rank(layer, record, place)
        return down, up

    def _require_rank(self, layer: str, record: TensorRecord, place: int) -> None:
        if len(record.shape) != 2:
            raise self._damaged(
                Phrase(
                    "“{name}” is no matrix: its shape is {shape}",
                    name=_short(record),
                    shape=str(list(record.shape)),
                )
            )
        if record.shape[place] != (rank := self._config.ranks.of(layer)):
            raise self._damaged(
                Phrase(
                    "“{name}” is of rank {found}, and adapter_config.json says {rank}",
                    name=_short(record),
                    found=record.shape[place],
                    rank=rank,
                )
            )

    def _magnitude(
        self, layer: str, up: TensorRecord, magnitude: TensorRecord | None
    ) -> TensorRecord | None:
        if magnitude is None:
            if self._config.use_dora:
                raise self._lacks(layer, "lora_magnitude_vector")
            return None
        if not self._config.use_dora:
            raise self._damaged(
                Phrase("it holds “{name}”, and “use_dora” is not set", name=_short(magnitude))
            )
        if magnitude.shape != up.shape[:1]:
            raise self._damaged(
                Phrase(
                    "“{name}” has the shape {found}, and its layer {rows} rows",
                    name=_short(magnitude),
                    found=str(list(magnitude.shape)),
                    rows=up.shape[0],
                )
            )
        return magnitude

    def _require_known(self, record: TensorRecord, key: TensorKey) -> None:
        """Raise AdapterError for a tensor that nothing is known to be done with."""
        name = _short(record)
        if key.part not in (*_PARTS, "saved", "of base") or len(record.name) > _MAX_LETTERS:
            raise self._unsupported(
                Phrase("holds “{name}”, which this app does not compute", name=name)
            )
        if record.dtype not in _DTYPES:
            raise self._unsupported(
                Phrase(
                    "holds “{name}” in the type {dtype}, and this app reads adapters in 16 and 32 "
                    "bits",
                    name=name,
                    dtype=record.dtype,
                )
            )
        if 0 in record.shape:
            raise UnsupportedAdapterError(
                self._file.parent,
                Phrase("holds nothing of “{name}” but its name", name=name),
                hint="DeepSpeed ZeRO-3 writes such files where weights are not gathered first: set "
                "stage3_gather_16bit_weights_on_model_save, and save the adapter again.",
            )

    def _lacks(self, layer: str, part: str) -> DamagedAdapterError:
        return self._damaged(
            Phrase("it lacks “{part}” of the layer “{layer}”", part=part, layer=layer[:100])
        )

    def _damaged(self, what: Phrase) -> DamagedAdapterError:
        return DamagedAdapterError(self._file, what)

    def _unsupported(self, what: Phrase) -> UnsupportedAdapterError:
        return UnsupportedAdapterError(self._file.parent, what)


def _short(record: TensorRecord) -> str:
    return record.name[:100]
