"""How well a model predicts a text, and how far a precision is from a better one.

A text is read in windows of at most `WINDOW` tokens that follow one another without overlap, each
from an empty cache. Distributions are over the tokens: rows of a padded vocabulary that are none
are left out. Every token of a window but its first is scored: q is the model's distribution
of it given the tokens of the window before it. Over the N scored tokens of all texts:

- Perplexity: exp(-1/N sum ln q(token)). Lower is better; it compares precisions of one model, not
  models with different tokenizers.
- KL divergence: 1/N sum D(p || q) in nats, with D(p || q) = sum p ln(p / q) over the vocabulary
  and p the distribution of the reference, a better precision of the same model. The tokens that
  are not among the reference's `distributions.TOP` likeliest count as one. That makes it a lower
  bound, and exact for vocabularies of that size.
- Top-1 agreement: the share of the N whose likeliest token is the same for p and q. Of equals,
  the lowest id counts as the likeliest.

The reference runs first and writes what the others need of it to a file (`distributions`), because
one model at a time is in memory.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import InvalidLogitsError, QualityError
from ..events import QualityProgress, QualityReady
from ..generation.prefill import read_chunks
from ..interface import LoadedModel
from ..text.tokenizer import Tokenizer
from .distributions import Distributions, ReferenceReader, ReferenceWriter
from .shares import shares

#: Tokens of a window.
WINDOW = 512
#: Fewer scored tokens say nothing.
LEAST_TOKENS = 64
#: Tokens whose logits are held at a time: 32 MB for a vocabulary of 125,696, in fp32.
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Windows:
    """The token windows that are scored."""

    windows: tuple[tuple[int, ...], ...]  #: of at least two tokens each
    is_cut: bool  #: there was more text

    @property
    def scored_tokens(self) -> int:
        """How many tokens are scored: all but the first of each window."""
        return sum(len(window) - 1 for window in self.windows)


def cut_windows(
    texts: Sequence[str], tokenizer: Tokenizer, *, length: int, max_tokens: int, name: str
) -> Windows:
    """The windows of `texts`, whose beginnings give `max_tokens` tokens together at most.

    Raises QualityError if there are fewer than `LEAST_TOKENS` to score.
    """
    encoded = [tokenizer.encode(text) for text in texts]
    taken = shares([len(ids) for ids in encoded], max_tokens)
    windows = tuple(
        tuple(ids[begin : min(begin + length, count)])
        for ids, count in zip(encoded, taken, strict=True)
        for begin in range(0, count - 1, length)
    )
    found = Windows(windows, is_cut=sum(taken) < sum(map(len, encoded)))
    if found.scored_tokens < LEAST_TOKENS:
        raise QualityError(
            "“{name}” gives {count} tokens to compare precisions on, but at least {least} are "
            "needed.",
            hint="Choose a longer text; a few pages tell more than a few lines.",
            name=name,
            count=found.scored_tokens,
            least=LEAST_TOKENS,
        )
    return found


def score(
    model: LoadedModel,
    windows: Windows,
    reference_file: Path,
    *,
    token_ids: npt.NDArray[np.intp] | None = None,
    is_reference: bool,
    cancel: threading.Event,
) -> Generator[QualityProgress, None, QualityReady | None]:
    """Score the windows; returns the figures, or None if cancelled.

    The distributions are those of `token_ids`, the rows that are tokens; None is all of them. The
    reference writes `reference_file`, which must not exist; the others read it. `cancel` is read
    between chunks. Raises QualityError, GenerationError.
    """
    totals = _Totals()
    done, total = 0, windows.scored_tokens
    size = min(_CHUNK, model.prefill_chunk)
    with ExitStack() as stack:
        writer = reader = None
        if is_reference:
            writer = stack.enter_context(ReferenceWriter(reference_file))
        else:
            reader = stack.enter_context(ReferenceReader(reference_file))
        for window in windows.windows:
            model.truncate(0)
            inputs, targets = window[:-1], window[1:]
            end = 0
            for chunk in read_chunks(model.prefill_logits, inputs, size, cancel):
                logits, end = chunk.logits, chunk.end
                scored = targets[chunk.begin : chunk.end]
                if token_ids is not None:
                    logits = logits[:, token_ids]
                    scored = tuple(np.searchsorted(token_ids, scored).tolist())
                if not np.isfinite(logits).all():
                    raise InvalidLogitsError
                found = Distributions(logits)
                totals.add_tokens(found, scored)
                if writer is not None:
                    writer.write(found)
                if reader is not None:
                    totals.add_comparison(found, reader)
                done += len(logits)
                yield QualityProgress(done, total)
            if end < len(inputs):
                return None
    return totals.result(windows, compared=not is_reference)


class _Totals:
    def __init__(self) -> None:
        self._count = 0
        self._nats = 0.0  # of the text
        self._divergence = 0.0
        self._same = 0

    def add_tokens(self, found: Distributions, targets: Sequence[int]) -> None:
        ids = np.array(targets)[:, None]
        self._nats -= float(found.log_probs(ids).sum(dtype=np.float64))
        self._count += len(targets)

    def add_comparison(self, found: Distributions, reader: ReferenceReader) -> None:
        reference = reader.read(found)
        self._divergence += reference.divergence_sum
        self._same += reference.same_best

    def result(self, windows: Windows, *, compared: bool) -> QualityReady:
        return QualityReady(
            scored_tokens=self._count,
            is_cut=windows.is_cut,
            perplexity=math.exp(min(self._nats / self._count, 700.0)),  # below the largest float
            kl_divergence=max(self._divergence / self._count, 0.0) if compared else None,
            top1_agreement=self._same / self._count if compared else None,
        )
