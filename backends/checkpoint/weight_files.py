"""Which files of a folder hold the weights, and every tensor in them.

A folder may hold more than one set: a single file, shards with an index, both as .safetensors and
as .bin. The first that is complete is taken, in the order in which transformers looks for them.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..errors import (
    CheckpointError,
    DamagedCheckpointError,
    NotACheckpointError,
    UnsafeCheckpointError,
)
from ..files.downloads import half_download, is_there, names_in, require_file
from ..files.small_files import is_leaf_name, read_json
from ..files.tensor_files import FileContents, TensorRecord, Value, read_contents
from ..model_config import ModelConfig
from ..phrases import Phrase

#: In this order: the single file, and the index of shards.
_LAYOUTS = (
    ("model.safetensors", "model.safetensors.index.json"),
    ("pytorch_model.bin", "pytorch_model.bin.index.json"),
)
_SHARD_SUFFIXES = (".safetensors", ".bin")
_NUMBERED = re.compile(r"(model|pytorch_model)-(\d{5})-of-(\d{5})\.(safetensors|bin)")
_WEIGHTS = re.compile(r"(model|pytorch_model)(-\d{5}-of-\d{5})?\.(safetensors|bin)")

#: Of weights under other names, and of what training programs leave beside them.
_WEIGHT_SUFFIXES = (*_SHARD_SUFFIXES, ".pt", ".pth", ".ckpt")
_OF_TRAINING = ("optimizer", "scheduler", "training_args", "rng_state", "scaler")

Shards = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """Every tensor of a folder by name, and other values."""

    records: dict[str, TensorRecord]
    values: dict[str, Value]
    notes: tuple[Phrase, ...] = ()


def has_tensors(folder: Path) -> bool:
    """Whether the folder has a weight file, or an index of weight files."""
    return next(_sets(folder), None) is not None


def find_tensors(folder: Path, config: ModelConfig) -> Weights:
    """The tensors of the first complete set of files; those of the fullest if none is complete.

    Raises CheckpointError for a folder without weights, or the error of the best set.
    """
    tried: list[_Tried] = []
    for candidate in _sets(folder):
        if isinstance(candidate, _Numbered) and any(
            one.is_contradicted and candidate.suffix in one.name for one in tried[-1:]
        ):
            continue
        found = _try(candidate, config)
        if found.share == 1.0 and found.weights is not None:
            return _with_note(candidate, found.weights, tried)
        tried.append(found)
    if not tried:
        raise no_weights(folder)
    best = _best(tried)
    if best.weights is None:
        assert best.error is not None
        raise best.error
    return best.weights  # whose caller says what it lacks


@dataclass(frozen=True, slots=True)
class _Tried:
    """The result of reading a set of files: tensors, or an error."""

    name: str
    share: float  #: of its files that are there, or of the model's tensors; 1 is all
    weights: Weights | None = None
    error: CheckpointError | None = None
    is_contradicted: bool = False  #: an index whose files are all there, and say otherwise

    @property
    def reason(self) -> Phrase:
        """A sentence on why the set is not used."""
        if self.error is not None:
            return Phrase(self.error.template, **self.error.facts)
        return Phrase("“{file}” holds only a part of the tensors.", file=self.name)


def _best(tried: Sequence[_Tried]) -> _Tried:
    return max(tried, key=lambda one: one.share)


def _try(candidate: _Set, config: ModelConfig) -> _Tried:
    try:
        weights = candidate.read()
    except UnsafeCheckpointError:
        raise  # whatever else lies there
    except _SetError as wrong:
        return _Tried(candidate.name, wrong.share, error=wrong.error)
    except CheckpointError as error:
        is_contradicted = isinstance(candidate, _Indexed)
        return _Tried(candidate.name, 0.0, error=error, is_contradicted=is_contradicted)
    return _Tried(candidate.name, _covered(weights.records, config), weights)


def _covered(records: Mapping[str, TensorRecord], config: ModelConfig) -> float:
    """The share of the model's tensors that these files hold, plain or quantised: 0 to 1."""
    stems = {name.rpartition(".")[0] for name in records}
    # “….W_pack.weight.quant_state.4” too is of W_pack.
    stems |= {name.partition(".weight.")[0] for name in records}
    expected = [name.removesuffix(".weight") for name in config.tensor_shapes()]
    return sum(stem in stems for stem in expected) / len(expected)


def _with_note(candidate: _Set, weights: Weights, tried: Sequence[_Tried]) -> Weights:
    if not tried:
        return weights
    note = Phrase(
        "The weights are read from “{file}”, because other files are not complete: {reason}",
        file=candidate.name,
        reason=_best(tried).reason,  # which ends the sentence
    )
    return Weights(weights.records, weights.values, (note,))


def no_weights(folder: Path) -> CheckpointError:
    """The error for a folder without a weight file."""
    for name in names_in(folder):
        whole = _WEIGHTS.match(name)
        if whole is not None and (half := half_download(folder / whole[0])) is not None:
            return half
    for single, _ in _LAYOUTS:
        if (half := half_download(folder / single)) is not None:
            return half
    others = [name for name in names_in(folder) if name.endswith(_WEIGHT_SUFFIXES)]
    what = Phrase("it has no weight file (model.safetensors, pytorch_model.bin)")
    if others := [name for name in others if not name.startswith(_OF_TRAINING)]:
        what = Phrase(
            "it has no weight file (model.safetensors, pytorch_model.bin), only {names}",
            names=_listed(others),
        )
    return NotACheckpointError(folder, what)


# --- sets --------------------------------------------------------------------------------


class _Set(Protocol):
    """Files that together hold the weights of a model."""

    @property
    def name(self) -> str:
        """The name of the file that messages name the set by."""
        ...

    def read(self) -> Weights:
        """The tensors of the files. Raises CheckpointError, _SetError."""
        ...


class _SetError(Exception):
    """A set of shards cannot be read; `share` of its files are right, 0 to 1."""

    def __init__(self, share: float, error: CheckpointError) -> None:
        super().__init__(str(error))
        self.share = share
        self.error = error


def _sets(folder: Path) -> Iterator[_Set]:
    for single, index in _LAYOUTS:
        if is_there(folder / single):
            yield _Single(folder / single)
        if is_there(folder / index):
            yield _Indexed(folder / index)
        for shards in _numbered(folder, Path(single).suffix):
            yield _Numbered(folder, shards)


def _numbered(folder: Path, suffix: str) -> Iterator[Shards]:
    """The file names of each numbered set; the set of which most files are there comes first."""
    found: dict[tuple[str, int], int] = {}
    for name in names_in(folder):
        match = _NUMBERED.fullmatch(name)
        if match is not None and name.endswith(suffix):
            key = match[1], int(match[3])
            found[key] = found.get(key, 0) + 1
    for stem, total in sorted(found, key=lambda key: -found[key]):
        if 0 < total <= 10_000:
            yield tuple(f"{stem}-{n:05}-of-{total:05}{suffix}" for n in range(1, total + 1))


@dataclass(frozen=True, slots=True)
class _Single:
    """A single file that holds all weights."""

    file: Path

    @property
    def name(self) -> str:
        return self.file.name

    def read(self) -> Weights:
        require_file(self.file)
        contents = read_contents(self.file)
        return Weights({one.name: one for one in contents.records}, dict(contents.values))


@dataclass(frozen=True, slots=True)
class _Numbered:
    """Shards without an index of their own, found by the numbers in their names."""

    folder: Path
    shards: Shards

    @property
    def name(self) -> str:
        return self.shards[0]

    @property
    def suffix(self) -> str:
        """The suffix of the shards, such as “.bin”."""
        return Path(self.name).suffix

    def read(self) -> Weights:
        missing = _require_all(self.folder, self.shards)
        if missing:
            what = Phrase(
                "{present} of its {total} weight files are there, missing: {names}",
                present=len(self.shards) - len(missing),
                total=len(self.shards),
                names=_listed(missing),
            )
            raise _files_missing(
                self.folder, self.shards, missing, NotACheckpointError(self.folder, what)
            )
        found: dict[str, TensorRecord] = {}
        values: dict[str, Value] = {}
        for name in self.shards:
            contents = _contents(self.folder, name, self.shards)
            values.update(contents.values)
            for record in contents.records:
                if record.name in found:
                    raise DamagedCheckpointError(
                        record.file,
                        Phrase(
                            "it holds “{name}”, which {other} holds too",
                            name=record.name[:100],
                            other=found[record.name].file.name,
                        ),
                    )
                found[record.name] = record
        return Weights(found, values)


@dataclass(frozen=True, slots=True)
class _Indexed:
    """Shards, and an index that says which tensor lies where."""

    index: Path

    @property
    def name(self) -> str:
        return self.index.name

    def read(self) -> Weights:
        weight_map = self._read_map()
        names = tuple(dict.fromkeys(self._checked(value) for value in weight_map.values()))
        missing = _require_all(self.index.parent, names)
        if missing:
            what = Phrase(
                "{present} of the {total} files that it names are there, missing: {names}",
                present=len(names) - len(missing),
                total=len(names),
                names=_listed(missing),
            )
            raise _files_missing(
                self.index.parent, names, missing, DamagedCheckpointError(self.index, what)
            )
        return self._read_shards(names, weight_map)

    def _read_map(self) -> Mapping[str, object]:
        """The file of each tensor, by name. Raises _SetError if the index does not say."""
        require_file(self.index)
        try:
            weight_map = read_json(self.index).get("weight_map")
        except DamagedCheckpointError as error:
            raise _SetError(0.0, error) from error
        if not isinstance(weight_map, dict) or not weight_map:
            raise _SetError(0.0, DamagedCheckpointError(self.index, "it has no weight_map"))
        return weight_map

    def _checked(self, value: object) -> str:
        if not isinstance(value, str):
            raise DamagedCheckpointError(
                self.index, "its weight_map names something that is no file"
            )
        # What the name links to is the person's own arrangement: a Hugging Face cache keeps its
        # files behind links.
        if not is_leaf_name(value):
            raise UnsafeCheckpointError(
                self.index, Phrase("it names “{name}”, outside of its folder", name=value[:100])
            )
        if not value.endswith(_SHARD_SUFFIXES):
            raise DamagedCheckpointError(
                self.index, Phrase("it names “{name}”, which is no weight file", name=value[:100])
            )
        return value

    def _read_shards(self, names: Sequence[str], weight_map: Mapping[str, object]) -> Weights:
        found: dict[str, TensorRecord] = {}
        values: dict[str, Value] = {}
        for name in names:
            shard = self.index.parent / name
            contents = _contents(self.index.parent, name, names)
            values.update(contents.values)
            for record in contents.records:
                if weight_map.get(record.name) != name:
                    raise DamagedCheckpointError(
                        shard,
                        Phrase(
                            "it holds “{name}”, which {index} does not place there",
                            name=record.name[:100],
                            index=self.index.name,
                        ),
                    )
                found[record.name] = record
        for name, shard_name in weight_map.items():
            if name not in found:
                raise DamagedCheckpointError(
                    self.index.parent / str(shard_name),
                    Phrase("it lacks the tensor “{name}”", name=name[:100]),
                )
        return Weights(found, values)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name[:100]}”" for name in names[:3])
    return shown if len(names) <= 3 else f"{shown}, …"


def _require_all(folder: Path, names: Sequence[str]) -> list[str]:
    """The names that have no file. Raises _SetError for a file that is only begun, or a stub."""
    missing = [name for name in names if not is_there(folder / name)]
    gone = set(missing)
    for name in names:
        if name not in gone:
            with _of_set(names):
                require_file(folder / name)
    return missing


@contextlib.contextmanager
def _of_set(names: Sequence[str]) -> Iterator[None]:
    """Raise the CheckpointError of one file as a _SetError whose other files are right."""
    try:
        yield
    except UnsafeCheckpointError:
        raise
    except CheckpointError as error:
        raise _SetError(1 - 1 / len(names), error) from error


def _contents(folder: Path, name: str, names: Sequence[str]) -> FileContents:
    with _of_set(names):
        return read_contents(folder / name)


def _files_missing(
    folder: Path, names: Sequence[str], missing: Sequence[str], otherwise: CheckpointError
) -> _SetError:
    share = 1 - len(missing) / len(names)
    halves = (half_download(folder / name) for name in itertools.islice(missing, 10))
    half = next((half for half in halves if half is not None), None)
    return _SetError(share, half or otherwise)
