"""The tokens of texts, counted with the tokenizer of a model's folder as the engine does."""

from __future__ import annotations

from pathlib import Path

from backends.checkpoint.allowed import open_allowed
from backends.errors import TokenizerError
from backends.policy.site_policy import site_policy
from backends.text.tokenizer import Tokenizer


class FolderTokens:
    """Counts for the model of one folder, whose weights are not read."""

    def __init__(self, folder: Path) -> None:
        """Open the folder as an engine opens it. Raises PolicyError, CheckpointError."""
        self.folder = folder
        self._tokenizer = opened_tokenizer(folder)

    def count(self, text: str) -> int | None:
        """The tokens of a text; None where the tokenizer has none for a part of it."""
        try:
            return len(self._tokenizer.encode(text))
        except TokenizerError:
            return None


def opened_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a folder, which knows the ids that steer the model.

    Raises PolicyError, CheckpointError.
    """
    checkpoint, tokenizer = open_allowed(folder, site_policy())
    return tokenizer.steered(checkpoint.steering_ids)
