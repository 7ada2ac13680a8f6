"""A merged copy holds what PEFT's merge_and_unload gives, tensor by tensor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers")
pytest.importorskip("peft")

from peft import PeftModel
from transformers import AutoModelForCausalLM

from backends.adapters.folder import open_adapter
from backends.bridge.registration import register
from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.weight_rows import floats
from backends.copying.folder_writer import write_copy
from backends.copying.merged_copy import merge_plan
from backends.files.hashing import read_bytes
from backends.precision import Precision
from tests.helpers import adapters, goldens

register()


@pytest.mark.filterwarnings("ignore::FutureWarning")  # PEFT asks transformers by an old name
@pytest.mark.parametrize(("name", "case"), adapters.CASES)
def test_every_tensor_is_that_of_merge_and_unload(name: str, case: str, tmp_path: Path) -> None:
    folder = adapters.folder(name, case)
    base = AutoModelForCausalLM.from_pretrained(goldens.folder(name), dtype="float32")
    expected = PeftModel.from_pretrained(base, folder).merge_and_unload().state_dict()

    source = goldens.checkpoint(name)
    list(
        write_copy(
            source, merge_plan(source, open_adapter(folder), Precision.FP32), tmp_path / "out"
        )
    )

    copy = Checkpoint.open(tmp_path / "out")
    assert set(copy.tensors) == set(expected)
    for tensor, record in copy.tensors.items():
        found = floats(read_bytes(record, 0, record.nbytes), record.dtype).reshape(record.shape)
        np.testing.assert_allclose(found, expected[tensor].numpy(), atol=2e-6, rtol=0)
