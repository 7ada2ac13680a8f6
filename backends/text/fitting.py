"""Which rounds of a conversation go into a prompt, decided on numbers of tokens alone.

The engine decides by it, and the window shows by it what the engine will decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fitting:
    """What of a conversation goes into the prompt."""

    rounds: int  #: the newest ones; 0: not even the newest one fits, and there is no prompt
    tokens: int  #: of the prompt; where there is none, what it would take
    #: Tokens that are left for the answer, where rounds were kept in place of more; else None.
    room_tokens: int | None = None


def fitting(
    newest_first: Iterable[int],
    *,
    fixed: int,
    context_length: int,
    max_new_tokens: int,
    reserved: int | None = None,
) -> Fitting:
    """What goes into a prompt for an answer of up to `max_new_tokens`.

    `newest_first` are the tokens of the rounds, of which there is at least one; they are asked for
    only as far as they may fit. `fixed` is what goes with them whatever is left out: the system
    prompt, and the token that begins the answer. The newest round is always kept, older ones as
    long as `reserved` tokens stay free: `max_new_tokens` unless it says less.
    """
    reserved = max_new_tokens if reserved is None else reserved
    tokens, rounds, as_asked = fixed, 0, 0
    for length in newest_first:
        if rounds and tokens + length > context_length - reserved:
            break
        tokens += length
        if not rounds and tokens >= context_length:
            return Fitting(0, tokens)
        rounds += 1
        if rounds == 1 or tokens <= context_length - max_new_tokens:
            as_asked = rounds
    return Fitting(rounds, tokens, None if as_asked == rounds else context_length - tokens)


def most_reserved(context_length: int, max_new_tokens: int) -> int:
    """The tokens that the app keeps free for an answer: half of the context at most.

    A large `max_new_tokens` does not push out the conversation; the answer may use what is left.
    """
    return min(max_new_tokens, max(context_length // 2, 1))
