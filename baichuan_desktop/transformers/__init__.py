"""The published Python of the Baichuan models, on this machine: docs/python.md says what runs.

    import baichuan_desktop.transformers
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

or, as scripts for ModelScope do,

    from baichuan_desktop.transformers import (
        AutoModelForCausalLM, AutoTokenizer, GenerationConfig, snapshot_download
    )

The import registers our classes, so that no code of a model's folder is run, and the names of
published models stand for folders on this machine. What `__all__` names is public.
"""

from __future__ import annotations

import importlib.util
from typing import Any

if importlib.util.find_spec("transformers") is None:
    raise ImportError(
        "baichuan_desktop.transformers needs the package transformers, which is not installed: "
        'run  pip install -e ".[transformers]"  in the folder of Baichuan Desktop.'
    )

from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    GenerationConfig,
)

from backends.bridge.config import BaichuanConfig
from backends.bridge.model import BaichuanForCausalLM
from backends.bridge.text.tokenizer import BaichuanTokenizer
from baichuan_desktop.transformers.auto_classes import register_models

__all__ = [
    "AutoConfig",
    "AutoModelForCausalLM",
    "AutoTokenizer",
    "BaichuanConfig",
    "BaichuanForCausalLM",
    "BaichuanTokenizer",
    "BitsAndBytesConfig",
    "GenerationConfig",
    "snapshot_download",
]


def snapshot_download(model_id: str, revision: str | None = None, **_: Any) -> str:
    """The folder of a published model on this machine, by the call that ModelScope has.

    Nothing is downloaded. Raises NotInstalledError, which says how to get the model,
    AmbiguousNameError, ModelAwayError, UnknownModelError.
    """
    from baichuan_desktop.transformers.published_folders import published_folder

    return str(published_folder(model_id, revision))


register_models()
