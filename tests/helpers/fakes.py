"""Stand-ins for what is slow or far away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from backends.events import GenerationEvent, TextDelta
from backends.interface import LoadedModel, Logits
from baichuan_desktop.services.engines.port import RunRequest


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
    """Runs a generator of events for each request."""

    def __init__(self, source: RunRequest, kill: Callable[[], None] = lambda: None) -> None:
        self.run = source
        self.kill = kill
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


class CharacterDetokenizer:
    """Id 97 is “a”, and so on."""

    def add(self, token_id: int) -> str:
        return chr(token_id)

    def flush(self) -> str:
        return ""

    def octets(self, token_id: int) -> bytes:
        return chr(token_id).encode()


def text_of(events: Iterable[GenerationEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))
