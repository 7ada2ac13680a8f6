"""How much of the context the next prompt takes, by the numbers of tokens of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backends.text.fitting import Fitting, fitting, most_reserved
from baichuan_desktop.services.chat.context.rounds import Round


@dataclass(frozen=True, slots=True)
class Limits:
    """What a model can be given."""

    context_length: int
    max_new_tokens: int
    prompt_turns: int | None = None  #: see `latest_turns`; the new message is one of them


@dataclass(frozen=True, slots=True)
class Counted:
    """A round, and its tokens with the ids that begin its turns; None: not counted yet."""

    round: Round
    tokens: int | None


@dataclass(frozen=True, slots=True)
class ContextUse:
    """What the next prompt takes of the context."""

    system: int
    history: int  #: of the rounds that are given
    draft: int  #: of the new message with its documents
    reserved: int  #: that the answer may take
    length: int  #: of the context
    given: tuple[Round, ...] = ()  #: of the rounds before the new message, oldest first
    dropped: tuple[Round, ...] = ()  #: for which there is no room
    too_old: tuple[Round, ...] = ()  #: which the model is not given, however much room there is
    fits: bool = True  #: else what cannot be left out is too much: nothing can be sent
    is_text: bool = False  #: a text is continued; there are no rounds

    @property
    def prompt(self) -> int:
        """Tokens of the whole prompt."""
        return self.system + self.history + self.draft

    @property
    def total(self) -> int:
        """What prompt and answer may come to."""
        return self.prompt + self.reserved


def chat_use(
    rounds: Sequence[Counted], limits: Limits, *, system: int, draft: int
) -> ContextUse | None:
    """What a message takes in a conversation; None: a round has to be counted for that.

    `rounds` are those that the person did not leave out, oldest first. `draft` are the tokens of
    the new message alone.
    """
    begins_turn = opening = 1
    newest = begins_turn + draft
    turns = limits.prompt_turns
    allowed = list(rounds) if turns is None else _latest(rounds, turns - 1)
    lengths = [newest]
    for one in reversed(allowed):
        if one.tokens is None:
            break
        lengths.append(one.tokens)
    fits = _fitting(lengths, limits, system + opening)
    is_known = len(lengths) == len(allowed) + 1
    if fits.rounds == len(lengths) and not is_known:
        return None
    kept = max(fits.rounds - 1, 0)
    given = [one.round for one in allowed[len(allowed) - kept :]]
    dropped = [one.round for one in allowed[: len(allowed) - kept]]
    too_old = [one.round for one in rounds[: len(rounds) - len(allowed)]]
    free = max(limits.context_length - fits.tokens, 0)
    return ContextUse(
        system,
        history=fits.tokens - system - newest - opening if fits.rounds else 0,
        draft=newest + opening,
        reserved=min(limits.max_new_tokens, free),
        length=limits.context_length,
        given=tuple(given),
        dropped=tuple(dropped),
        too_old=tuple(too_old),
        fits=fits.rounds > 0,
    )


def text_use(limits: Limits, *, above: int, draft: int) -> ContextUse:
    """What a text takes that a base model continues: what is above, or another one."""
    tokens = above + draft
    return ContextUse(
        system=0,
        history=above,
        draft=draft,
        reserved=min(limits.max_new_tokens, max(limits.context_length - tokens, 0)),
        length=limits.context_length,
        fits=tokens < limits.context_length,
        is_text=True,
    )


def _fitting(lengths: Sequence[int], limits: Limits, fixed: int) -> Fitting:
    return fitting(
        lengths,
        fixed=fixed,
        context_length=limits.context_length,
        max_new_tokens=limits.max_new_tokens,
        reserved=most_reserved(limits.context_length, limits.max_new_tokens),
    )


def _latest(rounds: Sequence[Counted], most: int) -> list[Counted]:
    """The last rounds, of which so many begin with a question that the model reads."""
    if most <= 0:
        return []
    begins = [place for place, one in enumerate(rounds) if _asks(one.round)]
    return list(rounds[begins[-most] :]) if len(begins) > most else list(rounds)


def _asks(one: Round) -> bool:
    return one.question is not None and one.question in one.read
