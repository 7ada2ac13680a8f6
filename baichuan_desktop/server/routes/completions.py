"""POST /v1/completions: a text, or ids, is continued or scored."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from baichuan_desktop.server.answers.completion import CompletionForm
from baichuan_desktop.server.answers.form import Wanted
from baichuan_desktop.server.answers.head import new_head
from baichuan_desktop.server.asking.answering import Answering, defaults_of
from baichuan_desktop.server.bodies.reading import read_object
from baichuan_desktop.server.routes.parts import Parts, Place
from baichuan_desktop.server.schema.completions import CompletionAsked, read_completion
from baichuan_desktop.server.security.key import require_key
from baichuan_desktop.services.serving.port import LoadedFacts


def places(parts: Parts) -> Sequence[Place]:
    """`POST /v1/completions`. Ids may be those that begin turns, so they need the key."""

    async def completed(request: Request) -> Response:
        asked = read_completion(await read_object(request))
        if asked.prompt_ids is not None:
            require_key(request.scope, "a prompt of token ids")
        return Answering(
            parts.desk,
            asked.fields.model_id(),
            request=lambda facts: asked.request(defaults_of(facts)),
            form=lambda facts: _form(asked, facts),
            is_stream=bool(asked.fields.stream),
            asked_in="prompt",
        )

    return [Place("POST", "/v1/completions", completed)]


def _form(asked: CompletionAsked, facts: LoadedFacts) -> CompletionForm:
    wanted = Wanted(
        has_scores=asked.has_scores, has_echo=asked.has_echo, tells_usage=asked.tells_usage
    )
    prompt = asked.prompt if asked.prompt_ids is None else None
    return CompletionForm(new_head("cmpl-", facts.model.id, facts.status.ready), wanted, prompt)
