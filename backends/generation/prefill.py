"""Reading ids into the KV cache: what it holds already is kept, the rest is read in chunks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field

from ..errors import ContextLengthExceededError, InvalidRequestError
from ..events import PrefillProgress, TokensScored
from ..interface import LoadedModel, Logits

#: Tokens of which all logits are held at a time: 32 MB for a vocabulary of 125,696, in fp32.
_SCORED_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Chunk:
    """Ids that one pass has read."""

    begin: int  #: of all ids; so many were read before
    end: int
    logits: Logits  #: as `read` gave them: after the last id, or after each


def read_chunks(
    read: Callable[[Sequence[int]], Logits],
    token_ids: Sequence[int],
    size: int,
    cancel: threading.Event,
    *,
    begin: int = 0,
) -> Iterator[Chunk]:
    """Read `token_ids` from `begin` on, `size` of them at a time.

    `read` is `prefill` or `prefill_logits` of a model whose cache holds the ids before `begin`,
    and nothing else. `cancel` is looked at before each chunk; the last one then ends too early.
    """
    for start in range(begin, len(token_ids), size):
        if cancel.is_set():
            return
        end = min(start + size, len(token_ids))
        yield Chunk(start, end, read(token_ids[start:end]))


@dataclass(slots=True)
class PromptMemo:
    """The prompt that was read last and the logits after it.

    Asked again, it is not read again. More than speed: a token computed alone and in a chunk
    differ in the last bits, and the same seed shall give the same answer.
    """

    ids: list[int] = field(default_factory=list)
    logits: Logits | None = None


class Prefill:
    """One prompt on its way into the KV cache of a model."""

    def __init__(
        self,
        model: LoadedModel,
        prompt_ids: Sequence[int],
        memo: PromptMemo | None = None,
        score: Callable[[Chunk], TokensScored] | None = None,
    ) -> None:
        """Keep of the cache the longest beginning that the prompt shares.

        `score` looks at the logits after each token; nothing of the cache is kept then. Raises
        InvalidRequestError, ContextLengthExceededError, and then leaves the cache alone.
        """
        self.prompt = list(prompt_ids)
        require_readable(len(self.prompt), model.context_length)
        self.model = model
        self._memo = memo or PromptMemo()
        self._score = score
        cached = 0 if score else _common_prefix(model.cached_ids, self.prompt)
        self._logits: Logits | None = None
        if cached == len(self.prompt) and self._memo.ids == self.prompt:
            self._logits = self._memo.logits
        if self._logits is None:
            # Computed even if cached: its logits choose the first token of the answer.
            cached = min(cached, len(self.prompt) - 1)
        model.truncate(cached)
        self.cached_tokens = cached  #: of the prompt, which are not read again

    def run(
        self, cancel: threading.Event
    ) -> Generator[PrefillProgress | TokensScored, None, Logits | None]:
        """Read the rest, with progress; the logits after the prompt, or None if cancelled."""
        total = len(self.prompt) - self.cached_tokens
        done = 0
        read, size = self.model.prefill, self.model.prefill_chunk
        if self._score is not None:
            read, size = self.model.prefill_logits, min(size, _SCORED_CHUNK)
        for chunk in read_chunks(read, self.prompt, size, cancel, begin=self.cached_tokens):
            self._logits = chunk.logits
            if self._score is not None:
                yield self._score(chunk)
                self._logits = chunk.logits[-1].copy()  # the others are given back
            done = chunk.end - self.cached_tokens
            yield PrefillProgress(done, total)
        if done < total:
            return None
        self._memo.ids, self._memo.logits = self.prompt, self._logits
        return self._logits


def require_readable(prompt_tokens: int, context_length: int) -> None:
    """Raise InvalidRequestError or ContextLengthExceededError for a prompt that cannot be read."""
    if not prompt_tokens:
        raise InvalidRequestError("There is no text to continue.")
    if prompt_tokens >= context_length:
        raise ContextLengthExceededError(
            what="The text", prompt_tokens=prompt_tokens + 1, context_length=context_length
        )


def _common_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    length = 0
    for a, b in zip(left, right, strict=False):
        if a != b:
            break
        length += 1
    return length
