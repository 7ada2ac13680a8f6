"""An adapter's folder that is given to `from_pretrained` or `load_adapter`."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...adapters.allowed import open_allowed_adapter
from ...adapters.folder import require_unchanged
from ...checkpoint.folder import Checkpoint
from ...files.tensor_files import read_contents
from ...modeling.weights import map_tensor
from ...policy.site_policy import site_policy

if TYPE_CHECKING:
    from transformers import PreTrainedModel

#: Before the names of layers, in what PEFT saves.
_PREFIX = "base_model.model."


def add_adapter(
    model: PreTrainedModel, folder: str | os.PathLike[str], name: str, checkpoint: Checkpoint
) -> None:
    """Add an adapter that is checked and fits `checkpoint` to its model, by PEFT.

    Its tensors are read by the app's own readers, a .bin too. transformers' own `load_adapter`
    leaves the magnitudes of DoRA as they are initialised. Raises AdapterError, PolicyError.
    """
    # Only who has PEFT is sent here by transformers.
    from peft import PeftConfig, inject_adapter_in_model, set_peft_model_state_dict

    adapter, _ = open_allowed_adapter(Path(folder), checkpoint, site_policy())
    config = PeftConfig.from_pretrained(os.fspath(folder))
    config.inference_mode = True
    with warnings.catch_warnings():  # that there is one already, which is the caller's wish
        warnings.filterwarnings("ignore", message="Already found a `peft_config`")
        inject_adapter_in_model(config, model, name)
    state = {
        record.name.removeprefix(_PREFIX): map_tensor(record).clone()
        for record in read_contents(adapter.file).records
    }
    require_unchanged(adapter)  # what was checked is what was read
    result: Any = set_peft_model_state_dict(model, state, adapter_name=name)
    assert not result.unexpected_keys, "the adapter was found to fit"
    model._hf_peft_config_loaded = True
    model.train(False)
