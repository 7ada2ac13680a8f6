"""`model.chat`, as the published chat models have it.

    for text in model.chat(tokenizer, messages, stream=True):
        show(text)

The prompt is the app's own: turn tokens from generation_config.json, older rounds left out where
they do not fit, and nothing of a message a control id.
"""

from __future__ import annotations

import copy
import queue
import threading
from collections.abc import Iterator
from typing import Any

import torch
from transformers import GenerationConfig, StoppingCriteria, StoppingCriteriaList
from transformers.generation.streamers import BaseStreamer

from ...errors import InvalidRequestError
from ...text.chat_template import ChatTokens, build_chat_prompt
from ...text.detokenizer import StreamingDetokenizer
from .conversations import as_messages
from .tokenizer import BaichuanTokenizer

_PUBLISHED_NEW_TOKENS = 2048  # of the chat models, where no configuration says how many


class Chats:
    """Has `chat`, for a model of transformers that has everything else."""

    config: Any  #: a BaichuanConfig
    device: Any
    generation_config: Any
    generate: Any

    def chat(
        self,
        tokenizer: BaichuanTokenizer,
        messages: list[dict[str, str]],
        stream: bool = False,
        generation_config: GenerationConfig | None = None,
    ) -> str | Iterator[str]:
        """The answer to the last message; with `stream`, again and again the whole text so far.

        `messages` is a list of `{"role": …, "content": …}`, the first of them the system's or
        not. A stream ends with the whole answer, and never shows half a character; who leaves it
        early stops the model. An answer ends at the end of the context at the latest.

        Raises:
            ContextLengthExceededError: The newest message leaves no room for an answer.
            InvalidRequestError: These are no messages, or the model is a base model.
        """
        asked = generation_config or self.generation_config
        turns = self._turns(asked)
        steering = {turns.user, turns.assistant, *_ids(self.generation_config.eos_token_id)}
        app_tokenizer = tokenizer.steered(steering)
        context_length = self.config.shapes.context_length
        new_tokens = (
            asked.max_new_tokens or self.generation_config.max_new_tokens or _PUBLISHED_NEW_TOKENS
        )
        prompt = build_chat_prompt(
            as_messages(messages),
            app_tokenizer.encode,
            turns,
            context_length=context_length,
            max_new_tokens=new_tokens,
        ).ids
        used = copy.deepcopy(asked)
        used.max_new_tokens = min(new_tokens, context_length - len(prompt))
        ids = torch.tensor([prompt], device=self.device)
        arguments: dict[str, Any] = {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            "generation_config": used,
        }
        if stream:
            return self._streamed(StreamingDetokenizer(app_tokenizer), arguments)
        detokenizer = StreamingDetokenizer(app_tokenizer)
        answer = self.generate(**arguments)[0, len(prompt) :].tolist()
        return "".join(map(detokenizer.add, answer)) + detokenizer.flush()

    def _turns(self, asked: GenerationConfig) -> ChatTokens:
        for config in (self.generation_config, asked):
            user, assistant = (
                getattr(config, name, None) for name in ("user_token_id", "assistant_token_id")
            )
            if isinstance(user, int) and isinstance(assistant, int):
                return ChatTokens(user, assistant)
        raise InvalidRequestError(
            "This is a base model: it goes on with a text, and knows no turns of a conversation.",
            hint="Use model.generate, or a chat model.",
        )

    def _streamed(
        self, detokenizer: StreamingDetokenizer, arguments: dict[str, Any]
    ) -> Iterator[str]:
        tokens, stop = _NewTokens(), threading.Event()
        arguments |= {"streamer": tokens, "stopping_criteria": StoppingCriteriaList([_When(stop)])}

        def run() -> None:
            try:
                self.generate(**arguments)
            except BaseException as error:  # noqa: BLE001  raised where the text is read
                tokens.queue.put(error)

        thread = threading.Thread(target=run, name="chat", daemon=True)
        thread.start()
        text = shown = ""
        try:
            while (token := tokens.queue.get()) is not None:
                if isinstance(token, BaseException):
                    raise token
                text += detokenizer.add(token)
                if text != shown:
                    yield text
                    shown = text
            text += detokenizer.flush()
            if text != shown or not text:
                yield text
        finally:
            stop.set()
            thread.join()


class _NewTokens(BaseStreamer):
    """A queue of the ids that follow the prompt, one by one; None after the last."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[int | BaseException | None] = queue.SimpleQueue()
        self._has_prompt = False

    def put(self, value: torch.Tensor) -> None:
        if self._has_prompt:
            for token_id in value.flatten().tolist():
                self.queue.put(token_id)
        self._has_prompt = True

    def end(self) -> None:
        self.queue.put(None)


class _When(StoppingCriteria):
    """Ends a generation once an event is set."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> Any:
        return torch.full((len(input_ids),), self._event.is_set(), device=input_ids.device)


def _ids(eos: int | list[int] | None) -> list[int]:
    if eos is None:
        return []
    return [eos] if isinstance(eos, int) else list(eos)
