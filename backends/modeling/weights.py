"""From tensors on disk to a model in memory, mapped, converted or quantised one at a time."""

from __future__ import annotations

import mmap
import warnings
from collections.abc import Generator
from math import prod
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from ..checkpoint.folder import Checkpoint
from ..checkpoint.quantized_layout import QuantizedMatrix
from ..checkpoint.weight_checks import check_filled
from ..errors import DamagedCheckpointError
from ..events import LoadProgress
from ..files.small_files import open_file, unreadable
from ..files.tensor_files import TensorRecord
from ..interface import LayerDevices
from ..operating_system import WEIGHTS_ACCESS
from ..precision import DeviceKind
from .baichuan import MLP, BaichuanForCausalLM, NormHead, make_unfilled, normalised
from .lean.host_embedding import HostEmbedding
from .lean.int8_linear import Int8Linear
from .lean.int8_rows import quantize_rows

DTYPES = {
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "U8": torch.uint8,
    "I8": torch.int8,
}

_SHORTER = "it became shorter while it was being read"

_EMBEDDING, _HEAD = "model.embed_tokens.weight", "lm_head.weight"

#: Weights whose pages are read in one go.
_PAGE_IN_BYTES = 64 * 2**20


class LayerBuilder(Protocol):
    """Makes the linear layers whose matrices are not held as they are stored."""

    def build(self, weight: Tensor, device: torch.device) -> nn.Module:
        """A layer of a matrix [out, in] that lies mapped in memory, in the dtype of its file."""
        ...

    def build_stored(self, matrix: QuantizedMatrix, parts: dict[str, Tensor]) -> nn.Module:
        """A layer of a matrix that is stored quantised; its parts are on their device."""
        ...


def load_model(
    checkpoint: Checkpoint,
    dtype: torch.dtype,
    devices: LayerDevices,
    builder: LayerBuilder | None = None,
    *,
    head_in_8_bits: bool = False,
) -> Generator[LoadProgress, None, BaichuanForCausalLM]:
    """The model of a checkpoint in `dtype`, with the head folded and frozen.

    On a processor, a tensor that is stored in `dtype` stays a mapping of its file: it
    costs no copy, and the system may drop and re-read its pages. Any other is converted, or
    copied to its device, and its mapping ends at once. So host memory holds the
    weights that stay there plus one tensor, whatever the size of the shards. An embedding on the
    host is mapped in any dtype.
    """
    model = make_unfilled(checkpoint.config)
    model.requires_grad_(False)
    placer = _Placer(checkpoint, devices)
    matrices = {f"{layer}.weight" for layer in _matrix_names(checkpoint)}
    for name, record in sorted(
        checkpoint.tensors.items(), key=lambda item: (item[1].file, item[1].offset)
    ):
        if builder is not None and name in matrices:
            linear = builder.build(filled_tensor(record), placer.device(name))
            model.set_submodule(name.removesuffix(".weight"), linear)
        elif name == _EMBEDDING and devices.embedding_on_host:
            model.model.set_submodule("embed_tokens", placer.host_embedding(record, dtype))
        elif name == _HEAD and head_in_8_bits:
            is_normalised = isinstance(model.lm_head, NormHead)
            model.set_submodule("lm_head", placer.int8_head(record, is_normalised=is_normalised))
        else:
            _assign(model, name, placer.place(name, record, dtype))
        _join(model, name, placer)
        yield placer.progress(record)
    for name, matrix in checkpoint.matrices.items():
        assert builder is not None, "selection gives quantised files to a backend that has one"
        parts = {part: placer.place(name, r, DTYPES[r.dtype]) for part, r in matrix.parts.items()}
        try:
            linear = builder.build_stored(matrix, parts)
        except (ValueError, KeyError, TypeError) as error:
            raise matrix.unreadable(name) from error
        model.set_submodule(name, linear)
        _join(model, f"{name}.weight", placer)
        for record in matrix.parts.values():
            yield placer.progress(record)
    if isinstance(head := model.lm_head, NormHead):
        if WEIGHTS_ACCESS == mmap.ACCESS_READ and head.weight.device.type == "cpu":
            head.weight = nn.Parameter(head.weight.clone(), requires_grad=False)
        head.fold()
    return model.eval()


def _join(model: BaichuanForCausalLM, name: str, placer: _Placer) -> None:
    """Have gate and up be one product if `name` is one of them, the other is there, on a card.

    On a processor a matrix that is mapped would be copied for it, to save a call that is nothing
    beside the product.
    """
    path, _, matrix = name.partition(".mlp.")
    device = placer.device(name)
    is_one = matrix in ("gate_proj.weight", "up_proj.weight")
    if is_one and DeviceKind.of(str(device)).uses_cards:
        mlp = cast("MLP", model.get_submodule(f"{path}.mlp"))
        both = (*mlp.gate_proj.parameters(), *mlp.up_proj.parameters())
        if all(tensor.device == device for tensor in both):
            mlp.join()


def _matrix_names(checkpoint: Checkpoint) -> list[str]:
    config = checkpoint.config
    return [
        f"model.layers.{layer}.{suffix}"
        for layer in range(config.num_layers)
        for suffix in config.layer_matrices()
    ]


class _Placer:
    """Brings tensors to the device of their layer in the dtype asked for, and counts bytes."""

    def __init__(self, checkpoint: Checkpoint, devices: LayerDevices) -> None:
        self._devices = devices
        self._done = 0
        self._total = checkpoint.bytes_on_disk

    def progress(self, record: TensorRecord) -> LoadProgress:
        """Count a tensor that is in place; bytes as they lie on disk."""
        self._done += record.nbytes
        return LoadProgress(self._done, self._total)

    def device(self, name: str) -> torch.device:
        """Where the tensor or module `name` shall lie."""
        if name.startswith("model.layers."):
            return torch.device(self._devices.layers[int(name.split(".")[2])])
        return torch.device(self._devices.first if name == _EMBEDDING else self._devices.last)

    def host_embedding(self, record: TensorRecord, dtype: torch.dtype) -> HostEmbedding:
        """The table as its file holds it, whose rows in `dtype` go to the first layer."""
        table = filled_tensor(record)
        _page_in(table)
        return HostEmbedding(table, torch.device(self._devices.layers[0]), dtype)

    def int8_head(self, record: TensorRecord, *, is_normalised: bool) -> Int8Linear:
        """The head in 8 bits, of its rows as they are, or of norm 1, some at a time."""
        prepared = normalised if is_normalised else Tensor.float
        return Int8Linear(*quantize_rows(filled_tensor(record), self.device(_HEAD), prepared))

    def place(self, name: str, record: TensorRecord, dtype: torch.dtype) -> Tensor:
        """The tensor in `dtype` on its device."""
        stored, device = filled_tensor(record), self.device(name)
        if device.type == "cpu" and stored.dtype == dtype:
            _page_in(stored)
            return stored
        # To the device first: fewer bytes on the bus, and the conversion is faster there.
        return stored.to(device).to(dtype)


def map_tensor(record: TensorRecord) -> Tensor:
    """The tensor as it lies in its file, mapped; the pages go with the tensor.

    The mapping is private (copy-on-write), or one that must not be written to: nothing done to the
    tensor can reach the file. Raises DamagedCheckpointError.
    """
    if not record.nbytes:  # which cannot be mapped; only the parts of damaged matrices have none
        return torch.empty(record.shape, dtype=DTYPES[record.dtype])
    start = record.offset // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
    end = record.offset + record.nbytes
    try:
        with open_file(record.file) as stream:
            if stream.seek(0, 2) < end:
                raise DamagedCheckpointError(record.file, _SHORTER)
            mapped = mmap.mmap(stream.fileno(), end - start, access=WEIGHTS_ACCESS, offset=start)
    except OSError as error:
        raise unreadable(record.file, error) from error
    except ValueError as error:  # it was cut between the two looks
        raise DamagedCheckpointError(record.file, _SHORTER) from error
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # that it is read-only
        stored = torch.frombuffer(
            mapped,
            dtype=DTYPES[record.dtype],
            count=prod(record.shape),
            offset=record.offset - start,
        )
    return stored.view(record.shape)


def filled_tensor(record: TensorRecord) -> Tensor:
    """The tensor as `map_tensor` gives it, unless it is a matrix of zeros.

    Raises DamagedCheckpointError.
    """
    stored = map_tensor(record)
    flat = stored.view(-1).view(torch.uint8)
    check_filled(record, lambda begin, count: flat[begin : begin + count].numpy())
    return stored


def _page_in(stored: Tensor) -> None:
    """Have the pages read while progress is shown, not in the middle of the first answer."""
    flat = stored.view(-1).view(torch.uint8)
    for part in flat.split(_PAGE_IN_BYTES):
        part[:: mmap.PAGESIZE].sum()


def _assign(model: nn.Module, name: str, tensor: Tensor) -> None:
    path, _, attribute = name.rpartition(".")
    setattr(model.get_submodule(path), attribute, nn.Parameter(tensor, requires_grad=False))
