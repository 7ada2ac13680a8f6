"""How the tokens of an answer are chosen, as values; `sampler` computes it."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InvalidRequestError
from ..events import SamplingDefaults


@dataclass(frozen=True, slots=True)
class SamplingParams:
    """How tokens are chosen and when to stop."""

    greedy: bool = False
    temperature: float = 1.0  #: 0 means greedy
    top_k: int = 0  #: 0 means all tokens
    top_p: float = 1.0
    repetition_penalty: float = 1.0
    max_new_tokens: int = 64
    seed: int | None = None  #: None draws one
    stop: tuple[str, ...] = ()  #: texts that end the answer and are not part of it

    def __post_init__(self) -> None:
        """Raises InvalidRequestError, naming the option, its range and the value."""
        require_range("Temperature", self.temperature, 0, 100)
        require_range("Top-k", self.top_k, 0, 2**31)
        require_range("Top-p", self.top_p, 0, 1)
        require_range("Repetition penalty", self.repetition_penalty, 0.01, 100)
        require_range("The number of new tokens", self.max_new_tokens, 1, 2**31)
        if self.seed is not None:
            require_range("The seed", self.seed, 0, 2**63 - 1)
        if any(not text for text in self.stop):
            raise InvalidRequestError("A stop text cannot be empty.")

    @classmethod
    def from_defaults(cls, defaults: SamplingDefaults) -> SamplingParams:
        """The sampling that a checkpoint asks for."""
        return cls(
            greedy=defaults.greedy,
            temperature=defaults.temperature,
            top_k=defaults.top_k,
            top_p=defaults.top_p,
            repetition_penalty=defaults.repetition_penalty,
            max_new_tokens=defaults.max_new_tokens,
        )


def require_range(name: str, value: float, low: float, high: float) -> None:
    """Raise InvalidRequestError for an option beyond its range, or that is no number."""
    if not low <= value <= high:
        raise InvalidRequestError(
            "{name} must be from {low:g} to {high:g}, not {value:g}.",
            name=name,
            low=low,
            high=high,
            value=value,
        )
