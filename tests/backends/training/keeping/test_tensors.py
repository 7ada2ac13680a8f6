from __future__ import annotations

import functools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_optimizer_state_dict

from backends.copying.safetensors_writer import plan_shards
from backends.errors import DamagedTrainingError
from backends.training.keeping import tensors
from backends.training.keeping.checkpoints import restoring
from backends.training.keeping.sealed import GrowingFolder
from backends.training.keeping.values import OptimizerState
from tests.helpers.toy_training import Toy, after, request

PLAIN = StateDictOptions(full_state_dict=True, cpu_offload=True)


@pytest.mark.parametrize("fused", [False, True])
def test_an_optimiser_goes_on_as_if_it_had_never_stopped(tmp_path: Path, *, fused: bool) -> None:
    first, second = Toy(request(tmp_path), fused=fused), Toy(request(tmp_path), fused=fused)
    for _ in range(3):
        first.learn()
    kept = first.snapshot()
    kept = Toy.copied(kept)  # what the first one does later is not in it

    second.go_on_from(kept)
    for _ in range(2):
        first.learn()
    second.curve.steps.clear()
    tensors.restore_random(kept.random[0])
    for _ in range(2):
        second.learn()

    assert second.losses() == first.losses()[3:]
    assert second.optimizer.param_groups[0]["betas"] == (0.9, 0.98)
    assert second.optimizer.param_groups[1]["weight_decay"] == 0.0
    for name, one in first.named.items():
        assert torch.equal(one, second.named[name])


def test_what_was_kept_is_not_written_to_by_later_steps(tmp_path: Path) -> None:
    kept = Toy.copied(after(3, tmp_path))
    name = next(iter(kept.optimizer.state))
    before = {key: torch.as_tensor(one).clone() for key, one in kept.optimizer.state[name].items()}

    toy = Toy(request(tmp_path))
    toy.go_on_from(kept)
    toy.learn()

    for key, one in before.items():
        assert torch.equal(one, torch.as_tensor(kept.optimizer.state[name][key]))


@pytest.mark.parametrize(
    ("made_by", "goes_on_in"), [(False, True), (True, False)], ids=["to fused", "from fused"]
)
def test_how_it_computes_is_up_to_the_optimiser_that_goes_on(
    tmp_path: Path, *, made_by: bool, goes_on_in: bool
) -> None:
    first, second = Toy(request(tmp_path), fused=made_by), Toy(request(tmp_path), fused=goes_on_in)
    first.learn()

    second.go_on_from(first.snapshot())

    assert second.optimizer.param_groups[0]["fused"] is goes_on_in
    steps = [state["step"] for state in second.optimizer.state.values()]
    assert [float(step) for step in steps] == [1.0] * 4
    second.learn()


def test_the_step_of_a_fused_optimiser_lies_where_its_parameters_lie() -> None:
    def optimizer(device: str, *, fused: bool) -> tuple[torch.optim.Optimizer, dict[str, Any]]:
        named = {"w": nn.Parameter(torch.ones(2, device=device))}
        made = torch.optim.AdamW(named.values(), lr=0.1)
        made.param_groups[0]["fused"] = fused  # which `meta` would refuse
        return made, named

    host, of_host = optimizer("cpu", fused=False)
    of_host["w"].grad = torch.ones(2)
    host.step()
    kept = tensors.optimizer_state(host, of_host.items())

    found = {}
    for fused in (False, True):
        card, of_card = optimizer("meta", fused=fused)
        tensors.restore_optimizer(card, of_card.items(), kept)
        (state,) = card.state.values()
        assert state["exp_avg"].device.type == "meta"
        found[fused] = state["step"].device.type
    assert found == {False: "cpu", True: "meta"}


def test_an_optimiser_of_other_parameters_is_refused(tmp_path: Path) -> None:
    kept = after(1, tmp_path).optimizer
    others = {name: nn.Parameter(torch.zeros(2)) for name in ("a", "b")}
    optimizer = torch.optim.AdamW([{"params": [one]} for one in others.values()])

    with pytest.raises(ValueError, match="other parameters"):
        tensors.restore_optimizer(optimizer, others.items(), kept)


@pytest.mark.parametrize(
    ("key", "value"),
    [("exp_avg", torch.zeros(3)), ("exp_avg", 1.0), ("exp_avg", None), ("lr", "1"), ("lr", None)],
)
def test_what_fits_no_optimiser_is_found_before_the_next_step(
    tmp_path: Path, key: str, value: Any
) -> None:
    toy, kept = Toy(request(tmp_path)), after(2, tmp_path)
    name = next(iter(toy.named))
    groups = [dict(group) for group in kept.optimizer.groups]
    state = {one: dict(values) for one, values in kept.optimizer.state.items()}
    changed: dict[str, Any] = groups[0] if key == "lr" else state[name]
    changed[key] = value
    if value is None and key != "lr":
        del changed[key]

    with (
        pytest.raises(DamagedTrainingError, match="it does not fit this model"),
        restoring(tmp_path, kept),
    ):
        tensors.restore_optimizer(toy.optimizer, toy.named.items(), OptimizerState(state, groups))


def test_the_form_is_that_in_which_torch_gathers_shards() -> None:
    model = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()

    ours = tensors.optimizer_state(optimizer, model.named_parameters())
    theirs: Any = get_optimizer_state_dict(model, optimizer, options=PLAIN)

    assert ours.state.keys() == theirs["state"].keys()
    for name, values in theirs["state"].items():
        assert values.keys() == ours.state[name].keys()
        for key, one in values.items():
            assert torch.equal(torch.as_tensor(one), torch.as_tensor(ours.state[name][key]))
    assert ours.groups[0]["params"] == theirs["param_groups"][0]["params"]


def test_every_source_of_random_numbers_goes_on_where_it_was() -> None:
    def drawn() -> list[float]:
        return [
            float(torch.rand(1)), random.random(), random.gauss(0, 1), float(np.random.normal()),
        ]  # fmt: skip

    drawn()  # an odd number of each kind of normal ones: one is kept back
    kept = tensors.random_states()
    expected = [drawn(), drawn()]

    tensors.restore_random(kept)

    assert [drawn(), drawn()] == expected


def test_states_of_random_numbers_always_have_the_same_shapes() -> None:
    """So that processes can exchange them."""
    first = tensors.random_states()
    random.gauss(0, 1)
    np.random.normal()

    second = tensors.random_states()

    assert {name: (one.dtype, one.shape) for name, one in first.items()} == {
        name: (one.dtype, one.shape) for name, one in second.items()
    }


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor(3.0),
        torch.arange(6, dtype=torch.int64).reshape(2, 3),
        torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
        torch.tensor([[1.0, float("nan")], [float("-inf"), 1e-45]]).t(),
        torch.tensor([0.1], dtype=torch.float64),
        torch.tensor([True, False]),
    ],
    ids=str,
)
def test_a_tensor_of_any_type_comes_back_bit_for_bit(tensor: torch.Tensor, tmp_path: Path) -> None:
    given = {"odd": torch.tensor([1], dtype=torch.uint8), "a/b": tensor}
    with GrowingFolder(tmp_path / "kept") as growing:
        for _ in tensors.put_shards(growing, tensors.shards_of("some", given), given):
            pass
        growing.finish()

    found = tensors.read_tensors([tmp_path / "kept" / "some.safetensors"])["a/b"]

    assert (found.dtype, found.shape) == (tensor.dtype, tensor.shape)
    assert bytes(tensors.raw(found)) == bytes(tensors.raw(tensor))


def test_many_tensors_are_spread_over_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {f"{number}": torch.full((100,), float(number)) for number in range(5)}
    small = functools.partial(plan_shards, shard_bytes=800)
    monkeypatch.setattr(tensors, "plan_shards", small)
    with GrowingFolder(tmp_path / "kept") as growing:
        for _ in tensors.put_shards(growing, tensors.shards_of("weights", given), given):
            pass
        growing.finish()

    assert sorted(file.name for file in (tmp_path / "kept").iterdir()) == [
        f"weights-0000{number}-of-00003.safetensors" for number in (1, 2, 3)
    ]
    found = tensors.read_tensors((tmp_path / "kept").iterdir())
    assert all(torch.equal(found[name], one) for name, one in given.items())
