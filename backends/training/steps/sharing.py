"""What several processes that share a training do together; here for one that is alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ..commands import Asked
from ..keeping import tensors
from ..keeping.values import OptimizerState


class Sharing:
    """A process that trains alone. Several are told by a subclass, one object in each of them.

    What says so is called by all processes at the same time.
    """

    number = 0  #: of this process, from 0
    count = 1
    #: Whether the gradients of all processes are averaged; otherwise they are added up.
    averages_gradients = False

    @property
    def is_first(self) -> bool:
        """Whether this one tells and writes what all have computed."""
        return self.number == 0

    def arguments(self) -> Mapping[str, object]:
        """What transformers' TrainingArguments get besides."""
        return {}

    #: Whether `shard` divides the model, so that no process needs memory for all of it.
    is_spread = False

    def shard(self, model: nn.Module, frozen: torch.dtype) -> None:
        """Spread a model over the processes, before its optimiser is made. All call it.

        What is not trained is held in `frozen`.
        """

    def summed(self, value: Tensor) -> Tensor:
        """The sum of a tensor of numbers over all processes. All call it."""
        return value

    def agreed(self, asked: Asked) -> Asked:
        """The most that was asked of any process. All call it."""
        return asked

    def clipped_norm(self, model: nn.Module, most: float) -> Tensor:
        """The norm of all gradients, which are scaled down to `most`; 0: as they are.

        All call it.
        """
        given = [one for one in model.parameters() if one.grad is not None]
        return nn.utils.clip_grad_norm_(given, most if most > 0 else math.inf)

    # --- what is kept ------------------------------------------------------------------------

    def trained_weights(self, model: nn.Module) -> Mapping[str, Tensor]:
        """Every weight that is trained, whole, by its name in the model. All call it."""
        return {
            name: parameter.detach()
            for name, parameter in model.named_parameters()
            if parameter.requires_grad
        }

    def restore_weights(self, model: nn.Module, weights: Mapping[str, Tensor]) -> None:
        """Put weights of `trained_weights` back. All call it."""
        tensors.restore_weights(model.named_parameters(), weights)

    def optimizer_state(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> OptimizerState:
        """The whole state of an optimiser. All call it."""
        return tensors.optimizer_state(optimizer, model.named_parameters())

    def restore_optimizer(
        self, model: nn.Module, optimizer: torch.optim.Optimizer, state: OptimizerState
    ) -> None:
        """Put a state of `optimizer_state` back. All call it."""
        tensors.restore_optimizer(optimizer, model.named_parameters(), state)

    def random_states(self) -> Sequence[Mapping[str, Tensor]]:
        """The state of chance in each process. All call it."""
        return (tensors.random_states(),)

    def restore_random(self, states: Sequence[Mapping[str, Tensor]]) -> None:
        """Put states of `random_states` back. All call it."""
        tensors.restore_random(states[self.number])
