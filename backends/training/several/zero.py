"""What the processes of a training do together where DeepSpeed trains, by transformers' own way.

Trainer hands model and optimiser to DeepSpeed's engine, which adds up gradients, clips and steps.
With ZeRO-3 a weight is empty in each process until it is gathered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import override

from ...errors import TrainingSettingsError
from ...phrases import Phrase
from ..commands import Asked
from ..keeping.values import OptimizerState
from .deepspeed_configuration import DeepSpeedConfiguration
from .ranks import SharedRanks


class DeepSpeedRanks(SharedRanks):
    """One of several processes of which each has an engine of DeepSpeed."""

    def __init__(
        self, number: int, count: int, device: torch.device, configuration: DeepSpeedConfiguration
    ) -> None:
        super().__init__(number, count, device)
        self._configuration = configuration
        self._shapes: dict[str, tuple[int, ...]] = {}

    @override
    def arguments(self) -> Mapping[str, object]:
        return {"deepspeed": dict(self._configuration.values)}

    @override
    def shard(self, model: nn.Module, frozen: torch.dtype) -> None:
        """The engine spreads it; here it comes into the type in which DeepSpeed computes."""
        for name, parameter in model.named_parameters():
            self._shapes[name] = tuple(parameter.shape)
            if parameter.is_floating_point():
                parameter.data = parameter.data.to(frozen)

    @override
    def agreed(self, asked: Asked) -> Asked:
        """A stop alone: without a checkpoint there is nothing to pause for."""
        most = super().agreed(asked)
        return Asked.NOTHING if most is Asked.PAUSE else most

    @override
    def trained_weights(self, model: nn.Module) -> Mapping[str, Tensor]:
        """Whole in the first process. Raises TrainingSettingsError for one that is not."""
        from deepspeed.runtime.zero import GatheredParameters

        whole: dict[str, Tensor] = {}
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            with GatheredParameters([parameter], enabled=hasattr(parameter, "ds_id")):
                require_whole(name, parameter.shape, self._shapes[name])
                if self.is_first:
                    whole[name] = parameter.detach().cpu().clone()
        return whole

    @override
    def optimizer_state(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> OptimizerState:
        """Nothing: it lies in DeepSpeed's own parts, and a training by it does not go on."""
        return OptimizerState({}, [])

    @override
    def restore_weights(self, model: nn.Module, weights: Mapping[str, Tensor]) -> None:
        raise _does_not_go_on()

    @override
    def restore_optimizer(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, state: OptimizerState
    ) -> None:
        raise _does_not_go_on()


def require_whole(name: str, found: Sequence[int], wanted: Sequence[int]) -> None:
    """Raise TrainingSettingsError for a weight that is not as large as the model's.

    Results of some hundred kilobytes, in which every weight is empty, are what ZeRO-3 gives to who
    does not gather them.
    """
    if tuple(found) != tuple(wanted):
        raise TrainingSettingsError(
            Phrase(
                "DeepSpeed gave “{name}” back with {found} in place of {wanted} numbers",
                name=name, found=_count(found), wanted=_count(wanted),
            ),
            hint="No empty weights are written. Use the configuration ds_config.json of the app.",
        )  # fmt: skip


def _count(shape: Sequence[int]) -> int:
    return torch.Size(shape).numel()


def _does_not_go_on() -> Any:
    return AssertionError("it is refused before anything is loaded")
