"""8-bit weights with 16-bit activations: right in each way, and never a matrix in 16 bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from backends.modeling.baichuan import MLP
from backends.modeling.lean import int8_products
from backends.modeling.lean.int8_linear import Int8Linear
from backends.modeling.lean.int8_products import (
    Product,
    by_blocks,
    by_digits,
    by_kernel,
    multiply,
    token_product,
)
from backends.modeling.lean.int8_rows import quantize_rows
from tests.helpers import goldens
from tests.helpers.allocations import Allocations
from tests.helpers.products import whole_products

CPU = torch.device("cpu")
HALVES = [torch.bfloat16, torch.float16]
#: Rounding of results, as a share of the largest.
CLOSE = {torch.float32: 2e-5, torch.bfloat16: 6e-3, torch.float16: 1e-3}
SHAPES = [(64, 128), (24, 8), (200, 328), (1024, 64)]
ODD_SHAPES = [(3, 43), (64, 172), (172, 320)]
INT_MM = torch._int_mm
WAYS: list[Product] = [by_blocks, by_kernel, by_digits]


@pytest.fixture(autouse=True)
def exact_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "_int_mm", whole_products)


@pytest.fixture(autouse=True)
def untried() -> Iterator[None]:
    """What was tried with stubs is forgotten before and after."""
    token_product.cache_clear()
    yield
    token_product.cache_clear()


def random_rows(shape: tuple[int, int], size: float = 1.0) -> tuple[Tensor, Tensor]:
    """int8 rows, a tenth of them of much less and more than the others, and their scales."""
    generator = torch.Generator().manual_seed(shape[0] * 1000 + shape[1])
    weight = torch.randn(shape, generator=generator) * size
    weight[::10] *= 1e-3
    weight[::7] *= 20
    rows, magnitudes = quantize_rows(weight, CPU)
    return rows, magnitudes / 127.0


def row(columns: int, dtype: torch.dtype, outlier: float = 0.0) -> Tensor:
    generator = torch.Generator().manual_seed(columns)
    x = torch.randn(1, columns, generator=generator)
    if outlier:
        x[0, columns // 2] = outlier
    return x.to(dtype)


def exact(x: Tensor, rows: Tensor, scales: Tensor) -> Tensor:
    return x.double() @ (rows.double() * scales.double()[:, None]).t()


def error(found: Tensor, expected: Tensor) -> float:
    """The largest error of each product, as a share of the largest of them."""
    return float((found.double() - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", [*SHAPES, *ODD_SHAPES])
def test_each_way_multiplies_one_row(
    shape: tuple[int, int], way: Product, dtype: torch.dtype
) -> None:
    rows, scales = random_rows(shape)
    x = row(shape[1], dtype)

    found = way(x, rows, scales)

    assert found.dtype == dtype
    assert found.shape == (1, shape[0])
    assert error(found, exact(x, rows, scales)) <= CLOSE[dtype]


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("way", WAYS)
def test_the_small_activations_beside_a_massive_one_still_count(
    way: Product, dtype: torch.dtype
) -> None:
    """8-bit activations lose them: 0.4 % of 2,000 is more than any of the others."""
    rows, scales = random_rows((64, 128))
    rows[:, 64] = 0  # the massive one is multiplied by nothing
    x = row(128, dtype, outlier=2000.0)

    assert error(way(x, rows, scales), exact(x, rows, scales)) <= 2 * CLOSE[dtype]


@pytest.mark.parametrize("size", [1e-6, 1e-3, 1.0, 400.0])
@pytest.mark.parametrize("way", WAYS)
def test_sums_in_fp16_are_as_large_as_the_result_and_no_larger(way: Product, size: float) -> None:
    """Summing bytes before they are scaled ends at 65,504, with activations of a few hundred."""
    rows, scales = random_rows((64, 128), size)
    x = row(128, torch.float16)
    x *= min(6.4e4 / float(exact(x, rows, scales).abs().max()), 1e4)
    expected = exact(x, rows, scales)

    found = way(x, rows, scales)

    assert torch.isfinite(found).all()
    assert error(found, expected) <= 2e-3


@pytest.mark.parametrize("way", WAYS)
def test_zeros_are_zeros(way: Product) -> None:
    rows, scales = random_rows((64, 128))
    rows[5], scales[5] = 0, 0.0

    assert not way(torch.zeros(1, 128, dtype=torch.bfloat16), rows, scales).any()
    assert way(row(128, torch.bfloat16), rows, scales)[0, 5] == 0


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_number_stays_none(way: Product, bad: float) -> None:
    """The app stops an answer of a model that is broken; it must not look like a good one."""
    rows, scales = random_rows((64, 128))
    rows[:, 64] = 3
    x = row(128, torch.bfloat16, outlier=bad)

    assert not torch.isfinite(way(x, rows, scales)).any()


def test_digits_say_an_activation_to_21_bits() -> None:
    x = torch.tensor([[1.0, -1.0, 1 / 3, 2.0**-20, -0.7, 0.0, 1e-9, 0.015625]])
    rows = torch.eye(8, dtype=torch.int8)

    found = by_digits(x, rows, torch.ones(8))

    assert float((found - x).abs().max()) <= 2.0**-21
    assert found[0, :2].tolist() == [1.0, -1.0]


def test_digits_fit_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """None is beyond 65: not even processors that add pairs in 16 bits saturate by them."""
    seen: list[Tensor] = []

    def noted(digits: Tensor, rows: Tensor) -> Tensor:
        seen.append(digits)
        return whole_products(digits, rows)

    monkeypatch.setattr(torch, "_int_mm", noted)
    for scale in (1e-4, 1.0, 3.7, 60_000.0):
        for dtype in (*HALVES, torch.float32):
            by_digits(row(4096, torch.float32).mul_(scale).to(dtype), *random_rows((8, 4096)))

    for digits in seen:
        assert int(digits.abs().max()) <= 65
        assert not digits[3:].any()


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("count", [1, 2, 33])
def test_any_number_of_rows_in_any_form(count: int, dtype: torch.dtype) -> None:
    rows, scales = random_rows((200, 328))
    x = torch.cat([row(328, dtype, outlier=float(i)) for i in range(count)])

    found = multiply(x.view(1, count, 328), rows, scales)

    assert found.shape == (1, count, 200)
    assert error(found[0], exact(x, rows, scales)) <= CLOSE[dtype]
    assert multiply(x[0], rows, scales).shape == (200,)


@pytest.mark.parametrize("weights", [1, 328, 1000, 328 * 199, 328 * 200])
def test_blocks_of_any_size_give_the_same(weights: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, scales = random_rows((200, 328))
    x = torch.cat([row(328, torch.float32), row(328, torch.float32, outlier=50.0)])
    whole = by_blocks(x, rows, scales)

    monkeypatch.setattr(int8_products, "BLOCK_WEIGHTS", weights)

    torch.testing.assert_close(by_blocks(x, rows, scales), whole, rtol=1e-5, atol=1e-5)


# --- which way is taken --------------------------------------------------------------------


def wrong(x: Tensor, rows: Tensor, scales: Tensor) -> Tensor:
    return by_blocks(x, rows, scales) * 1.5


def missing(*_: Tensor) -> Tensor:
    raise NotImplementedError("Could not run 'aten::_int_mm' with arguments from this backend.")


def not_a_number(x: Tensor, rows: Tensor, scales: Tensor) -> Tensor:
    return by_blocks(x, rows, scales) * float("nan")


@pytest.mark.parametrize("way", [wrong, missing, not_a_number])
def test_a_way_that_is_wrong_or_missing_is_not_taken(
    way: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(int8_products, "by_kernel", way)

    assert token_product(CPU) is by_blocks


def test_a_way_that_is_right_is_taken() -> None:
    assert token_product(CPU) is by_kernel


def test_a_card_multiplies_by_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[Product, torch.device]] = []

    def is_right(product: Product, device: torch.device) -> bool:
        tried.append((product, device))
        return True

    monkeypatch.setattr(int8_products, "is_right", is_right)
    card = torch.device("cuda:1")

    assert token_product(card) is by_digits
    assert tried == [(by_digits, card)]


def test_lack_of_memory_in_the_trial_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(int8_products, "by_kernel", full)

    with pytest.raises(torch.OutOfMemoryError):
        token_product(CPU)


def test_a_layer_has_been_tried_before_anything_records_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial looks at its result, which nothing may do while a graph is recorded."""
    linear = Int8Linear(*quantize_rows(torch.randn(64, 128), CPU))

    def tried(*_: object) -> bool:
        raise AssertionError("tried too late")

    monkeypatch.setattr(int8_products, "is_right", tried)
    assert linear(row(128, torch.bfloat16)).shape == (1, 64)


# --- what is held meanwhile ----------------------------------------------------------------


def taken(product: Callable[[Tensor], Tensor], x: Tensor) -> Allocations:
    allocations = Allocations()
    with torch.inference_mode(), allocations:
        product(x)
    return allocations


def test_a_linear_layer_that_is_dequantised_is_caught() -> None:
    """The counter itself: it sees the copy that must not be made."""
    rows, scales = random_rows((4096, 1024))

    whole = taken(
        lambda x: x @ (rows.to(x.dtype) * scales.to(x.dtype)[:, None]).t(),
        row(1024, torch.bfloat16),
    )

    assert whole.largest >= 2 * rows.numel()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("shape", [(32_768, 1024), (8192, 4096)])
def test_a_token_makes_no_copy_of_a_matrix(
    shape: tuple[int, int], way: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """32 Mi weights, of which no way holds more than a block in 16 bits."""
    monkeypatch.setattr(torch, "_int_mm", INT_MM)
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(-127, 128, shape, dtype=torch.int8, generator=generator)
    scales = torch.full((shape[0],), 1e-3)

    allocations = taken(lambda x: way(x, rows, scales), row(shape[1], torch.bfloat16))

    block = 2 * int8_products.BLOCK_WEIGHTS
    assert 2 * rows.numel() >= 4 * block
    if way is by_blocks:
        assert allocations.largest == block
        assert allocations.peak <= block + 64 * shape[0]
    else:
        assert allocations.peak <= rows.numel() // 4


def test_a_prompt_makes_no_copy_of_a_matrix_either() -> None:
    rows = torch.ones(32_768, 1024, dtype=torch.int8)
    scales = torch.full((32_768,), 1e-3)
    x = torch.cat([row(1024, torch.bfloat16)] * 8)

    allocations = taken(lambda x: multiply(x, rows, scales), x)

    block = 2 * int8_products.BLOCK_WEIGHTS
    assert allocations.peak <= block + 2 * 2 * 8 * 32_768 + 64 * 32_768


def test_a_layer_multiplies_as_its_matrix_does_and_holds_bytes() -> None:
    weight = torch.randn(64, 128)
    linear: nn.Module = Int8Linear(*quantize_rows(weight, CPU))

    held = {name: (t.dtype, tuple(t.shape)) for name, t in linear.state_dict().items()}
    assert held == {"weight": (torch.int8, (64, 128)), "scale": (torch.float32, (64,))}
    x = row(128, torch.float32)
    assert error(linear(x), (x @ weight.t()).double()) <= 0.01


@pytest.mark.parametrize("count", [1, 5])
def test_gate_and_up_are_one_product_with_the_same_digits(count: int) -> None:
    config = goldens.checkpoint("b2-7b", "single").config
    mlp = MLP(config)
    for name in ("gate_proj", "up_proj", "down_proj"):
        weight = getattr(mlp, name).weight.detach()
        setattr(mlp, name, Int8Linear(*quantize_rows(weight, CPU)))
    x = torch.randn(1, count, config.hidden_size)
    expected, names = mlp(x), list(mlp.state_dict())
    products: list[int] = []

    def noted(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
        products.append(len(weight))
        return multiply(x, weight, scale)

    mlp.join()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Int8Linear, "multiply", staticmethod(noted))
        found = mlp(x)

    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)
    assert products == [2 * config.intermediate_size, config.hidden_size]
    assert list(mlp.state_dict()) == names
