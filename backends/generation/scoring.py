"""How likely tokens were: those of an answer as its text goes out, and those of a prompt.

Log-probabilities are a log-softmax, in fp64, of the model's own logits over the rows that are
tokens: before penalties, temperature and anything else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ..errors import InvalidLogitsError
from ..events import ScoredToken, TextDelta, TokenScore, TokensScored
from ..interface import Logits
from .prefill import Chunk


class Scorer:
    """Tells how likely tokens were, and which were the likeliest."""

    def __init__(
        self,
        likeliest: int,
        octets: Callable[[int], bytes],
        token_ids: npt.NDArray[np.intp] | None = None,
    ) -> None:
        """`octets` are those of a token's text; `token_ids` the rows that are tokens, or all."""
        self._likeliest = likeliest
        self._octets = octets
        self._ids = token_ids

    def score(self, logits: Logits, token_id: int) -> ScoredToken:
        """The score of a token by logits (vocab_size,). Raises InvalidLogitsError."""
        rows = logits if self._ids is None else logits[self._ids]
        greatest = rows.max()
        if not (np.isfinite(greatest) and np.isfinite(rows.min())):  # NaN is both
            raise InvalidLogitsError
        shifted = rows.astype(np.float64) - float(greatest)
        log_sum = float(np.log(np.exp(shifted).sum())) + float(greatest)

        def scored(one: int) -> TokenScore:
            return TokenScore(one, tuple(self._octets(one)), float(logits[one]) - log_sum)

        best = self._best(rows)
        return ScoredToken(scored(token_id), tuple(scored(int(one)) for one in best))

    def first(self, token_id: int) -> ScoredToken:
        """What is told of a token that nothing stands before."""
        return ScoredToken(TokenScore(token_id, tuple(self._octets(token_id)), None), ())

    def _best(self, rows: Logits) -> npt.NDArray[np.intp]:
        """The ids of the likeliest, the likeliest first; of equal ones, the lower ids."""
        count = min(self._likeliest, rows.size)
        if not count:
            return np.array([], dtype=np.intp)
        least = np.partition(rows, -count)[-count]
        places = np.flatnonzero(rows >= least)
        places = places[np.argsort(-rows[places], kind="stable")][:count]
        return places if self._ids is None else self._ids[places]


@dataclass(frozen=True, slots=True)
class _Untold:
    """A token whose text, or a part of it, may not belong to the answer yet."""

    scored: ScoredToken
    begin: int  #: characters of the answer that are complete before it
    end: int  #: and with it


class AnswerScores:
    """Tells the scores of an answer's tokens, and after them the text that they give.

    Text is told by whole tokens. What a stop string cuts off is not told; of the token that it
    begins in the middle of, only the bytes before are. So all told bytes together are those of the
    text, but for those that are no character: these are told as they are.
    """

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._untold: deque[_Untold] = deque()
        self._complete = 0  # characters that tokens have given
        self._told = 0  # of these
        self._held = ""  # what is sure to belong to the answer, and not told

    def add(self, logits: Logits, token_id: int, text: str) -> None:
        """Score a token, which completes this text; it is empty in the middle of a character."""
        begin, self._complete = self._complete, self._complete + len(text)
        scored = self._scorer.score(logits, token_id)
        self._untold.append(_Untold(scored, begin, self._complete))

    def sure(self, text: str) -> Iterator[TokensScored | TextDelta]:
        """Tell what can be told when this text, which follows the one before, is sure."""
        self._held += text
        sure, count, end = self._told + len(self._held), 0, self._told
        for one in self._untold:
            # Where it begins at the end, it may be a part of a character that is cut off.
            if one.begin >= sure or one.end > sure:
                break
            count, end = count + 1, one.end
        yield from self._tell([self._untold.popleft().scored for _ in range(count)], end)

    def rest(self, text: str, *, is_cut: bool) -> Iterator[TokensScored | TextDelta]:
        """Tell all that is left of an answer that ends with this text, maybe by a stop string."""
        self._held += text
        sure = self._told + len(self._held)
        left = [one for one in self._untold if one.begin < sure or not is_cut]
        yield from self._tell([_cut(one, sure) for one in left], sure)

    def _tell(self, scored: Sequence[ScoredToken], end: int) -> Iterator[TokensScored | TextDelta]:
        if scored:
            yield TokensScored(tuple(scored))
        text, self._held = self._held[: end - self._told], self._held[end - self._told :]
        self._told = end
        if text:
            yield TextDelta(text)


class PromptScores:
    """Scores the tokens of a prompt as chunks of it are read."""

    def __init__(self, scorer: Scorer, prompt: Sequence[int]) -> None:
        self._scorer = scorer
        self._prompt = prompt
        self._before: Logits | None = None  # logits after the last token that was read

    def score(self, chunk: Chunk) -> TokensScored:
        """The scores of the tokens of a chunk, of which the logits after each are given."""
        scored = []
        for token_id, after in zip(
            self._prompt[chunk.begin : chunk.end], chunk.logits, strict=True
        ):
            if self._before is None:
                scored.append(self._scorer.first(token_id))
            else:
                scored.append(self._scorer.score(self._before, token_id))
            self._before = after
        assert self._before is not None
        self._before = self._before.copy()  # the rest of the chunk is given back
        return TokensScored(tuple(scored), of_prompt=True)


def _cut(one: _Untold, sure: int) -> ScoredToken:
    """A token without the bytes of its text that do not belong to the answer."""
    if one.end <= sure:
        return one.scored
    text = bytes(one.scored.token.octets).decode("utf-8", "replace")
    kept = text[: max(len(text) - (one.end - sure), 0)]
    octets, token_id = tuple(kept.encode()), one.scored.token.token_id
    # Among the likeliest too: one token does not have two texts in one place.
    return ScoredToken(
        replace(one.scored.token, octets=octets),
        tuple(
            replace(each, octets=octets) if each.token_id == token_id else each
            for each in one.scored.likeliest
        ),
    )
