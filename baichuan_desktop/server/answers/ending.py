"""How an answer ended, and what it took, as OpenAI's API names it."""

from __future__ import annotations

from typing import Final

from backends.events import Finished, FinishReason
from baichuan_desktop.server.answers.head import ApiObject

_REASONS: Final = {
    FinishReason.STOP: "stop",
    FinishReason.STOP_STRING: "stop",
    FinishReason.LENGTH: "length",
    FinishReason.CONTEXT: "length",
}


def finish_reason(finished: Finished) -> str:
    """Why the model stopped. KeyError for an answer that was cancelled: it is none."""
    return _REASONS[finished.reason]


def usage(finished: Finished) -> ApiObject:
    """The tokens of an answer."""
    return {
        "prompt_tokens": finished.prompt_tokens,
        "completion_tokens": finished.new_tokens,
        "total_tokens": finished.prompt_tokens + finished.new_tokens,
        "prompt_tokens_details": {"cached_tokens": finished.cached_tokens},
    }
