"""Gate and up as one product: under the released names, and only while both are what they were."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from backends.model_config import Family, ModelConfig
from backends.modeling.adapters.layers import LowRankLinear
from backends.modeling.baichuan import MLP, BaichuanForCausalLM
from backends.modeling.lean.int8_linear import Int8Linear
from tests.helpers import goldens
from tests.helpers.operations import OperationCounter

TINY = ModelConfig(Family.BAICHUAN_7B, 10, 8, 1, 2, 24, 32)
PRODUCTS_APART, PRODUCTS_JOINED = 3, 2  #: with the one of `down_proj`


def make_mlp(*, joined: bool, dtype: torch.dtype = torch.float32) -> MLP:
    torch.manual_seed(0)
    mlp = MLP(TINY).to(dtype).requires_grad_(False)
    if joined:
        mlp.join()
    return mlp


def states(dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(1, 5, 8, generator=torch.Generator().manual_seed(1)).to(dtype)


def products(mlp: MLP) -> int:
    counter = OperationCounter()
    with torch.inference_mode(), counter:
        mlp(states(mlp.down_proj.weight.dtype))
    return counter.counts["linear"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_one_product_gives_what_two_give(dtype: torch.dtype) -> None:
    apart, joined = make_mlp(joined=False, dtype=dtype), make_mlp(joined=True, dtype=dtype)

    assert (products(apart), products(joined)) == (PRODUCTS_APART, PRODUCTS_JOINED)
    torch.testing.assert_close(joined(states(dtype)), apart(states(dtype)))


def test_the_names_and_values_stay() -> None:
    apart, joined = make_mlp(joined=False).state_dict(), make_mlp(joined=True).state_dict()

    assert list(joined) == ["gate_proj.weight", "up_proj.weight", "down_proj.weight"]
    assert all(torch.equal(joined[name], apart[name]) for name in apart)


@pytest.mark.parametrize("name", goldens.NAMES)
def test_a_model_that_is_joined_has_the_released_names_and_the_golden_logits(name: str) -> None:
    model = plain_copy(name)
    names = set(model.config.tensor_shapes())
    for module in model.modules():
        if isinstance(module, MLP):
            module.join()
    data = goldens.arrays(name, "logits.npz")

    with torch.inference_mode(), OperationCounter() as counter:
        logits = model(torch.from_numpy(data["ids_130"].astype("int64"))[None])[0]

    assert set(model.state_dict()) == names
    assert counter.counts["linear"] == 4 * model.config.num_layers + 1
    rows = data.get("rows_130")
    actual = logits if rows is None else logits[rows.tolist()]
    expected = torch.from_numpy(data["logits_130"])
    torch.testing.assert_close(actual, expected, rtol=0, atol=3e-5)


def plain_copy(name: str) -> BaichuanForCausalLM:
    """A golden model whose layers are torch's own, to be changed."""
    checkpoint = goldens.checkpoint(name)
    model = BaichuanForCausalLM(checkpoint.config).requires_grad_(False)
    source = goldens.folder(name, "safetensors" if not name.endswith("h5") else "single")
    file = source / "model.safetensors"
    state = safetensors.torch.load_file(file) if file.exists() else torch.load(
        source / "pytorch_model.bin", weights_only=True
    )  # fmt: skip
    model.load_state_dict({n: t.float() for n, t in state.items() if "inv_freq" not in n})
    return model.eval()


# --- what an adapter does ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["gate_proj", "up_proj"])
def test_what_is_merged_into_one_half_changes_that_half_alone(name: str) -> None:
    apart, joined = make_mlp(joined=False), make_mlp(joined=True)
    delta = torch.randn(24, 8, generator=torch.Generator().manual_seed(2))

    for mlp in (apart, joined):
        getattr(mlp, name).weight.add_(delta)

    assert products(joined) == PRODUCTS_JOINED
    torch.testing.assert_close(joined(states()), apart(states()))
    assert all(torch.equal(t, apart.state_dict()[n]) for n, t in joined.state_dict().items())


class LowRank(nn.Module):
    """As PEFT wraps a linear layer."""

    def __init__(self, base: nn.Module) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.base_layer = base
        self.a = torch.randn(2, 8, generator=generator)
        self.b = torch.randn(24, 2, generator=generator)

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.base_layer(x) + x @ self.a.t() @ self.b.t()
        return added


def wrap(mlp: MLP, name: str) -> None:
    setattr(mlp, name, LowRank(getattr(mlp, name)))


def wrap_both(mlp: MLP, name: str) -> None:
    del name
    wrap(mlp, "gate_proj")
    wrap(mlp, "up_proj")


def replace_weight(mlp: MLP, name: str) -> None:
    old = getattr(mlp, name).weight
    getattr(mlp, name).weight = nn.Parameter(2 * old, requires_grad=False)


def replace_data(mlp: MLP, name: str) -> None:
    getattr(mlp, name).weight.data = 3 * getattr(mlp, name).weight


def assign_state(mlp: MLP, name: str) -> None:
    state = {f"{name}.weight": 4 * getattr(mlp, name).weight}
    mlp.load_state_dict(state, strict=False, assign=True)


def add_hook(mlp: MLP, name: str) -> None:
    getattr(mlp, name).register_forward_hook(lambda _m, _x, out: 5 * out)


def add_pre_hook(mlp: MLP, name: str) -> None:
    getattr(mlp, name).register_forward_pre_hook(lambda _m, args: (6 * args[0],))


def patch_forward(mlp: MLP, name: str) -> None:
    """As accelerate does."""
    layer = getattr(mlp, name)
    plain = layer.forward
    layer.forward = lambda x: 7 * plain(x)


def add_bias(mlp: MLP, name: str) -> None:
    getattr(mlp, name).bias = nn.Parameter(torch.ones(24), requires_grad=False)


def parametrise(mlp: MLP, name: str) -> None:
    class Doubled(nn.Module):
        def forward(self, weight: Tensor) -> Tensor:
            return 2 * weight

    nn.utils.parametrize.register_parametrization(getattr(mlp, name), "weight", Doubled())


def swap_storage(mlp: MLP, name: str) -> None:
    """Both halves in one memory still, but the other way round."""
    del name
    both = torch.cat((mlp.up_proj.weight, mlp.gate_proj.weight))
    mlp.up_proj.weight.data, mlp.gate_proj.weight.data = both[:24], both[24:]


CHANGES = [
    wrap, wrap_both, replace_weight, replace_data, assign_state, add_hook, add_pre_hook,
    patch_forward, add_bias, parametrise, swap_storage,
]  # fmt: skip


@pytest.mark.parametrize("name", ["gate_proj", "up_proj"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_half_that_was_changed_is_computed_as_it_is_now(
    change: Callable[[MLP, str], None], name: str
) -> None:
    apart, joined = make_mlp(joined=False), make_mlp(joined=True)
    before = joined(states())

    change(apart, name)
    change(joined, name)

    assert products(joined) == PRODUCTS_APART
    torch.testing.assert_close(joined(states()), apart(states()))
    if change is not swap_storage:
        assert not torch.allclose(joined(states()), before)


@pytest.mark.parametrize("halves", [("gate_proj",), ("up_proj",), ("gate_proj", "up_proj")])
def test_halves_that_are_trained_learn(halves: tuple[str, ...]) -> None:
    """A product of both as one would give the second no gradient."""
    joined, apart = make_mlp(joined=True), make_mlp(joined=False)

    for mlp in (joined, apart):
        for half in halves:
            mlp.get_submodule(half).requires_grad_(True)
        mlp(states()).square().sum().backward()

    assert products(joined) == PRODUCTS_APART
    for half in halves:
        found = joined.get_parameter(f"{half}.weight").grad
        expected = apart.get_parameter(f"{half}.weight").grad
        assert found is not None
        assert expected is not None
        torch.testing.assert_close(found, expected)


def test_weights_that_are_loaded_into_joined_ones_stay_joined() -> None:
    joined, other = make_mlp(joined=True), MLP(TINY).requires_grad_(False)

    joined.load_state_dict(other.state_dict())

    assert products(joined) == PRODUCTS_JOINED
    torch.testing.assert_close(joined(states()), other(states()))


def test_a_copy_of_a_joined_model_is_its_own() -> None:
    joined = make_mlp(joined=True)
    copied = copy.deepcopy(joined)
    before = joined(states())

    copied.up_proj.weight.zero_()

    torch.testing.assert_close(joined(states()), before)
    assert not copied(states()).any()


# --- kinds of layers ---------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rows", [1, 5])
def test_weights_in_8_bits_are_joined_with_their_scales(rows: int, dtype: torch.dtype) -> None:
    def make(seed: int) -> Int8Linear:
        generator = torch.Generator().manual_seed(seed)
        weight = torch.randint(-127, 128, (24, 8), generator=generator, dtype=torch.int8)
        return Int8Linear(weight, torch.rand(24, generator=generator))

    apart, joined = (mlp_of(make(1), make(2)) for _ in range(2))
    for mlp in (apart, joined):
        mlp.down_proj.to(dtype)
    x = states(dtype)[:, :rows]

    joined.join()

    torch.testing.assert_close(joined(x), apart(x))
    assert joined.gate_proj.weight.dtype == torch.int8
    assert joined.up_proj.weight.storage_offset() == 24 * 8
    with torch.inference_mode(), OperationCounter() as one:
        joined(x)
    with torch.inference_mode(), OperationCounter() as two:
        apart(x)
    assert one.total < two.total


class ByRows(nn.Module):
    """A layer of whole numbers and a scale for each row."""

    row_tensors = ("weight", "scale")

    weight: Tensor
    scale: Tensor

    def __init__(self, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.register_buffer("weight", torch.randint(-127, 128, (24, 8), generator=generator))
        self.register_buffer("scale", torch.rand(24, generator=generator))

    @staticmethod
    def multiply(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
        return nn.functional.linear(x, weight.float()) * scale

    def forward(self, x: Tensor) -> Tensor:
        return self.multiply(x, self.weight, self.scale)


def mlp_of(gate: nn.Module, up: nn.Module) -> MLP:
    mlp = make_mlp(joined=False)
    mlp.set_submodule("gate_proj", gate)
    mlp.set_submodule("up_proj", up)
    return mlp


def test_layers_that_hold_their_matrix_by_rows_are_joined_with_all_their_tensors() -> None:
    apart, joined = (mlp_of(ByRows(1), ByRows(2)) for _ in range(2))

    joined.join()

    assert (products(apart), products(joined)) == (PRODUCTS_APART, PRODUCTS_JOINED)
    torch.testing.assert_close(joined(states()), apart(states()))
    assert list(joined.state_dict()) == list(apart.state_dict())


def test_layers_of_two_kinds_are_kept_apart() -> None:
    mixed = mlp_of(ByRows(1), nn.Linear(8, 24, bias=False).requires_grad_(False))
    before = mixed(states())

    mixed.join()

    assert products(mixed) == PRODUCTS_APART
    torch.testing.assert_close(mixed(states()), before)


def test_an_adapter_adds_to_what_joined_layers_compute_together() -> None:
    alone, mlp = make_mlp(joined=False), make_mlp(joined=True)
    generator = torch.Generator().manual_seed(2)
    added = {}
    for name in ("gate_proj", "up_proj"):
        own = mlp.get_submodule(name)
        down, up = torch.randn(2, 8, generator=generator), torch.randn(2, 24, generator=generator)
        added[name] = LowRankLinear(own, down, up, 0.5)
        weight = alone.get_submodule(name).get_parameter("weight")
        alone.set_submodule(name, nn.Linear(8, 24, bias=False))
        alone.get_submodule(name).weight = nn.Parameter(weight + 0.5 * up.t() @ down)

    mlp.set_submodule("gate_proj", added["gate_proj"])
    assert products(mlp) == PRODUCTS_JOINED + 1  # by `down`; `up` is added as it is multiplied
    mlp.set_submodule("up_proj", added["up_proj"])
    assert products(mlp) == PRODUCTS_JOINED + 2

    with torch.inference_mode():
        torch.testing.assert_close(mlp(states()), alone(states()))
