"""config.json as transformers holds it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from transformers import PretrainedConfig

from ..model_config import Family, ModelConfig

#: Attributes that a file does not have under these names.
_OWN = ("_told_family", "_released_auto_map")


class BaichuanConfig(PretrainedConfig):  # type: ignore[no-untyped-call]
    """What a released config.json says; `shapes` is how this package reads it.

    Only the fields of a file are attributes: defaults for others would change what a family is
    recognised by. `auto_map`, which names a folder's Python files, is none of them, so that no
    Auto class runs any; it is saved again for programs that bring those files. `custom_pipelines`,
    which names some too, is dropped.
    """

    model_type = "baichuan"
    keys_to_ignore_at_inference = ["past_key_values"]  # noqa: RUF012  the Trainer's name

    def __init__(self, **fields: Any) -> None:
        self._released_auto_map = fields.pop("auto_map", None)
        fields.pop("custom_pipelines", None)
        super().__init__(**{"tie_word_embeddings": False, **fields})
        self.use_cache = fields.get("use_cache", True)  # which newer versions drop

    @property
    def shapes(self) -> ModelConfig:
        """Read strictly. Raises ConfigError."""
        shapes = ModelConfig.from_json(self.to_dict())
        told: Family | None = getattr(self, "_told_family", None)
        return shapes if told is None else replace(shapes, family=told)

    def tell_family(self, family: Family) -> None:
        """Say which family it is, where the fields leave the version open and something else told.

        It is not saved: what is saved is told by the tokenizer beside it again.
        """
        self._told_family = family

    def to_dict(self) -> dict[str, Any]:
        """What is saved as config.json."""
        data = super().to_dict()
        auto_map = data.get("_released_auto_map")
        for name in _OWN:
            data.pop(name, None)
        return data if auto_map is None else {**data, "auto_map": auto_map}
