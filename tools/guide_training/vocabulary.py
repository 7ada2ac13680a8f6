"""The guide's own SentencePiece vocabulary, laid out as Baichuan 2's."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Final

import sentencepiece

USER_TOKEN: Final = 195
ASSISTANT_TOKEN: Final = 196
EOS_TOKEN: Final = 2

_MARKUP = (
    *("h2", "td", "strong", "table", "tr", "li", "b"),
    *("h3", "br", "h4", "h5", "p", "h1", "tbody"),
)
#: The pieces of ids 3 to 100; after them come reserved ones only.
_NAMED = (
    *("<SEP>", "<CLS>", "\n", "\t", "<img>", "<img/>", "</img>"),
    *(piece for name in _MARKUP for piece in (f"<{name}>", f"<{name}/>", f"</{name}>")),
    *"０１２３４５６７８９+-=，。！？、：￥.!?",
    *("...", "。。。", "。。。。。。", *"《》【】『』"),
    *("```", "<!--", "-->", "---", "<!DOCTYPE>", "<reserved_0>"),
    *"．＝＜＞－＋％‼㊣／｜",
)
_FIRST_RESERVED = 12
_RESERVED_OFFSET = 89  # the id of <reserved_N> is N + 89


def user_defined_pieces() -> list[str]:
    """The pieces of ids 3, 4, …, in Baichuan 2's order, up to the one that begins an answer."""
    end = ASSISTANT_TOKEN + 1 - _RESERVED_OFFSET
    return [*_NAMED, *(f"<reserved_{number}>" for number in range(_FIRST_RESERVED, end))]


def train_vocabulary(texts: Iterable[str], size: int) -> bytes:
    """A tokenizer.model of `size` pieces for these texts, with Baichuan 2's settings."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        model_type="bpe",
        vocab_size=size,
        character_coverage=1.0,
        byte_fallback=True,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        user_defined_symbols=user_defined_pieces(),
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()
