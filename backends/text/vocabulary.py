"""Whether tokenizer, weights and config.json speak of the same vocabulary, and of which family's.

Each row of the embedding is a piece of tokenizer.model, a token that was added to it, or padding.
A tokenizer of the other family would give an answer too, of nonsense.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import TokenizerError
from ..model_config import RELEASED_HIDDEN_SIZES, RELEASED_VOCABULARIES, ModelConfig
from ..phrases import Fact, Phrase
from .added_tokens import read_added_tokens
from .tokenizer import TURNS, Tokenizer

#: The pieces that begin a turn, by version of the family; a fine-tune may have renamed them.
_TURN_PIECES = {1: ("<reserved_102>", "<reserved_103>"), 2: ("<reserved_106>", "<reserved_107>")}
_NAMES: Mapping[int, Fact] = {1: Phrase("Baichuan (version 1)"), 2: "Baichuan 2"}
#: Rows are added one by one, or up to a multiple of a power of two that hardware likes.
_MAX_LOOSE_ROWS = 1_024
_MULTIPLES = tuple(2**n for n in range(6, 14))


def read_tokenizer(file: Path, config: ModelConfig) -> Tokenizer:
    """The tokenizer of a checkpoint, with the tokens that its side files add.

    Raises TokenizerError.
    """
    return Tokenizer(file, vocab_size=config.vocab_size, added=read_added_tokens(file.parent))


def agreed_config(config: ModelConfig, tokenizer: Tokenizer) -> ModelConfig:
    """`config` with the family that the tokenizer names where config.json left it open.

    Raises TokenizerError if the tokenizer is not the one of these weights.
    """
    version = _version(tokenizer)
    if version is not None and version != config.version:
        if config.version is not None:
            raise TokenizerError(
                tokenizer.file,
                Phrase(
                    "it is the tokenizer of {found}, but the weights are of {expected}",
                    found=_NAMES[version],
                    expected=_NAMES[config.version],
                ),
            )
        config = replace(config, version=version, family=config.family.of_version(version))
    _check_rows(config, tokenizer)
    return config


def _version(tokenizer: Tokenizer) -> int | None:
    """The generation (1 or 2) that the turn tokens belong to; None if they have other names."""
    found = {
        version
        for version, pieces in _TURN_PIECES.items()
        for token_id, piece in zip(TURNS, pieces, strict=True)
        if token_id < tokenizer.vocab_size and tokenizer.original_piece(token_id) == piece
    }
    return found.pop() if len(found) == 1 else None


def _check_rows(config: ModelConfig, tokenizer: Tokenizer) -> None:
    pieces, rows = tokenizer.vocab_size, config.vocab_size
    released = RELEASED_VOCABULARIES[2 if config.family.uses_norm_head else 1]
    if config.hidden_size in RELEASED_HIDDEN_SIZES and pieces < released:
        raise TokenizerError(
            tokenizer.file,
            Phrase(
                "it has {pieces:,} pieces, but {family} has {released:,}",
                pieces=pieces,
                family=_NAMES[2 if config.family.uses_norm_head else 1],
                released=released,
            ),
        )
    if not _is_padding(rows - 1 - tokenizer.last_named, rows, pieces):
        raise TokenizerError(
            tokenizer.file,
            Phrase(
                "it has {pieces:,} pieces, but the model's vocabulary has {rows:,}, and no "
                "file says what the others are",
                pieces=pieces,
                rows=rows,
            ),
        )


def _is_padding(loose: int, rows: int, pieces: int) -> bool:
    """Whether the last `loose` rows of the embedding, which have no token, can be padding."""
    if loose <= min(_MAX_LOOSE_ROWS, pieces // 2):
        return True
    return loose <= pieces and any(
        loose < multiple and rows % multiple == 0 for multiple in _MULTIPLES
    )
