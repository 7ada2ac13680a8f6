"""Fields of OpenAI's API that are not done here: named, unless they ask for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from baichuan_desktop.server.api_errors import ApiError

#: They change nothing of an answer.
_IGNORED: Final = frozenset(
    {
        "metadata",
        "parallel_tool_calls",
        "prediction",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "safety_identifier",
        "service_tier",
        "store",
        "user",
    }
)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a field is not supported, and with which values it asks for nothing."""

    why: str
    harmless: Sequence[object] = ()


_TOOLS = "Tools are not supported: this model was not trained to call any."
_ONE = "One answer is given to a request, so “{name}” can only be 1."
_SOUND = "This model reads and writes text alone."

#: Of both APIs.
_EVERYWHERE: Final = {
    "logit_bias": Refused("“logit_bias” is not supported.", [{}]),
    "n": Refused(_ONE.format(name="n"), [1]),
}

CHAT_REFUSED: Final[Mapping[str, Refused]] = _EVERYWHERE | {
    "audio": Refused(_SOUND),
    "function_call": Refused(_TOOLS, ["none", "auto"]),
    "functions": Refused(_TOOLS, [[]]),
    "modalities": Refused(_SOUND, [["text"]]),
    "moderation": Refused("Nothing is moderated here, so “moderation” is not supported."),
    "reasoning_effort": Refused("This model does not reason before it answers.", ["none"]),
    "tool_choice": Refused(_TOOLS, ["none", "auto"]),
    "tools": Refused(_TOOLS, [[]]),
    "verbosity": Refused("This model knows no “verbosity”: ask for it in a message.", ["medium"]),
    "web_search_options": Refused("This server is not connected to the web."),
}

COMPLETION_REFUSED: Final[Mapping[str, Refused]] = _EVERYWHERE | {
    "best_of": Refused(_ONE.format(name="best_of"), [1]),
    "suffix": Refused(
        "“suffix” is not supported: this model continues text, it fills no gaps.", [""]
    ),
}


def without_refused(
    content: Mapping[str, object], refused: Mapping[str, Refused]
) -> dict[str, object]:
    """The fields that have to be understood. Raises ApiError, 400, for one that is refused."""
    for name, why in refused.items():
        value = content.get(name)
        if value is not None and not any(_is_same(value, one) for one in why.harmless):
            raise ApiError(400, why.why, param=name, code="unsupported_parameter")
    return {
        name: value
        for name, value in content.items()
        if value is not None and name not in refused and name not in _IGNORED
    }


def _is_same(value: object, other: object) -> bool:
    return type(value) is type(other) and value == other  # True is no 1
