"""The plan of a copy of a Baichuan 2 checkpoint whose output head is an ordinary linear one.

The rows of `lm_head.weight` are written normalised, once, so that engines and optimisations made
for Baichuan 1, which multiply with the head as it is stored, compute what Baichuan 2 does. Nothing
in config.json says which head a model has: readers that know Baichuan 2 go by its vocabulary of
125,696 (so does this app) and normalise again, which changes nothing but the last bits. So
config.json stays as it is, and the manifest's options say what was done.

The head is written in fp32 whatever the type of the rest is. Rounded to bf16 a second time, its
logits would be off by a thousandth of their size; an engine that runs in bf16 rounds it as it
loads, and then has exactly what this app has in bf16.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ..checkpoint.folder import Checkpoint
from ..checkpoint.weight_checks import check_finite
from ..errors import JobError
from ..files.tensor_files import TensorRecord
from ..modeling.baichuan import FOLDED_ROWS, normalised
from ..modeling.weights import map_tensor
from .copy_plan import CopyPlan, Group, plain_group, require_unquantized
from .safetensors_writer import Block, TensorSpec

_HEAD = "lm_head.weight"


def fold_plan(checkpoint: Checkpoint) -> CopyPlan:
    """The plan of a copy of `checkpoint` with a normalised head. Raises JobError."""
    require_unquantized(checkpoint)
    if not checkpoint.config.family.uses_norm_head:
        raise JobError(
            "“{name}” is a Baichuan 1 model, whose head is a linear one already.",
            hint="Engines made for Baichuan 1 run it as it is.",
            name=checkpoint.folder.name,
        )
    groups = [
        _folded_group(record) if name == _HEAD else plain_group(record)
        for name, record in checkpoint.tensors.items()
    ]
    return CopyPlan(groups, {}, {"precision": None, "head": "folded"})


def _folded_group(record: TensorRecord) -> Group:
    def blocks() -> Iterator[Block]:
        for rows in torch.split(map_tensor(record), FOLDED_ROWS):
            check_finite(record, rows.view(-1).view(torch.uint8).numpy())
            yield normalised(rows).numpy().data

    return Group(record, (TensorSpec(record.name, "F32", record.shape),), blocks)
