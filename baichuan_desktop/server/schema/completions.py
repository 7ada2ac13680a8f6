"""What may be asked of /v1/completions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from backends.events import SamplingDefaults
from backends.generation.terms import AnswerTerms
from backends.protocol.engine_requests import CompleteRequest
from baichuan_desktop.server.schema.body import wrong
from baichuan_desktop.server.schema.refused import COMPLETION_REFUSED
from baichuan_desktop.server.schema.sampling import MOST_TOKENS, Likeliest, SamplingFields
from baichuan_desktop.server.schema.token_ids import is_ids

_USUAL_TOKENS: Final = 16  # of OpenAI's API


class CompletionFields(SamplingFields):
    """The fields of a body."""

    prompt: object
    max_tokens: Annotated[int, Field(ge=0, le=MOST_TOKENS)] | None = None
    echo: bool | None = None
    logprobs: Likeliest | None = None


@dataclass(frozen=True, slots=True)
class CompletionAsked:
    """A request that was understood, all of it."""

    fields: CompletionFields
    prompt: str
    prompt_ids: tuple[int, ...] | None  #: in place of the text
    tells_usage: bool

    @property
    def has_echo(self) -> bool:
        """Whether the answer begins with the prompt."""
        return bool(self.fields.echo)

    @property
    def has_scores(self) -> bool:
        """Whether it is told how likely the tokens were."""
        return self.fields.logprobs is not None

    def request(self, defaults: SamplingDefaults) -> CompleteRequest:
        """What the engine is asked, where the model samples so."""
        fields = self.fields
        tokens = _USUAL_TOKENS if fields.max_tokens is None else fields.max_tokens
        # Ids that are said again are scored: their text comes with it, and from the model alone.
        reads_ids = self.has_echo and self.prompt_ids is not None
        return CompleteRequest(
            self.prompt,
            fields.params(defaults, max(tokens, 1)),
            terms=AnswerTerms(
                frequency_penalty=fields.frequency_penalty or 0.0,
                presence_penalty=fields.presence_penalty or 0.0,
                likeliest=0 if reads_ids and not self.has_scores else fields.logprobs,
            ),
            prompt_ids=self.prompt_ids,
            scores_prompt=(self.has_echo and self.has_scores) or reads_ids,
            continues=tokens > 0,
        )


def read_completion(content: Mapping[str, object]) -> CompletionAsked:
    """What a body asks for. Raises ApiError, 400, naming the field that is wrong."""
    fields = CompletionFields.read(content, COMPLETION_REFUSED)
    fields.stops()
    if fields.max_tokens == 0 and not fields.echo:
        raise wrong("max_tokens", "“max_tokens” can only be 0 with “echo”: true.")
    text, ids = _prompt(fields.prompt)
    return CompletionAsked(fields, text, ids, fields.tells_usage())


def _prompt(prompt: object) -> tuple[str, tuple[int, ...] | None]:
    """The one prompt of a request: a text or ids, or a list of one of them."""
    if isinstance(prompt, list) and any(isinstance(one, str | list) for one in prompt):
        if len(prompt) > 1:
            raise wrong("prompt", "One prompt is continued in a request: send several requests.")
        prompt = prompt[0]
    if isinstance(prompt, str):
        return prompt, None
    if is_ids(prompt):
        return "", tuple(prompt)
    raise wrong("prompt", "“prompt” should be a text or a list of token ids.")
