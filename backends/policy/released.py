"""The released models as their files tell them: which of their ids a folder may go by.

The registry says far more of them, but a person can lay an entry of their own over it. What a
policy allows is told by this table alone, which a test holds against the shipped registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..events import ModelKind
from ..model_config import Family, ModelConfig
from ..precision import Precision

_7B, _13B = (4096, 32, 32, 11008), (5120, 40, 40, 13696)
#: hidden_size, num_layers, num_heads, intermediate_size, vocab_size, as published.
_SIZES: Final = {
    Family.BAICHUAN_7B: (*_7B, 64000),
    Family.BAICHUAN_13B: (*_13B, 64000),
    Family.BAICHUAN2_7B: (*_7B, 125696),
    Family.BAICHUAN2_13B: (*_13B, 125696),
}
_GUIDE: Final = (192, 4, 4, 512, 4096)  #: the small model that ships with the app

_BASE, _CHAT = ModelKind.BASE, ModelKind.CHAT
#: By id: family, kind, and the quantised precision that it was published in.
RELEASED: Final[Mapping[str, tuple[Family, ModelKind, Precision | None]]] = {
    "baichuan-guide": (Family.BAICHUAN2_7B, _CHAT, None),
    "baichuan-7b": (Family.BAICHUAN_7B, _BASE, None),
    "baichuan-13b-base": (Family.BAICHUAN_13B, _BASE, None),
    "baichuan-13b-chat": (Family.BAICHUAN_13B, _CHAT, None),
    "baichuan-13b-chat-int8": (Family.BAICHUAN_13B, _CHAT, Precision.INT8),
    "baichuan2-7b-base": (Family.BAICHUAN2_7B, _BASE, None),
    "baichuan2-7b-chat": (Family.BAICHUAN2_7B, _CHAT, None),
    "baichuan2-7b-chat-4bits": (Family.BAICHUAN2_7B, _CHAT, Precision.NF4),
    "baichuan2-13b-base": (Family.BAICHUAN2_13B, _BASE, None),
    "baichuan2-13b-chat": (Family.BAICHUAN2_13B, _CHAT, None),
    "baichuan2-13b-chat-4bits": (Family.BAICHUAN2_13B, _CHAT, Precision.NF4),
    "baichuan2-13b-chat-v2": (Family.BAICHUAN2_13B, _CHAT, None),
}


def sizes_of(model_id: str) -> tuple[int, int, int, int, int]:
    """The sizes of a released model, in the order of `_SIZES`."""
    return _GUIDE if model_id == "baichuan-guide" else _SIZES[RELEASED[model_id][0]]


def released_ids(config: ModelConfig, kind: ModelKind, stored: Precision | None) -> frozenset[str]:
    """The released models that a folder can be a copy of, as far as its files tell.

    A copy in fewer bits goes by the id of the original, too: which precisions may run is another
    rule. Two of the same sizes and kind (Baichuan2-13B-Chat and its v2) are not told apart.
    """
    sizes = (
        config.hidden_size,
        config.num_layers,
        config.num_heads,
        config.intermediate_size,
        config.vocab_size,
    )
    four = stored in (Precision.NF4, Precision.FP4)
    held = Precision.NF4 if four else stored
    return frozenset(
        model_id
        for model_id, (family, of_kind, published) in RELEASED.items()
        if (family, of_kind) == (config.family, kind)
        and sizes_of(model_id) == sizes
        and published in (None, held)
    )
