"""From tensors on disk to a model in memory, mapped and converted one tensor at a time."""

from __future__ import annotations

import mmap
from collections import defaultdict
from collections.abc import Generator
from math import prod
from pathlib import Path

import torch
from torch import Tensor, nn

from ..checkpoint import Checkpoint
from ..errors import DamagedCheckpointError, Phrase
from ..events import LoadProgress
from ..tensor_files import TensorRecord
from .baichuan import BaichuanForCausalLM, NormHead

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}

_SHORTER = "it became shorter while it was being read"

#: Weights whose pages are read in one go, between two reports of progress.
_PAGE_IN_BYTES = 64 * 2**20


def load_model(
    checkpoint: Checkpoint, dtype: torch.dtype
) -> Generator[LoadProgress, None, BaichuanForCausalLM]:
    """The model of a checkpoint on the CPU, in `dtype`, with the head folded and frozen.

    A tensor that is stored in `dtype` stays a private mapping of its file: it costs no copy, and
    the system may drop and re-read its pages. Any other is converted, and its mapped pages are
    given back at once. So the peak is the weights in `dtype` plus one tensor.
    """
    with torch.device("meta"):
        model = BaichuanForCausalLM(checkpoint.config)
    model.requires_grad_(False)
    total = sum(prod(r.shape) * dtype.itemsize for r in checkpoint.tensors.values())
    done = 0
    for file, records in _by_file(checkpoint).items():
        mapped = _map(file)
        for record in records:
            tensor = _place(mapped, record, dtype)
            _assign(model, record.name, tensor)
            done += tensor.nbytes
            yield LoadProgress(done, total)
    if isinstance(model.lm_head, NormHead):
        model.lm_head.fold()
    return model.eval()


def _by_file(checkpoint: Checkpoint) -> dict[Path, list[TensorRecord]]:
    files: defaultdict[Path, list[TensorRecord]] = defaultdict(list)
    for record in checkpoint.tensors.values():
        files[record.file].append(record)
    for records in files.values():
        records.sort(key=lambda record: record.offset)
    return files


def _map(file: Path) -> mmap.mmap:
    """A private (copy-on-write) mapping: nothing we do can reach the file."""
    try:
        with file.open("rb") as stream:
            return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
    except OSError as error:
        raise DamagedCheckpointError(
            file, Phrase("it cannot be read ({reason})", reason=error.strerror or str(error))
        ) from error
    except ValueError as error:  # an empty file cannot be mapped
        raise DamagedCheckpointError(file, _SHORTER) from error


def _place(mapped: mmap.mmap, record: TensorRecord, dtype: torch.dtype) -> Tensor:
    end = record.offset + record.nbytes
    if end > len(mapped):
        raise DamagedCheckpointError(record.file, _SHORTER)
    stored = torch.frombuffer(
        mapped, dtype=DTYPES[record.dtype], count=prod(record.shape), offset=record.offset
    ).view(record.shape)
    if stored.dtype == dtype:
        _page_in(mapped, record.offset, end)
        return stored
    converted = stored.to(dtype)
    _give_pages_back(mapped, record.offset, end)
    return converted


def _page_in(mapped: mmap.mmap, start: int, end: int) -> None:
    """Have the pages read while progress is shown, not in the middle of the first answer."""
    for offset in range(start, end, _PAGE_IN_BYTES):
        stop = min(offset + _PAGE_IN_BYTES, end)
        torch.frombuffer(mapped, dtype=torch.uint8, count=stop - offset, offset=offset)[
            :: mmap.PAGESIZE
        ].sum()


def _give_pages_back(mapped: mmap.mmap, start: int, end: int) -> None:
    if hasattr(mapped, "madvise"):  # not on Windows, which trims a mapping by itself
        first = start // mmap.PAGESIZE * mmap.PAGESIZE
        mapped.madvise(mmap.MADV_DONTNEED, first, end - first)


def _assign(model: nn.Module, name: str, tensor: Tensor) -> None:
    path, _, attribute = name.rpartition(".")
    module = model.get_submodule(path)
    setattr(module, attribute, nn.Parameter(tensor, requires_grad=False))
