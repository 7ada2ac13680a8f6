"""What the processes of a training do together, by FSDP2.

Trainer and accelerate believe in each of them that it is alone: what is shared is shared here, and
in the model's own passes. Every weight that is spread lies in equal parts on all processes; a layer
is put together when it computes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from typing_extensions import override

from ...modeling.baichuan import DecoderLayer
from ..commands import Asked
from ..keeping import tensors
from ..keeping.values import OptimizerState
from ..steps.sharing import Sharing


class SharedRanks(Sharing):
    """One of several processes, each of which computes a part of every batch.

    The weights are spread over all. Those in 4 bits are not, which FSDP2 cannot divide: of a model
    that has some, each process holds all, and gradients of the adapter are averaged.
    """

    averages_gradients = True
    is_spread = True

    def __init__(self, number: int, count: int, device: torch.device) -> None:
        self.number = number
        self.count = count
        self._device = device
        self._holds_all = False

    @override
    def shard(self, model: nn.Module, frozen: torch.dtype) -> None:
        self._holds_all = any(not one.is_floating_point() for one in model.parameters())
        if self._holds_all:
            return
        mesh = dist.init_device_mesh(self._device.type, (self.count,))
        layers = [one for one in model.modules() if isinstance(one, DecoderLayer)]
        # At last the module that is called: PEFT calls the model in it without its hooks.
        for module in (*layers, model):
            # One layer at a time is there as a whole: what was mapped is read now.
            for parameter in module.parameters():
                if not isinstance(parameter, DTensor):
                    dtype = torch.float32 if parameter.requires_grad else frozen
                    parameter.data = parameter.data.to(dtype)
            fully_shard(module, mesh=mesh)

    @override
    def summed(self, value: Tensor) -> Tensor:
        total = value.detach().clone()
        dist.all_reduce(total)
        return total

    @override
    def agreed(self, asked: Asked) -> Asked:
        most = torch.tensor(int(asked))
        dist.all_reduce(most, dist.ReduceOp.MAX)
        return Asked(int(most))

    @override
    def clipped_norm(self, model: nn.Module, most: float) -> Tensor:
        given = [one for one in model.parameters() if one.grad is not None]
        if self._holds_all:
            for one in given:
                dist.all_reduce(one.grad)
                one.grad.div_(self.count)  # type: ignore[union-attr]
        norm = nn.utils.clip_grad_norm_(given, most if most > 0 else math.inf)
        return norm.full_tensor() if isinstance(norm, DTensor) else norm

    # --- what is kept --------------------------------------------------------------------------

    @override
    def trained_weights(self, model: nn.Module) -> Mapping[str, Tensor]:
        """Whole in the first process; the others have none."""
        _rest(model)
        return self._gathered({
            name: parameter.detach()
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
        })  # fmt: skip

    @override
    def restore_weights(self, model: nn.Module, weights: Mapping[str, Tensor]) -> None:
        _rest(model)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if parameter.requires_grad:
                    parameter.copy_(_part_of(weights[name], parameter))

    @override
    def optimizer_state(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> OptimizerState:
        """Whole in the first process."""
        _rest(model)
        own = tensors.optimizer_state(optimizer, model.named_parameters())
        return OptimizerState(
            {name: self._gathered(values) for name, values in own.state.items()}, own.groups
        )

    @override
    def restore_optimizer(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, state: OptimizerState
    ) -> None:
        _rest(model)
        parameters = dict(model.named_parameters())
        own = {
            name: {
                key: _part_of(one, parameters[name]) if _is_of(one, parameters[name]) else one
                for key, one in values.items()
            }
            for name, values in state.state.items()
        }
        tensors.restore_optimizer(
            optimizer, model.named_parameters(), OptimizerState(own, state.groups)
        )

    @override
    def random_states(self) -> Sequence[Mapping[str, Tensor]]:
        own = tensors.random_states()
        found: list[dict[str, Tensor]] = [{} for _ in range(self.count)]
        for name, state in own.items():
            parts = [torch.empty_like(state) for _ in range(self.count)]
            dist.all_gather(parts, state)
            for states, part in zip(found, parts, strict=True):
                states[name] = part
        return found

    def leave(self) -> None:
        """Take leave of the others, once all is done."""
        dist.destroy_process_group()

    def _gathered(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        """What lies in parts on all processes, whole on the host of the first, one at a time."""
        whole: dict[str, Any] = {}
        for name, part in parts.items():
            one = part.full_tensor() if isinstance(part, DTensor) else part
            if self.is_first:
                # A copy on the host: what is gathered from the next one needs the room on a card.
                whole[name] = one.cpu() if isinstance(one, Tensor) else one
        return whole


def _rest(model: nn.Module) -> None:
    """Let go of what was put together for a pass; after one without gradients FSDP2 keeps some."""
    if isinstance(model, FSDPModule):
        model.reshard()


def _is_of(value: Tensor | float, parameter: nn.Parameter) -> bool:
    """Whether a part of an optimiser's state has a number for each one of a parameter."""
    return isinstance(value, Tensor) and value.shape == parameter.shape


def _part_of(whole: Any, parameter: nn.Parameter) -> Tensor:
    """What this process holds of a tensor that it has whole, as it holds the parameter."""
    if not isinstance(parameter, DTensor):
        return whole  # type: ignore[no-any-return]
    on_device = whole.to(parameter.device)
    part: Tensor = distribute_tensor(
        on_device, parameter.device_mesh, parameter.placements, src_data_rank=None
    )
    return part
