"""What generation_config.json says: the tokens of a chat, and the sampling that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .errors import DamagedCheckpointError, Phrase
from .events import SamplingDefaults
from .modeling.config import ModelConfig
from .small_files import is_file, read_json

#: What the published base demo uses where generation_config.json says nothing.
BASE_DEFAULTS = SamplingDefaults(
    greedy=True, temperature=1.0, top_k=0, top_p=1.0, repetition_penalty=1.1, max_new_tokens=64
)


@dataclass(frozen=True, slots=True)
class ChatTokens:
    """The two ids that begin a turn; their pieces differ between families, the ids do not."""

    user: int
    assistant: int


def read_generation_config(
    folder: Path, config: ModelConfig
) -> tuple[ChatTokens | None, SamplingDefaults]:
    """Ids that begin a turn, None for a base model; and the sampling. Raises CheckpointError."""
    file = folder / "generation_config.json"
    if not is_file(file):
        return None, BASE_DEFAULTS
    data = read_json(file)

    def number(name: str, default: float, low: float, high: float) -> float:
        value = data.get(name)
        if value is None:
            return default
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise DamagedCheckpointError(
                file,
                Phrase(
                    "{name} is {value}, not {low:g} to {high:g}",
                    name=name,
                    value=f"{value!r:.40}",
                    low=low,
                    high=high,
                ),
            )
        return value

    sampled = bool(data.get("do_sample", False))
    defaults = SamplingDefaults(
        greedy=not sampled,
        temperature=number("temperature", 1.0, 0.0, 100.0),
        # transformers' default where a sampling configuration names none
        top_k=int(number("top_k", 50 if sampled else 0, 0, config.vocab_size)),
        top_p=number("top_p", 1.0, 0.0, 1.0),
        repetition_penalty=number("repetition_penalty", 1.0 if sampled else 1.1, 0.01, 100.0),
        max_new_tokens=int(number("max_new_tokens", 64, 1, 1_048_576)),
    )
    user, assistant = data.get("user_token_id"), data.get("assistant_token_id")
    if user is None or assistant is None:
        return None, defaults
    for name, value in (("user_token_id", user), ("assistant_token_id", assistant)):
        if not isinstance(value, int) or not 0 <= value < config.vocab_size:
            raise DamagedCheckpointError(
                file,
                Phrase("{name} is {value}, which is no token", name=name, value=f"{value!r:.40}"),
            )
    assert isinstance(user, int)
    assert isinstance(assistant, int)
    return ChatTokens(user, assistant), defaults
