"""The files that a complete download of a released model has, as far as that is established."""

from __future__ import annotations

from collections.abc import Sequence

from backends.licences.licence_files import is_licence, is_notice
from backends.model_config import Family
from baichuan_desktop.services.getting.values import ExpectedFile, Use
from baichuan_desktop.services.library.variants import Variant

#: Bytes of the tokenizer of Baichuan 2, which all its models share.
_TOKENIZER_BYTES = {Family.BAICHUAN2_7B: 2_001_107, Family.BAICHUAN2_13B: 2_001_107}

#: As the model cards name them.
_LICENCES = {
    Family.BAICHUAN_7B: ("baichuan-7B 模型许可协议.pdf",),
    Family.BAICHUAN_13B: (
        "Baichuan-13B 模型社区许可协议.pdf",
        "Community License for Baichuan-13B Model.pdf",
    ),
    Family.BAICHUAN2_7B: (
        "Baichuan 2模型社区许可协议.pdf",
        "Community License for Baichuan 2 Model.pdf",
    ),
    Family.BAICHUAN2_13B: (
        "Baichuan 2模型社区许可协议.pdf",
        "Community License for Baichuan 2 Model.pdf",
    ),
}

#: One file or several shards: the two sites differ, and so may a later upload.
_WEIGHTS = "pytorch_model.bin"
_SHARDS = ("pytorch_model-00001-of-0000N.bin …", "pytorch_model.bin.index.json")

_WEIGHT_SUFFIXES = (".bin", ".safetensors", ".index.json")


def expected_files(variant: Variant) -> Sequence[ExpectedFile]:
    """The files of a download, the needed ones first; a site's registry may say more of them."""
    tokenizer = _TOKENIZER_BYTES.get(variant.family)
    found = [
        ExpectedFile("config.json", Use.NEEDED),
        ExpectedFile("tokenizer.model", Use.NEEDED, tokenizer),
        ExpectedFile(_WEIGHTS, Use.NEEDED, variant.weights_bytes, is_least=True, others=_SHARDS),
        ExpectedFile("generation_config.json", Use.READ),
        ExpectedFile("tokenizer_config.json", Use.READ),
        ExpectedFile("special_tokens_map.json", Use.READ),
        *(ExpectedFile(name, Use.LICENCE) for name in _LICENCES.get(variant.family, ())),
        ExpectedFile("*.py", Use.UNUSED),
    ]
    stated = variant.stated_files
    if not stated:
        return found
    named = [ExpectedFile(name, _use(name), facts.size) for name, facts in stated.items()]
    has_weights = any(name.endswith(_WEIGHT_SUFFIXES) for name in stated)
    rest = [
        one
        for one in found
        if one.name not in stated and not (has_weights and one.name == _WEIGHTS)
    ]
    return [*named, *rest]


def _use(name: str) -> Use:
    """What the app does with a file of this name."""
    if name in ("config.json", "tokenizer.model") or name.endswith(_WEIGHT_SUFFIXES):
        return Use.NEEDED
    if is_licence(name) or is_notice(name):
        return Use.LICENCE
    return Use.UNUSED if name.endswith(".py") else Use.READ
