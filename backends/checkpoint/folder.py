"""A checkpoint folder on disk, read strictly before a byte of memory is given to it.

Opening one reads config.json, generation_config.json and the headers of the weight files. When
`Checkpoint.open` returns, every tensor the configuration implies is there with the right shape
and a floating dtype, nothing else is, and all of them lie inside of files of this folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import (
    CheckpointError,
    DamagedCheckpointError,
    ExportRefusedError,
    ForeignModelError,
    NotACheckpointError,
    OutdatedExportError,
    UnsupportedArchitectureError,
)
from ..events import ModelKind, SamplingDefaults
from ..files.downloads import half_download, is_there, require_file, require_seen, require_target
from ..files.plain_file import absolute_path
from ..files.small_files import is_file, is_folder, is_text, read_json
from ..files.tensor_files import TensorRecord
from ..model_config import ConfigError, ModelConfig
from ..phrases import Phrase
from ..precision import Precision
from ..text.chat_template import ChatTokens
from ..text.tokenizer import Tokenizer
from ..text.vocabulary import agreed_config, read_tokenizer
from .foreign_folders import is_adapter, other_form, quantised, refuse_file, without_config
from .foreign_quantisation import foreign_quantisation
from .generation_config import read_generation_config
from .manifest import GRAPH_FILE, Export, read_export, stated_precision
from .quantized_layout import PLAIN_HINT, QuantizedMatrix, recognise, take_matrices
from .weight_checks import is_recomputed
from .weight_files import find_tensors, has_tensors
from .weights_stamp import weights_stamp

_WEIGHT_DTYPES = ("F32", "F16", "BF16")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A complete and consistent model folder."""

    folder: Path
    config: ModelConfig
    tensors: Mapping[str, TensorRecord]  #: in 16 or 32 bit, by released name
    matrices: Mapping[str, QuantizedMatrix]  #: those that are stored quantised; else empty
    tokenizer_file: Path
    chat_tokens: ChatTokens | None  #: None for a base model
    defaults: SamplingDefaults
    eos_ids: frozenset[int] = frozenset({2})  #: each of them ends an answer
    notes: tuple[Phrase, ...] = ()  #: sentences on what of the folder is not used, and what is
    export: Export | None = None  #: the weights, where they are a graph and its data

    @property
    def kind(self) -> ModelKind:
        """What the model was trained to do."""
        return ModelKind.BASE if self.chat_tokens is None else ModelKind.CHAT

    @property
    def steering_ids(self) -> frozenset[int]:
        """The ids that begin a turn or end an answer, whatever the tokenizer calls them."""
        turns = self.chat_tokens
        return self.eos_ids if turns is None else self.eos_ids | {turns.user, turns.assistant}

    @property
    def stored(self) -> Precision | None:
        """The quantised precision of the files; None for 16 or 32 bit."""
        return next((matrix.precision for matrix in self.matrices.values()), None)

    @property
    def records(self) -> Iterator[TensorRecord]:
        """Every tensor, parts of quantised matrices among them."""
        yield from self.tensors.values()
        for matrix in self.matrices.values():
            yield from matrix.parts.values()

    @property
    def weight_files(self) -> tuple[Path, ...]:
        """The files of the tensors, in the order in which they are read; none of an export."""
        return tuple(dict.fromkeys(record.file for record in self.records))

    @property
    def bytes_on_disk(self) -> int:
        """Bytes of all tensors."""
        if self.export is not None:
            return self.export.bytes_on_disk
        return sum(record.nbytes for record in self.records)

    @classmethod
    def open(cls, folder: Path) -> Checkpoint:
        """Read and check `folder`; reads headers only. Raises CheckpointError or a subclass."""
        return cls.open_with_tokenizer(folder)[0]

    @classmethod
    def open_with_tokenizer(cls, folder: Path) -> tuple[Checkpoint, Tokenizer]:
        """Read and check `folder` as `open` does, and its tokenizer, which is not `steered` yet."""
        if not is_text(folder):
            raise NotACheckpointError(folder, "its path is not UTF-8")
        try:
            folder = absolute_path(folder.expanduser())
            found = is_folder(folder)
        except (OSError, RuntimeError):  # the folder that we are in is gone; “~nobody”
            found = False
        if not found:
            require_seen(folder)
            raise _no_folder(folder)
        if (form := other_form(folder)) is not None:
            raise form
        data = read_config(folder)
        try:
            config = ModelConfig.from_json(data)
        except ConfigError as error:
            raise UnsupportedArchitectureError(folder, error.what) from error
        tokenizer_file = require_tokenizer(folder)
        tokenizer = read_tokenizer(tokenizer_file, config)
        config = agreed_config(config, tokenizer)
        generation = read_generation_config(folder, config, data)
        tensors: dict[str, TensorRecord] = {}
        matrices: dict[str, QuantizedMatrix] = {}
        notes: tuple[Phrase, ...] = ()
        export = read_export(folder) if is_export(folder) else None
        if export is None:
            tensors, matrices, notes = _read_tensors(
                folder, config, data.get("quantization_config")
            )
        checkpoint = cls(
            folder,
            config,
            tensors,
            matrices,
            tokenizer_file,
            generation.chat_tokens,
            generation.defaults,
            eos_ids=generation.eos_ids,
            notes=(*generation.notes, *notes),
            export=export,
        )
        return checkpoint, tokenizer


@dataclass(frozen=True, slots=True)
class Exports:
    """The exports of a checkpoint: those that can run, and the errors of the others."""

    usable: Mapping[Precision, Checkpoint]
    refused: Sequence[tuple[ExportRefusedError, Precision | None]]
    #: those that are gone, damaged or of earlier weights, with the precision they state

    @property
    def outdated(self) -> Sequence[Path]:
        """The folders of those that were made of earlier weights."""
        found = [error for error, _ in self.refused if isinstance(error, OutdatedExportError)]
        return [Path(str(error.facts["folder"])) for error in found]

    def refusal(self, precision: Precision | None) -> ExportRefusedError | None:
        """The error of a refused export that is, or may be, of this precision; None without one."""
        if precision is None or not precision.is_onnx or precision in self.usable:
            return None
        for stated in (precision, None):  # None: nobody can say of which precision it is
            for error, of in self.refused:
                if of is stated:
                    return error
        return None


def open_exports(
    checkpoint: Checkpoint, folders: Sequence[str | Path], stamps: Mapping[str, str]
) -> Exports:
    """The exports among `folders` and `checkpoint` itself that run in its place, by precision.

    One that is made for other programs, or of another model, is left out; of two of a precision,
    the later one is taken. `stamps` says of a folder which `weights_stamp` the checkpoint had when
    that export was made: with another one now, it would answer with weights that are gone.
    """
    found = [checkpoint]
    refused: list[tuple[ExportRefusedError, Precision | None]] = []
    now = weights_stamp(checkpoint.folder) if stamps else None
    for folder in map(Path, reversed(folders)):
        if now is not None and stamps.get(str(folder), now) != now:
            refused.append((OutdatedExportError(folder), stated_precision(folder)))
            continue
        try:
            found.append(Checkpoint.open(folder))
        except CheckpointError as error:
            refusal = ExportRefusedError(folder, error, is_gone=not is_folder(folder))
            refused.append((refusal, stated_precision(folder)))
    exports: dict[Precision, Checkpoint] = {}
    for one in found:
        if one.export is None or one.config != checkpoint.config:
            continue
        if one is checkpoint or not one.export.portable:
            exports.setdefault(one.export.precision, one)
    return Exports(exports, refused)


def _no_folder(path: Path) -> CheckpointError:
    """The error for a path at which there is no folder."""
    if is_there(path):
        try:
            require_target(path)
        except CheckpointError as error:
            return error
        return refuse_file(path)
    return NotACheckpointError(path, "there is no such folder")


def require_tokenizer(folder: Path) -> Path:
    """The tokenizer's file, which is there and was downloaded. Raises CheckpointError."""
    file = folder / "tokenizer.model"
    if not is_there(file):
        raise half_download(file) or NotACheckpointError(folder, "it has no tokenizer.model")
    require_file(file)
    return file


def read_config(folder: Path) -> dict[str, object]:
    """What config.json says. Raises CheckpointError."""
    file = folder / "config.json"
    if not is_there(file):
        require_seen(file)
        raise without_config(folder)
    require_file(file)
    return read_json(file)


def is_export(folder: Path) -> bool:
    """Whether the weights are a graph: there is one, and no file of tensors."""
    return is_file(folder / GRAPH_FILE) and not has_tensors(folder)


def _read_tensors(
    folder: Path, config: ModelConfig, quantization: object
) -> tuple[dict[str, TensorRecord], dict[str, QuantizedMatrix], tuple[Phrase, ...]]:
    """The plain tensors, the quantised matrices, and notes. Raises CheckpointError."""
    weights = find_tensors(folder, config)
    found, values, notes = weights.records, weights.values, weights.notes
    if is_adapter(folder):
        notes += (
            Phrase("The adapter that lies beside the weights is used only where it is chosen."),
        )
    expected = config.tensor_shapes()
    matrices: dict[str, QuantizedMatrix] = {}
    layout = recognise(found)
    if layout is None and (method := foreign_quantisation(found, config, quantization)):
        raise quantised(folder, method)
    if layout is not None:
        matrices = take_matrices(folder / "config.json", config, *layout, found, values)
        for name in matrices:
            del expected[f"{name}.weight"]
    if values:
        name = next(iter(values))
        raise NotACheckpointError(
            folder,
            Phrase("its weight files hold “{name}”, which is no tensor", name=name[:100]),
        )
    if any(".lora_" in name for name in found):
        raise ForeignModelError(
            folder,
            "holds a LoRA adapter that is not merged into the weights",
            hint="Merge it (merge_and_unload in PEFT), and open the folder that this writes.",
        )
    tensors: dict[str, TensorRecord] = {}
    for name, shape in expected.items():
        record = found.pop(name, None)
        if record is None:
            raise _lacks(folder, name, found)
        if record.shape != shape and 0 in record.shape:
            raise ForeignModelError(
                record.file,
                Phrase("holds nothing of “{name}” but its name", name=name),
                hint="DeepSpeed ZeRO-3 leaves such files while the weights lie in parts: run the "
                "zero_to_fp32.py of the training's folder, and open the folder that it writes.",
            )
        if layout is not None and record.dtype not in _WEIGHT_DTYPES:
            raise ForeignModelError(
                folder,
                Phrase(
                    "is quantised further than this app can run: “{name}” is, too",
                    name=name.removesuffix(".weight"),
                ),
                hint=PLAIN_HINT,
            )
        if record.shape != shape:
            raise DamagedCheckpointError(
                record.file,
                Phrase(
                    "“{name}” has the shape {found}, but config.json implies {implied}",
                    name=name,
                    found=str(list(record.shape)),
                    implied=str(list(shape)),
                ),
            )
        if record.dtype not in _WEIGHT_DTYPES:
            raise ForeignModelError(
                record.file,
                Phrase(
                    "holds “{name}” in the type {dtype}, which this app does not run",
                    name=name,
                    dtype=record.dtype,
                ),
                hint=PLAIN_HINT,
            )
        tensors[name] = record
    for name, record in found.items():
        if not is_recomputed(name):
            raise DamagedCheckpointError(
                record.file,
                Phrase("it holds “{name}”, which this model does not have", name=name[:100]),
            )
    return tensors, matrices, notes


def _lacks(folder: Path, name: str, found: Iterable[str]) -> CheckpointError:
    """The error for a missing tensor, which may be there under a longer name."""
    longer = next((one for one in found if one.endswith(f".{name}")), None)
    if longer is None:
        return NotACheckpointError(
            folder, Phrase("its weight files lack the tensor “{name}”", name=name)
        )
    return ForeignModelError(
        folder,
        Phrase(
            "was saved inside of something else: its tensors have “{prefix}” before their names",
            prefix=longer.removesuffix(name)[:100],
        ),
        hint="Save the model itself with save_pretrained of transformers (of an adapter, after "
        "merge_and_unload in PEFT), and open the folder that this writes.",
    )
