"""Has transformers' AutoTokenizer give our tokenizer for a Baichuan folder, whatever lies in it.

Registering a class is not enough: with `trust_remote_code=True`, some versions of transformers
still run the tokenization_baichuan.py that a folder names. So our class is chosen before they look.
"""

from __future__ import annotations

import functools
from os import PathLike
from typing import Any

from transformers import AutoTokenizer, PretrainedConfig
from transformers.models.auto.tokenization_auto import get_tokenizer_config

from ..distrust import is_of
from .tokenizer import BaiChuanTokenizer, BaichuanTokenizer

_CLASSES = {one.__name__: one for one in (BaichuanTokenizer, BaiChuanTokenizer)}
#: What only chooses a class, or allows code, and is nothing to a tokenizer.
_OF_NO_EFFECT = (
    "use_fast", "trust_remote_code", "config", "tokenizer_type", "code_revision", "backend",
    "mistral_format",
)  # fmt: skip


def register_tokenizer(config_class: type[PretrainedConfig]) -> None:
    """Register our tokenizer for a class of configurations; a second time changes nothing."""
    auto: Any = AutoTokenizer  # which has few types
    auto.register(config_class, BaichuanTokenizer, exist_ok=True)
    plain = auto.from_pretrained.__func__
    if hasattr(plain, "_gives_own"):
        return

    @functools.wraps(plain)
    def from_pretrained(
        cls: Any, pretrained_model_name_or_path: str | PathLike[str], *inputs: Any, **kwargs: Any
    ) -> Any:
        own = _own_class(pretrained_model_name_or_path, config_class, kwargs)
        if own is None:
            return plain(cls, pretrained_model_name_or_path, *inputs, **kwargs)
        kept = {name: value for name, value in kwargs.items() if name not in _OF_NO_EFFECT}
        return own.from_pretrained(pretrained_model_name_or_path, *inputs, **kept)

    from_pretrained._gives_own = True  # type: ignore[attr-defined]
    auto.from_pretrained = classmethod(from_pretrained)


def _own_class(
    name: str | PathLike[str], config_class: type[PretrainedConfig], kwargs: dict[str, Any]
) -> type[BaichuanTokenizer] | None:
    """The class of ours that a folder, or a repository, asks for; None if it is another's.

    Of a Baichuan model, and of an adapter of one, it is ours even where another is stated, or
    tokenizer.model is not there: no code comes in its place.
    """
    asked = {key: value for key, value in kwargs.items() if key not in _OF_NO_EFFECT}
    asked["local_files_only"] = True  # of a repository, what is in the cache
    stated = get_tokenizer_config(name, **asked).get("tokenizer_class")
    if isinstance(stated, str) and (own := _CLASSES.get(stated.removesuffix("Fast"))):
        return own
    return BaichuanTokenizer if is_of(name, config_class, kwargs) else None
