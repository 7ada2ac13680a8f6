"""How an answer is sampled, where it ends and whether it is streamed: of both APIs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from pydantic import Field

from backends.events import SamplingDefaults
from backends.generation.sampling import SamplingParams
from backends.generation.terms import MOST_LIKELIEST, MOST_PENALTY
from baichuan_desktop.server.schema.body import Body, ModelId, wrong

MOST_STOPS: Final = 16
MOST_TOKENS: Final = 2**31

Penalty = Annotated[float, Field(ge=-MOST_PENALTY, le=MOST_PENALTY)]
Likeliest = Annotated[int, Field(ge=0, le=MOST_LIKELIEST)]


class StreamOptions(Body):
    """What is told at the end of a stream."""

    include_usage: bool | None = None
    include_obfuscation: bool | None = None  #: against who watches the network; nothing is added


class SamplingFields(Body):
    """The fields that both APIs have. What is not said is as the model's own defaults."""

    model: ModelId | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=-1, le=MOST_TOKENS)] | None = None  #: -1 and 0: all
    repetition_penalty: Annotated[float, Field(ge=0.01, le=100)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**64)] | None = None
    stop: object = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    def model_id(self) -> str | None:
        """The model that was named; None for the one that is loaded."""
        return self.model or None

    def stops(self) -> tuple[str, ...]:
        """Texts that end the answer. Raises ApiError, 400."""
        stops = [] if self.stop is None else self.stop
        stops = [stops] if isinstance(stops, str) else stops
        if not isinstance(stops, list) or not all(isinstance(one, str) for one in stops):
            raise wrong("stop", "“stop” should be a text, or a list of texts.")
        if "" in stops:
            raise wrong("stop", "A text of “stop” cannot be empty.")
        if len(stops) > MOST_STOPS:
            raise wrong("stop", f"“stop” may hold {MOST_STOPS} texts, not {len(stops)}.")
        return tuple(stops)

    def tells_usage(self) -> bool:
        """Whether a stream ends with what it took. Raises ApiError, 400."""
        if self.stream_options is None:
            return False
        if not self.stream:
            raise wrong("stream_options", "“stream_options” is only allowed with “stream”: true.")
        return bool(self.stream_options.include_usage)

    def params(self, defaults: SamplingDefaults, max_new_tokens: int | None) -> SamplingParams:
        """The sampling, where the model has these defaults."""
        own = SamplingParams.from_defaults(defaults)
        temperature = own.temperature if self.temperature is None else self.temperature
        return replace(
            own,
            greedy=own.greedy if self.temperature is None else temperature == 0,
            temperature=temperature,
            top_k=own.top_k if self.top_k is None else max(self.top_k, 0),
            top_p=own.top_p if self.top_p is None else self.top_p,
            repetition_penalty=(
                own.repetition_penalty
                if self.repetition_penalty is None
                else self.repetition_penalty
            ),
            max_new_tokens=own.max_new_tokens if max_new_tokens is None else max_new_tokens,
            seed=None if self.seed is None else self.seed % 2**63,
            stop=self.stops(),
        )
