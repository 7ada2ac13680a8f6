from __future__ import annotations

import pytest

pytest.importorskip("transformers")

from backends.errors import TrainingSettingsError
from backends.training.several.zero import require_whole


def test_a_weight_that_was_not_gathered_is_not_written() -> None:
    """As in results of 905 kB, which hold names alone."""
    require_whole("lm_head.weight", (64000, 4096), (64000, 4096))

    with pytest.raises(TrainingSettingsError) as raised:
        require_whole("lm_head.weight", (0,), (64000, 4096))

    assert raised.value.message == (
        "DeepSpeed gave “lm_head.weight” back with 0 in place of 262,144,000 numbers."
    )
