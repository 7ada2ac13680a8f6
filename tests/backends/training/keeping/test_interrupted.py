"""A training that ends at any moment goes on as if nothing had been.

It ends by an exception that leaves all files as they are, as a kill does: `test_killed.py` kills.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from backends.adapters.folder import open_adapter
from backends.errors import NothingToResumeError
from backends.training.keeping.checkpoints import read_checkpoint
from backends.training.keeping.output import checkpoint_folder, kept_steps
from tests.helpers import toy_training

_OPERATIONS = ("fsync", "replace", "mkdir", "unlink", "rmdir")


class _Killed(BaseException):
    """The process is no more."""


class _Life:
    """Counts what is done to files, and ends before or in the middle of the n-th of it."""

    def __init__(self, patch: pytest.MonkeyPatch, last: int | None = None) -> None:
        self.count = 0
        self._last = last
        self._is_over = False
        for name in _OPERATIONS:
            patch.setattr(os, name, self._counted(name, getattr(os, name)))

    def tell(self, _: object) -> None:
        """In the middle of a file of tensors."""
        self._step()

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any, **options: Any) -> Any:
            self._step()
            if name != "fsync":  # no power is cut here, and disks are slow
                return real(*arguments, **options)
            return None

        return operation

    def _step(self) -> None:
        if self._is_over or self.count == self._last:
            self._is_over = True  # nothing is taken away any more
            raise _Killed
        self.count += 1


def test_a_training_that_ends_at_any_operation_goes_on_as_if_nothing_had_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses, weights = toy_training.undisturbed()
    with monkeypatch.context() as patch:
        life = _Life(patch)
        toy_training.train(tmp_path / "whole", resume=False, tell=life.tell)
    assert life.count > 100  # three checkpoints, a result, and what is taken away

    begins = range(0, life.count // 2, 3)  # both checkpoints are written in the same way
    for last in (*begins, *range(life.count // 2, life.count)):
        output = tmp_path / str(last)
        with monkeypatch.context() as patch:
            dying = _Life(patch, last)
            with pytest.raises(_Killed):
                toy_training.train(output, resume=False, tell=dying.tell)

        for step in kept_steps(output):
            assert read_checkpoint(checkpoint_folder(output, step)).step == step
        if (output / "adapter_config.json").exists():
            assert open_adapter(output).ranks == (2, 2), last
        with monkeypatch.context() as patch:
            _Life(patch)
            found = _to_the_end(output)

        assert found == losses, last
        assert open_adapter(output).ranks == (2, 2)
        kept = safetensors.torch.load_file(output / "adapter_model.safetensors")
        for name, tensor in weights.items():
            assert torch.equal(kept[name.replace(".default", "")], tensor), last
        assert not list(output.glob("checkpoint*")), last


def _to_the_end(output: Path) -> list[float]:
    """All losses of a training that goes on, or begins anew where nothing was kept."""
    try:
        return toy_training.train(output, resume=True)[0]
    except NothingToResumeError:
        if (output / "adapter_config.json").exists():  # it was killed after its last word
            return toy_training.undisturbed()[0]
        return toy_training.train(output, resume=False)[0]
