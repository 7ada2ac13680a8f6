"""Has no Auto class of transformers run Python files that lie in a Baichuan model's folder.

Configurations and models are safe where their class is registered: it is taken before any that a
folder names. Tokenizers and processors have no such rule in all cases, so `trust_remote_code` is
taken from who asks for one of such a folder.
"""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

import transformers
from transformers import AutoConfig, PretrainedConfig

#: Beside AutoTokenizer, what runs code that a folder's `auto_map` names.
_PROCESSORS = (
    "AutoFeatureExtractor", "AutoImageProcessor", "AutoProcessor", "AutoVideoProcessor",
)  # fmt: skip
#: Arguments that say which configuration is meant.
_PLACES = ("cache_dir", "revision", "subfolder")


def register_distrust(config_class: type[PretrainedConfig]) -> None:
    """Guard the Auto classes of processors; a second time changes nothing."""
    for name in _PROCESSORS:
        try:
            auto = getattr(transformers, name)
            plain = auto.from_pretrained.__func__
        except ImportError:  # for want of a library of pictures, without which it runs nothing
            continue
        if not hasattr(plain, "_is_guarded"):
            auto.from_pretrained = classmethod(_guarded(plain, config_class))


def _guarded(plain: Any, config_class: type[PretrainedConfig]) -> Any:
    @functools.wraps(plain)
    def from_pretrained(
        cls: Any, pretrained_model_name_or_path: str | os.PathLike[str], *inputs: Any, **kwargs: Any
    ) -> Any:
        if is_of(pretrained_model_name_or_path, config_class, kwargs):
            kwargs["trust_remote_code"] = False
        return plain(cls, pretrained_model_name_or_path, *inputs, **kwargs)

    from_pretrained._is_guarded = True  # type: ignore[attr-defined]
    return from_pretrained


def is_of(
    name: str | os.PathLike[str], config_class: type[PretrainedConfig], kwargs: dict[str, Any]
) -> bool:
    """Whether a model, or the base of an adapter, has such a configuration here on the disk.

    `kwargs` are those of `from_pretrained`.
    """
    places = {key: kwargs[key] for key in _PLACES if kwargs.get(key) is not None}
    if _is_configured(name, config_class, places):
        return True
    file = Path(name) / places.get("subfolder", "") / "adapter_config.json"
    if not file.is_file():
        return False
    try:
        base = json.loads(file.read_bytes()).get("base_model_name_or_path")
    except (ValueError, AttributeError):
        return False
    return isinstance(base, str) and _is_configured(base, config_class, {})


def _is_configured(
    name: str | os.PathLike[str], config_class: type[PretrainedConfig], places: dict[str, Any]
) -> bool:
    try:
        if os.path.isdir(name):  # noqa: PTH112  as transformers asks
            # Its own word: that the rest is no configuration must not open a door.
            facts, _ = PretrainedConfig.get_config_dict(name, **places)
            return facts.get("model_type") == config_class.model_type
        config = AutoConfig.from_pretrained(
            name, local_files_only=True, trust_remote_code=False, **places
        )
    except (OSError, ValueError):  # it is not here, or another model's
        return False
    return isinstance(config, config_class)
