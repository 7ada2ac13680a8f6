from __future__ import annotations

from backends.events import (
    Finished,
    FinishReason,
    PrefillProgress,
    PromptReady,
    ScoredToken,
    TextDelta,
    TokenScore,
    TokensScored,
)
from baichuan_desktop.server.answers.gathering import Gathering, joined

FINISHED = Finished(FinishReason.STOP, 3, 0, 2, 5, 0.1, 0.2, 0.3)


def score(octets: bytes) -> ScoredToken:
    return ScoredToken(TokenScore(4, tuple(octets), -0.5), ())


def test_token_without_text_yet_waits_for_the_text() -> None:
    gathering = Gathering()
    first, second = score(b"\xe4"), score(b"\xb8\xad")

    taken = [
        gathering.take(event)
        for event in [
            PromptReady(3, 0, 1),
            PrefillProgress(3, 3),
            TokensScored((first,)),
            TokensScored((second,)),
            TextDelta("中"),
            FINISHED,
        ]
    ]

    (part,) = [part for part in taken if part is not None]
    assert part.text == "中"
    assert part.scores == (first, second)
    assert gathering.end is not None
    assert gathering.end.dropped_messages == 1
    assert gathering.prompt_tokens == 3


def test_scores_without_any_text_come_with_the_end() -> None:
    gathering = Gathering()
    gathering.take(TokensScored((score(b""),)))

    last = gathering.take(FINISHED)

    assert last is not None
    assert (last.text, last.scores) == ("", (score(b""),))


def test_scores_of_the_prompt_are_none_of_the_answer() -> None:
    gathering = Gathering()
    gathering.take(TokensScored((score(b"p"),), of_prompt=True))
    gathering.take(TokensScored((score(b"q"),), of_prompt=True))

    part = gathering.take(TextDelta("a"))

    assert part is not None
    assert part.scores == ()
    assert gathering.prompt.scores == (score(b"p"), score(b"q"))


def test_parts_joined_are_text_and_scores_in_order() -> None:
    gathering = Gathering()
    events = [
        TokensScored((score(b"a"),)),
        TextDelta("a"),
        TokensScored((score(b"b"),)),
        TextDelta("b"),
    ]

    whole = joined(part for event in events if (part := gathering.take(event)) is not None)

    assert whole.text == "ab"
    assert list(whole.scores) == [score(b"a"), score(b"b")]
