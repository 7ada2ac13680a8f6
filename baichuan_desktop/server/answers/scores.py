"""How likely tokens were, in the forms of both APIs."""

from __future__ import annotations

import codecs
from collections.abc import Sequence

from backends.events import ScoredToken, TokenScore
from baichuan_desktop.server.answers.head import ApiObject


def chat_scores(tokens: Sequence[ScoredToken]) -> ApiObject:
    """The `logprobs` of a chat's answer, or of a part of it."""
    content = [
        _chat_token(one.token) | {"top_logprobs": [_chat_token(other) for other in one.likeliest]}
        for one in tokens
    ]
    return {"content": content, "refusal": None}


def _chat_token(score: TokenScore) -> ApiObject:
    return {
        "token": token_text(score),
        "bytes": list(score.octets),
        "logprob": score.logprob,
    }


def token_text(score: TokenScore, prefix: str = "") -> str:
    """The text of a token; of one that is a part of a character, its bytes in hexadecimal."""
    try:
        return bytes(score.octets).decode()
    except UnicodeDecodeError:
        return prefix + "".join(f"\\x{octet:02x}" for octet in score.octets)


def text_of(tokens: Sequence[ScoredToken]) -> str:
    """The text of tokens together."""
    return b"".join(bytes(one.token.octets) for one in tokens).decode(errors="replace")


class CompletionScores:
    """The `logprobs` of a completion, part by part: it remembers where the text is."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._characters = 0

    def part(self, tokens: Sequence[ScoredToken]) -> ApiObject:
        """The `logprobs` of the tokens that follow.

        Where a token is a part of a character, its offset is that of the character.
        """
        offsets = []
        for one in tokens:
            offsets.append(self._characters)
            self._characters += len(self._decoder.decode(bytes(one.token.octets)))
        return {
            "tokens": [_completion_token(one.token) for one in tokens],
            "token_logprobs": [one.token.logprob for one in tokens],
            "top_logprobs": [_likeliest(one) for one in tokens],
            "text_offset": offsets,
        }


def _likeliest(one: ScoredToken) -> dict[str, float] | None:
    """By text, the likeliest first, and the token itself where it is none of them.

    Two tokens may have one text: it is as likely as the likelier of them.
    """
    if one.token.logprob is None:
        return None
    found: dict[str, float] = {}
    for score in (*one.likeliest, one.token):
        if score.logprob is not None:
            found.setdefault(_completion_token(score), score.logprob)
    return found


def _completion_token(score: TokenScore) -> str:
    return token_text(score, "bytes:")
