"""A checkpoint folder on disk, read strictly before a byte of memory is given to it.

Opening one reads config.json, generation_config.json and the headers of the weight files. When
`Checkpoint.open` returns, every tensor the configuration implies is there with the right shape
and a floating dtype, nothing else is, and all of them lie inside of files of this folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .base import Precision
from .errors import (
    CheckpointError,
    DamagedCheckpointError,
    ExportRefusedError,
    NotACheckpointError,
    Phrase,
    UnsafeCheckpointError,
    UnsupportedArchitectureError,
)
from .events import SamplingDefaults
from .manifest import GRAPH_FILE, Export, read_export, stated_precision
from .modeling.config import ConfigError, ModelConfig
from .quantized_layout import QuantizedMatrix, recognise, take_matrices
from .tensor_files import TensorRecord, Value, read_contents

_MAX_JSON_BYTES = 64_000_000
_WEIGHT_DTYPES = ("F32", "F16", "BF16")
#: Tried in this order; the second name of a pair is the index of shards.
_LAYOUTS = (
    ("model.safetensors", "model.safetensors.index.json"),
    ("pytorch_model.bin", "pytorch_model.bin.index.json"),
)
_SHARD_SUFFIXES = (".safetensors", ".bin")

#: What the published base demo uses where generation_config.json says nothing.
BASE_DEFAULTS = SamplingDefaults(
    greedy=True, temperature=1.0, top_k=0, top_p=1.0, repetition_penalty=1.1, max_new_tokens=64
)


@dataclass(frozen=True, slots=True)
class ChatTokens:
    """The two ids that begin a turn; their pieces differ between families, the ids do not."""

    user: int
    assistant: int


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
    export: Export | None = None  #: the weights, where they are a graph and its data

    @property
    def kind(self) -> Literal["base", "chat"]:
        """“chat” or “base”."""
        return "base" if self.chat_tokens is None else "chat"

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
        if not is_text(folder):
            raise NotACheckpointError(folder, "its path is not UTF-8")
        try:
            folder = folder.expanduser().absolute()
            found = folder.is_dir()
        except (OSError, RuntimeError):  # too long for a name; “~nobody”
            found = False
        if not found:
            raise NotACheckpointError(folder, "there is no such folder")
        config_file = folder / "config.json"
        if not _is_file(config_file):
            raise NotACheckpointError(folder, "it has no config.json")
        data = _read_json(config_file)
        try:
            config = ModelConfig.from_json(data)
        except ConfigError as error:
            raise UnsupportedArchitectureError(folder, error.what) from error
        tokenizer_file = folder / "tokenizer.model"
        if not _is_file(tokenizer_file):
            raise NotACheckpointError(folder, "it has no tokenizer.model")
        chat_tokens, defaults = _read_generation_config(folder, config)
        if _is_export(folder):
            export = read_export(folder)
            return cls(folder, config, {}, {}, tokenizer_file, chat_tokens, defaults, export)
        quantization = data.get("quantization_config")
        tensors, matrices = _read_tensors(
            folder, config, quantization if isinstance(quantization, dict) else None
        )
        return cls(folder, config, tensors, matrices, tokenizer_file, chat_tokens, defaults)


@dataclass(frozen=True, slots=True)
class Exports:
    """The exports of a checkpoint that were found."""

    usable: Mapping[Precision, Checkpoint]
    refused: Sequence[tuple[ExportRefusedError, Precision | None]]
    #: those that are gone or damaged, with the precision that their manifests state

    def refusal(self, precision: Precision | None) -> ExportRefusedError | None:
        """Why there is no export of this precision, if one that was refused may be it."""
        if precision is None or not precision.is_onnx or precision in self.usable:
            return None
        for stated in (precision, None):  # None: nobody can say of which precision it is
            for error, of in self.refused:
                if of is stated:
                    return error
        return None


def open_exports(checkpoint: Checkpoint, folders: Sequence[str | Path]) -> Exports:
    """What of `folders` runs in place of `checkpoint`, by precision; itself, if it is an export.

    One that is made for other programs, or of another model, is left out; of two of a precision,
    the later one is taken.
    """
    found = [checkpoint]
    refused = []
    for folder in reversed(folders):
        try:
            found.append(Checkpoint.open(Path(folder)))
        except CheckpointError as error:
            refusal = ExportRefusedError(Path(folder), error, is_gone=not _is_folder(Path(folder)))
            refused.append((refusal, stated_precision(Path(folder))))
    exports: dict[Precision, Checkpoint] = {}
    for one in found:
        if one.export is None or one.config != checkpoint.config:
            continue
        if one is checkpoint or not one.export.portable:
            exports.setdefault(one.export.precision, one)
    return Exports(exports, refused)


def is_text(path: Path) -> bool:
    """Whether a path is UTF-8, as registry, manifest and protocol want it."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, a folder that may not be looked into
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a drive that does not answer; a NUL
        return False


def _is_export(folder: Path) -> bool:
    """The weights are a graph: there is one, and no file of tensors."""
    tensors = (folder / name for names in _LAYOUTS for name in names)
    return _is_file(folder / GRAPH_FILE) and not any(map(_is_file, tensors))


def _read_json(file: Path) -> dict[str, object]:
    try:
        if file.stat().st_size > _MAX_JSON_BYTES:
            raise DamagedCheckpointError(file, "it is implausibly large")
        data = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise DamagedCheckpointError(file, "it is not readable as JSON") from error
    except OSError as error:
        raise DamagedCheckpointError(
            file, Phrase("it cannot be read ({reason})", reason=error.strerror or str(error))
        ) from error
    if not isinstance(data, dict):
        raise DamagedCheckpointError(file, "it is not a JSON object")
    return data


def _read_tensors(
    folder: Path, config: ModelConfig, quantization: Mapping[str, object] | None
) -> tuple[dict[str, TensorRecord], dict[str, QuantizedMatrix]]:
    found, values = _find_tensors(folder)
    expected = config.tensor_shapes()
    matrices: dict[str, QuantizedMatrix] = {}
    if (layout := recognise(found, quantization)) is not None:
        matrices = take_matrices(folder / "config.json", config, *layout, found, values)
        for name in matrices:
            del expected[f"{name}.weight"]
    if values:
        name = next(iter(values))
        raise NotACheckpointError(
            folder, Phrase("its weight files hold “{name}”, which is no tensor", name=name)
        )
    tensors: dict[str, TensorRecord] = {}
    for name, shape in expected.items():
        record = found.pop(name, None)
        if record is None:
            raise NotACheckpointError(
                folder, Phrase("its weight files lack the tensor “{name}”", name=name)
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
            raise DamagedCheckpointError(
                record.file, Phrase("“{name}” has the type {dtype}", name=name, dtype=record.dtype)
            )
        tensors[name] = record
    for name, record in found.items():
        # Baichuan-7B was published with the rotary frequencies of each layer; we compute them.
        if not name.endswith(".self_attn.rotary_emb.inv_freq"):
            raise DamagedCheckpointError(
                record.file,
                Phrase("it holds “{name}”, which this model does not have", name=name[:100]),
            )
    return tensors, matrices


def _find_tensors(folder: Path) -> tuple[dict[str, TensorRecord], dict[str, Value]]:
    for single, index in _LAYOUTS:
        if _is_file(folder / index):
            return _read_shards(folder / index)
        if _is_file(folder / single):
            contents = read_contents(folder / single)
            return {record.name: record for record in contents.records}, dict(contents.values)
    raise NotACheckpointError(
        folder, "it has no weight file (model.safetensors, pytorch_model.bin)"
    )


def _read_shards(index: Path) -> tuple[dict[str, TensorRecord], dict[str, Value]]:
    weight_map = _read_json(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise DamagedCheckpointError(index, "it has no weight_map")
    shards: dict[str, Path] = {}
    for value in weight_map.values():
        if not isinstance(value, str):
            raise DamagedCheckpointError(index, "its weight_map names something that is no file")
        if value in shards:
            continue
        # A name, not a path: no folder, no drive, no way up. What the name links to is the
        # person's own arrangement (a Hugging Face cache keeps its files behind links).
        if value != Path(value).name or "\\" in value or ":" in value or value in ("", ".", ".."):
            raise UnsafeCheckpointError(
                index, Phrase("it names “{name}”, outside of its folder", name=value[:100])
            )
        if not value.endswith(_SHARD_SUFFIXES):
            raise DamagedCheckpointError(
                index, Phrase("it names “{name}”, which is no weight file", name=value[:100])
            )
        shards[value] = index.parent / value
        if not _is_file(shards[value]):
            raise DamagedCheckpointError(
                index, Phrase("the file “{name}” that it names is missing", name=value[:100])
            )
    found: dict[str, TensorRecord] = {}
    values: dict[str, Value] = {}
    for name, shard in shards.items():
        contents = read_contents(shard)
        values.update(contents.values)
        for record in contents.records:
            if weight_map.get(record.name) != name:
                raise DamagedCheckpointError(
                    shard,
                    Phrase(
                        "it holds “{name}”, which {index} does not place there",
                        name=record.name[:100],
                        index=index.name,
                    ),
                )
            found[record.name] = record
    for name, shard_name in weight_map.items():
        if name not in found:
            raise DamagedCheckpointError(
                shards[shard_name], Phrase("it lacks the tensor “{name}”", name=name[:100])
            )
    return found, values


def _read_generation_config(
    folder: Path, config: ModelConfig
) -> tuple[ChatTokens | None, SamplingDefaults]:
    file = folder / "generation_config.json"
    if not _is_file(file):
        return None, BASE_DEFAULTS
    data = _read_json(file)

    def number(name: str, default: float, low: float, high: float) -> float:
        value = data.get(name)
        if value is None:
            return default
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise DamagedCheckpointError(
                file,
                Phrase(
                    "{name} is {value}, not {low:g} to {high:g}",
                    name=name,
                    value=f"{value!r:.40}",
                    low=low,
                    high=high,
                ),
            )
        return value

    sampled = bool(data.get("do_sample", False))
    defaults = SamplingDefaults(
        greedy=not sampled,
        temperature=number("temperature", 1.0, 0.0, 100.0),
        # transformers' default where a sampling configuration names none
        top_k=int(number("top_k", 50 if sampled else 0, 0, config.vocab_size)),
        top_p=number("top_p", 1.0, 0.0, 1.0),
        repetition_penalty=number("repetition_penalty", 1.0 if sampled else 1.1, 0.01, 100.0),
        max_new_tokens=int(number("max_new_tokens", 64, 1, 1_048_576)),
    )
    user, assistant = data.get("user_token_id"), data.get("assistant_token_id")
    if user is None or assistant is None:
        return None, defaults
    for name, value in (("user_token_id", user), ("assistant_token_id", assistant)):
        if not isinstance(value, int) or not 0 <= value < config.vocab_size:
            raise DamagedCheckpointError(
                file,
                Phrase("{name} is {value}, which is no token", name=name, value=f"{value!r:.40}"),
            )
    assert isinstance(user, int)
    assert isinstance(assistant, int)
    return ChatTokens(user, assistant), defaults
