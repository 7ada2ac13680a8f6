"""Stand-ins for what is slow or far away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from backends.errors import UserFacingError
from backends.events import GenerationEvent, TextDelta
from backends.interface import LoadedModel, Logits
from backends.protocol.engine_requests import Request
from baichuan_desktop.services.engines.port import ClientEvent


class ScriptedModel(LoadedModel):
    """Wants to say `script`, one token after each pass over the end of a prompt or a token."""

    def __init__(self, script: Sequence[int], *, context_length: int = 100, chunk: int = 4) -> None:
        self.vocab_size = max(300, *script) + 1
        self.context_length, self.prefill_chunk = context_length, chunk
        self.passes: list[int] = []  # tokens of each call
        self.before_pass: Callable[[], None] = lambda: None
        self._script = list(script)
        self._ids: list[int] = []
        self.spoken = 0

    @property
    def cached_ids(self) -> Sequence[int]:
        return self._ids

    def prefill(self, token_ids: Sequence[int]) -> Logits:
        assert 1 <= len(token_ids) <= self.prefill_chunk
        self.spoken = 0
        return self._pass(token_ids)

    def decode(self, token_id: int) -> Logits:
        self.spoken += 1
        return self._pass([token_id])

    def _pass(self, token_ids: Sequence[int]) -> Logits:
        self.before_pass()
        self.passes.append(len(token_ids))
        self._ids.extend(token_ids)
        assert len(self._ids) <= self.context_length
        logits = np.zeros(self.vocab_size, dtype=np.float32)
        logits[self._script[self.spoken % len(self._script)]] = 9.0
        return logits

    def truncate(self, length: int) -> None:
        assert 0 <= length <= len(self._ids)
        del self._ids[length:]

    def peak_bytes(self) -> int:
        return 1

    def close(self) -> None:
        self._ids = []


class FakeEngine:
    """Answers each request with the next of `answers`: its events, and an error at their end."""

    def __init__(self, *answers: Sequence[ClientEvent | UserFacingError]) -> None:
        self.requests: list[Request] = []
        self._answers = list(answers)

    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        self.requests.append(request)
        for step in self._answers.pop(0):
            if isinstance(step, UserFacingError):
                raise step
            yield step

    def kill(self) -> None:
        pass

    def close(self) -> None:
        pass


class CharacterDetokenizer:
    """Id 97 is “a”, and so on."""

    def add(self, token_id: int) -> str:
        return chr(token_id)

    def flush(self) -> str:
        return ""


def text_of(events: Iterable[GenerationEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))
