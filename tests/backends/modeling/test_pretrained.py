"""The bridge to transformers computes what the app computes, and loads key for key."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")

from backends.modeling.pretrained import PretrainedBaichuan
from tests.helpers import goldens


@pytest.mark.parametrize("name", ["b1-7b", "b1-13b", "b2-7b", "b2-13b"])
@pytest.mark.parametrize("layout", ["single", "sharded", "safetensors"])
def test_from_pretrained_matches_the_released_logits(name: str, layout: str) -> None:
    loaded: Any = PretrainedBaichuan.from_pretrained(
        goldens.folder(name, layout), dtype=torch.float32, output_loading_info=True
    )
    model, info = loaded
    assert not info["missing_keys"]
    assert not info["unexpected_keys"]
    golden = goldens.arrays(name, "logits.npz")
    ids = torch.from_numpy(golden["ids_7"].astype(np.int64))[None]
    with torch.no_grad():
        output = model.eval()(ids, labels=ids)
    np.testing.assert_allclose(output.logits[0].numpy(), golden["logits_7"], atol=3e-5)
    expected = torch.nn.functional.cross_entropy(
        torch.from_numpy(golden["logits_7"][:-1]), ids[0, 1:]
    )
    assert float(output.loss) == pytest.approx(float(expected), abs=1e-4)


def test_padding_on_the_left_is_refused() -> None:
    model: Any = PretrainedBaichuan.from_pretrained(
        goldens.folder("b2-7b", "safetensors"), dtype=torch.float32
    )
    with pytest.raises(ValueError, match="pad on the right"):
        model(torch.tensor([[0, 5, 6]]), attention_mask=torch.tensor([[0, 1, 1]]))
