"""Tensors of a training, to files and back: weights, the optimiser's state, random numbers.

What a checkpoint holds is as torch has it, bit for bit; nothing is converted on the way.
"""

from __future__ import annotations

import dataclasses
import random
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ...copying.safetensors_writer import Shard, TensorSpec, plan_shards
from ...files.tensor_files import TensorRecord, read_contents
from ...modeling.weights import DTYPES, map_tensor
from .sealed import GrowingFolder, reading
from .values import OptimizerState

_DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip
_BY_NAME = {name: dtype for dtype, name in _DTYPES.items()}
#: The most of a file that is read at once: all of an adapter's, a part of a model's.
_READ_BYTES = 2**30
#: Settings of a group that say how a step is computed on this device, and not what.
_OF_DEVICE = ("foreign", "fused", "capturable", "differentiable")

#: What AdamW holds of a parameter.
_OF_ADAMW: Final = ("step", "exp_avg", "exp_avg_sq")

Named = Iterable[tuple[str, nn.Parameter]]


# --- files -------------------------------------------------------------------------------


def shards_of(stem: str, tensors: Mapping[str, Tensor]) -> list[Shard]:
    """The files that hold tensors: `stem.safetensors`, or several of about 4 GB."""
    specs = [
        [TensorSpec(name, _DTYPES[tensor.dtype], tuple(tensor.shape))]
        for name, tensor in tensors.items()
    ]
    return [
        dataclasses.replace(shard, file_name=shard.file_name.replace("model", stem, 1))
        for shard in plan_shards(specs)
    ]


def put_shards(
    folder: GrowingFolder, shards: Sequence[Shard], tensors: Mapping[str, Tensor]
) -> Iterator[int]:
    """Write files of tensors; yields the number of bytes of each tensor. Raises OSError."""
    for shard in shards:
        yield from folder.put_tensors(shard, (raw(tensors[one.name]) for one in shard.tensors))


def raw(tensor: Tensor) -> memoryview:
    """The bytes of a tensor on any device, row by row."""
    flat = tensor.detach().to("cpu").contiguous().reshape(-1).view(torch.uint8)
    return flat.numpy().data


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """What they take on disk."""
    return sum(prod(one.shape) * one.element_size() for one in tensors)


def read_tensors(files: Iterable[Path]) -> dict[str, Tensor]:
    """The tensors in files that were put into a folder; writing to them reaches no file.

    Small files are read, which may be taken away then wherever the app runs; large ones are mapped.
    Raises DamagedTrainingError.
    """
    found: dict[str, Tensor] = {}
    for file in files:
        with reading(file):
            records = read_contents(file).records
            is_small = sum(one.nbytes for one in records) <= _READ_BYTES
            for one in records:
                tensor = _mapped(one)
                found[one.name] = tensor.clone() if is_small else tensor
    return found


def _mapped(record: TensorRecord) -> Tensor:
    """A tensor of any type that was put into a file, mapped; of a type that no weight has, read."""
    if record.dtype in DTYPES:
        return map_tensor(record)
    flat = map_tensor(dataclasses.replace(record, dtype="U8", shape=(record.nbytes,)))
    return flat.clone().view(_BY_NAME[record.dtype]).reshape(record.shape)


# --- weights and optimiser ---------------------------------------------------------------


def restore_weights(named: Named, weights: Mapping[str, Tensor]) -> None:
    """Fill parameters with weights that were kept; KeyError for one that was not."""
    with torch.no_grad():
        for name, parameter in named:
            if parameter.requires_grad:
                parameter.copy_(weights[name])


def optimizer_state(optimizer: Optimizer, named: Named) -> OptimizerState:
    """The state of an optimiser by the names of its parameters."""
    names = {id(parameter): name for name, parameter in named}
    own = [
        [names[id(parameter)] for parameter in group["params"]] for group in optimizer.param_groups
    ]
    by_number = [name for group in own for name in group]  # as `state_dict` numbers them
    packed: Any = optimizer.state_dict()
    state = {by_number[number]: dict(values) for number, values in packed["state"].items()}
    groups = [
        {
            **{key: _plain(value) for key, value in group.items() if key != "params"},
            "params": params,
        }
        for group, params in zip(packed["param_groups"], own, strict=True)
    ]
    return OptimizerState(state, groups)


def restore_optimizer(optimizer: Optimizer, named: Named, kept: OptimizerState) -> None:
    """Have an optimiser of the same parameters go on from what was kept.

    torch puts each tensor where the optimiser wants it, `step` of a fused one on the card; how it
    computes there is up to it, as it was made, whatever made the checkpoint. Raises ValueError for
    an optimiser of other parameters or settings.
    """
    of = dict(named)
    names = {id(parameter): name for name, parameter in of.items()}
    numbers: dict[str, int] = {}
    groups: list[dict[str, object]] = []
    for group, before in zip(optimizer.param_groups, kept.groups, strict=True):
        own = [names[id(parameter)] for parameter in group["params"]]
        if own != before["params"]:
            raise ValueError("the optimiser has other parameters")
        if any(_is_other_kind(before.get(key, value), value) for key, value in group.items()):
            raise ValueError("the optimiser has other settings")
        first = len(numbers)
        numbers |= {name: first + place for place, name in enumerate(own)}
        settings = {key: _tupled(value) for key, value in before.items() if key != "params"}
        of_device = {key: group[key] for key in _OF_DEVICE if key in group}
        groups.append({**settings, **of_device, "params": [numbers[name] for name in own]})
    if not all(_fits(of[name], values) for name, values in kept.state.items()):
        raise ValueError("the optimiser holds something else of its parameters")
    state = {
        # A copy: what lies in the checkpoint's file is not to be written to step by step.
        numbers[name]: {key: one.clone() if isinstance(one, Tensor) else one
                        for key, one in values.items()}
        for name, values in kept.state.items()
    }  # fmt: skip
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _is_other_kind(kept: object, own: object) -> bool:
    """Whether a number was kept as something else."""
    return isinstance(own, int | float) and not isinstance(kept, int | float)


def _fits(parameter: nn.Parameter, kept: Mapping[str, Tensor | float]) -> bool:
    """Whether it is what AdamW holds of a parameter."""
    return kept.keys() == set(_OF_ADAMW) and all(
        key == "step" or (isinstance(one, Tensor) and one.shape == parameter.shape)
        for key, one in kept.items()
    )


def flattened(kept: OptimizerState) -> tuple[dict[str, Tensor], dict[str, float]]:
    """The tensors and the numbers of a state, named by parameter and key: `NAME/exp_avg`."""
    tensors: dict[str, Tensor] = {}
    numbers: dict[str, float] = {}
    for name, values in kept.state.items():
        for key, value in values.items():
            if isinstance(value, Tensor):
                tensors[f"{name}/{key}"] = value
            else:
                numbers[f"{name}/{key}"] = value
    return tensors, numbers


def unflattened(
    tensors: Mapping[str, Tensor],
    numbers: Mapping[str, float],
    groups: Sequence[Mapping[str, object]],
) -> OptimizerState:
    """The state whose parts `flattened` named."""
    state: dict[str, dict[str, Tensor | float]] = {}
    parts: Mapping[str, Tensor | float] = {**tensors, **numbers}
    for whole, value in parts.items():
        name, _, key = whole.rpartition("/")
        state.setdefault(name, {})[key] = value
    return OptimizerState(state, groups)


def _plain(value: object) -> object:
    """A setting as JSON; a learning rate may be a tensor."""
    if isinstance(value, Tensor):
        return value.item()
    return list(value) if isinstance(value, tuple) else value


def _tupled(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


# --- random numbers ----------------------------------------------------------------------


def random_states() -> dict[str, Tensor]:
    """Where every source of random numbers of this process stands: torch's, Python's, numpy's.

    Shapes depend on the number of cards alone, so processes can exchange them.
    """
    version, numbers, gauss = random.getstate()
    found = {
        "torch": torch.get_rng_state(),
        "python": torch.tensor([version, *numbers], dtype=torch.int64),
        "python.gauss": _optional(gauss),
    }
    if "numpy" in sys.modules:
        import numpy as np

        now: Any = np.random.get_state(legacy=True)
        name, keys, place, has_gauss, cached = now
        assert name == "MT19937", "numpy's global numbers have always come from it"
        found["numpy"] = torch.tensor([*keys.tolist(), place, has_gauss], dtype=torch.int64)
        found["numpy.gauss"] = torch.tensor([cached], dtype=torch.float64)
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        for number, state in enumerate(torch.cuda.get_rng_state_all()):
            found[f"cuda.{number}"] = state
    return found


def restore_random(states: Mapping[str, Tensor]) -> None:
    """Have all sources go on from what was kept; one of a card that is not here is left out."""
    torch.set_rng_state(states["torch"].clone())
    version, *numbers = states["python"].tolist()
    is_there, gauss = states["python.gauss"].tolist()
    random.setstate((version, tuple(numbers), gauss if is_there else None))
    if "numpy" in states:
        import numpy as np

        *keys, place, has_gauss = states["numpy"].tolist()
        cached = float(states["numpy.gauss"])
        np.random.set_state(("MT19937", np.array(keys, dtype=np.uint32), place, has_gauss, cached))
    for number in range(torch.cuda.device_count()):
        if f"cuda.{number}" in states:
            torch.cuda.set_rng_state(states[f"cuda.{number}"].clone(), number)


def _optional(value: float | None) -> Tensor:
    return torch.tensor([value is not None, value or 0.0], dtype=torch.float64)
