"""How a process that torch's launcher has started becomes one of several that train together."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Final

import torch
import torch.distributed as dist

from ..values import Device, TrainingRequest
from .deepspeed_configuration import configuration_file, read_configuration
from .meeting import ranks_store
from .places import NUMBER_VARIABLE
from .ranks import SharedRanks
from .zero import DeepSpeedRanks

#: How long a process waits for another, which may be writing a checkpoint of many gigabytes.
_PATIENCE: Final = timedelta(hours=2)
#: What torch's launcher tells a process; accelerate would take it for an order to wrap the model.
_ORDERS: Final = ("LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")


def join_ranks(folder: Path, request: TrainingRequest) -> SharedRanks:
    """This process among those of its training; returns when all are there. Raises RuntimeError.

    `folder` is that of its machine's ranks.
    """
    number, count = int(os.environ[NUMBER_VARIABLE]), int(os.environ["WORLD_SIZE"])
    on_cards = request.device is not Device.CPU and torch.cuda.is_available()
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if on_cards else "gloo",
        store=ranks_store(folder),
        rank=number,
        world_size=count,
        timeout=_PATIENCE,
    )
    place = torch.device("cuda" if on_cards else "cpu")
    if request.several.deepspeed is not None:
        file = configuration_file(request.several.deepspeed)
        return DeepSpeedRanks(number, count, place, read_configuration(file))
    for name in _ORDERS:
        os.environ.pop(name, None)
    return SharedRanks(number, count, place)
