"""How a loaded model answers: the prompt of a request, what ends its answer, and the events."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

from ..errors import InvalidRequestError
from ..events import GenerationEvent, PromptPieces, PromptReady
from ..generation.grammar import Vocabulary
from ..generation.prefill import Prefill, require_readable
from ..generation.scoring import PromptScores, Scorer
from ..generation.stream import stream
from ..protocol.engine_requests import ChatRequest, CompleteRequest, DescribePromptRequest
from ..text.chat_template import (
    ChatPrompt,
    ChatTokens,
    build_app_prompt,
    build_whole_prompt,
)
from ..text.described import described
from ..text.detokenizer import StreamingDetokenizer
from ..text.turn_tokens import turns_of
from .loaded import Loaded


def chat(
    loaded: Loaded, request: ChatRequest, cancel: threading.Event
) -> Iterator[GenerationEvent]:
    """Answer the last message. Raises InvalidRequestError, GenerationError."""
    tokens = turns_of(loaded.checkpoint.chat_tokens, loaded.tokenizer, as_chat=request.as_chat)
    prompt = _chat_prompt(loaded, tokens, request)
    # A model that begins the person's next turn has ended its own.
    eos_ids = loaded.checkpoint.eos_ids | {tokens.user}
    return _answer(loaded, prompt, request, eos_ids, cancel)


def complete(
    loaded: Loaded, request: CompleteRequest, cancel: threading.Event
) -> Iterator[GenerationEvent]:
    """Continue a text. Raises InvalidRequestError, GenerationError."""
    prompt = _text_prompt(loaded, request)
    return _answer(loaded, prompt, request, loaded.checkpoint.eos_ids, cancel)


def describe_prompt(loaded: Loaded, request: DescribePromptRequest) -> PromptPieces:
    """What the model would get, by the way that an answer takes; nothing is computed.

    Raises what the answer would raise before it begins.
    """
    roles = []
    if request.chat is not None:
        asked = request.chat
        tokens = turns_of(loaded.checkpoint.chat_tokens, loaded.tokenizer, as_chat=asked.as_chat)
        prompt = _chat_prompt(loaded, tokens, asked)
        roles = [message.role for message in asked.messages]
    elif request.complete is not None:
        prompt = _text_prompt(loaded, request.complete)
    else:
        raise InvalidRequestError("There is no message to answer.")
    require_readable(len(prompt.ids), loaded.model.context_length)
    return described(prompt, roles, loaded.tokenizer, loaded.model.context_length)


def _answer(
    loaded: Loaded,
    prompt: ChatPrompt,
    request: ChatRequest | CompleteRequest,
    eos_ids: frozenset[int],
    cancel: threading.Event,
) -> Iterator[GenerationEvent]:
    eos_ids |= loaded.tokenizer.eos_ids
    token_ids = loaded.tokenizer.token_ids(eos_ids)
    form = None
    if request.terms.grammar is not None:
        form = _vocabulary(loaded).form(request.terms.grammar, eos_ids)
    score, continues = None, True
    if isinstance(request, CompleteRequest):
        continues = request.continues
        if request.scores_prompt:
            scorer = Scorer(request.terms.likeliest or 0, loaded.tokenizer.octets, token_ids)
            score = PromptScores(scorer, prompt.ids).score
    prefill = Prefill(loaded.model, prompt.ids, loaded.memo, score)
    yield PromptReady(
        len(prompt.ids), prefill.cached_tokens, prompt.dropped_messages, prompt.room_tokens
    )
    yield from stream(
        prefill,
        request.params,
        eos_ids=eos_ids,
        detokenizer=StreamingDetokenizer(loaded.tokenizer),
        cancel=cancel,
        token_ids=token_ids,
        terms=request.terms,
        form=form,
        continues=continues,
    )


def _vocabulary(loaded: Loaded) -> Vocabulary:
    """The model's tokens as grammars are matched with. Raises ServerLibrariesError."""
    if loaded.vocabulary is None:
        tokenizer = loaded.tokenizer
        octets = [
            b"" if one in tokenizer.control_ids else tokenizer.octets(one)
            for one in range(loaded.model.vocab_size)
        ]
        eos_id = min(loaded.checkpoint.eos_ids | tokenizer.eos_ids, default=0)
        loaded.vocabulary = Vocabulary(octets, tokenizer.encode, eos_id)
    return loaded.vocabulary


def _chat_prompt(loaded: Loaded, tokens: ChatTokens, request: ChatRequest) -> ChatPrompt:
    build = build_app_prompt if request.drops_oldest else build_whole_prompt
    prompt = build(
        request.messages,
        loaded.tokenizer.encode,
        tokens,
        context_length=loaded.model.context_length,
        max_new_tokens=request.params.max_new_tokens,
    )
    dropped = prompt.dropped_messages + request.older_messages
    return replace(prompt, dropped_messages=dropped)


def _text_prompt(loaded: Loaded, request: CompleteRequest) -> ChatPrompt:
    if request.prompt_ids is None:
        return ChatPrompt(loaded.tokenizer.encode(request.prompt), dropped_messages=0)
    ids = list(request.prompt_ids)
    eos_ids = loaded.checkpoint.eos_ids | loaded.tokenizer.eos_ids
    rows = loaded.tokenizer.token_ids(eos_ids)
    known = range(loaded.model.vocab_size) if rows is None else frozenset(rows.tolist())
    for token_id in ids:
        if token_id not in known:
            raise InvalidRequestError(
                "The id {token_id} in the prompt is no token of this model.", token_id=token_id
            )
    return ChatPrompt(ids, dropped_messages=0)
