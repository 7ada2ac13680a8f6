"""The estimate is what is allocated, and what was published."""

from __future__ import annotations

import pytest
import torch

from backends import memory
from backends.base import Precision
from backends.errors import GIB
from backends.modeling.config import Family, ModelConfig
from backends.modeling.kv_cache import KVCache
from tests.helpers import goldens

SHAPES = {
    Family.BAICHUAN_7B: (64_000, 4096, 32, 32, 11_008),
    Family.BAICHUAN_13B: (64_000, 5120, 40, 40, 13_696),
    Family.BAICHUAN2_7B: (125_696, 4096, 32, 32, 11_008),
    Family.BAICHUAN2_13B: (125_696, 5120, 40, 40, 13_696),
}


def config(family: Family) -> ModelConfig:
    return ModelConfig(family, *SHAPES[family], context_length=4096)


@pytest.mark.parametrize(
    ("family", "billions", "gib", "kib_a_token"),
    [
        (Family.BAICHUAN_7B, 7.00, 13.0, 512),
        (Family.BAICHUAN_13B, 13.26, 24.7, 800),
        (Family.BAICHUAN2_7B, 7.51, 14.0, 512),
        (Family.BAICHUAN2_13B, 13.90, 25.9, 800),
    ],
)
def test_released_models_take_what_was_published(
    family: Family, billions: float, gib: float, kib_a_token: int
) -> None:
    need = memory.needed(config(family), Precision.BF16, 4096)

    assert config(family).parameters / 1e9 == pytest.approx(billions, abs=0.005)
    assert need.weights / GIB == pytest.approx(gib, abs=0.05)
    assert memory.kv_bytes_per_token(config(family), Precision.BF16) == kib_a_token * 1024
    assert need.kv_cache == kib_a_token * 1024 * 4096
    assert need.total == need.weights + need.kv_cache + need.activations + need.library
    assert memory.needed(config(family), Precision.FP32, 4096).weights == 2 * need.weights


@pytest.mark.parametrize("name", goldens.NAMES)
@pytest.mark.parametrize("precision", list(Precision))
def test_weights_and_cache_are_what_is_allocated(name: str, precision: Precision) -> None:
    dtype = {Precision.FP32: torch.float32, Precision.BF16: torch.bfloat16}[precision]
    model = goldens.model(name, dtype=str(dtype).removeprefix("torch."))
    cache = KVCache(model.config, 100, dtype=dtype, device=torch.device("cpu"))

    need = memory.needed(model.config, precision, 100)

    assert need.weights == sum(p.nbytes for p in model.parameters())
    assert need.kv_cache == sum(t.nbytes for t in (*cache._keys, *cache._values))


def test_activations_stay_far_below_the_weights() -> None:
    """No mask of the whole context: that would be 2.7 GB at 13B."""
    for family in SHAPES:
        assert memory.needed(config(family), Precision.BF16, 4096).activations < 100 * 2**20
