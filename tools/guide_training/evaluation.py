"""Asks a guide folder questions in the way the app does, and counts the right answers."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.events import ModelReady, TextDelta
from backends.generation.sampling import SamplingParams
from backends.precision import Precision
from backends.protocol.engine_requests import ChatRequest, LoadRequest
from backends.text.chat_template import Message, Role

from .data import Example

#: Seed of the sampled answers.
_SEED = 1


class Guide:
    """A loaded guide folder."""

    def __init__(
        self, folder: Path, *, precision: Precision | None = None, threads: int | None = None
    ) -> None:
        self._engine = Engine()
        self._never = threading.Event()
        request = LoadRequest(str(folder), precision=precision, threads=threads)
        for event in run_request(self._engine, request, self._never):
            if isinstance(event, ModelReady):
                self.defaults = SamplingParams.from_defaults(event.defaults)

    def answer(self, messages: Iterable[Message], params: SamplingParams) -> str:
        """The whole answer to the last of the messages."""
        events = run_request(self._engine, ChatRequest(tuple(messages), params), self._never)
        return "".join(event.text for event in events if isinstance(event, TextDelta))

    def share_correct(
        self, examples: Iterable[Example], *, greedy: bool, earlier: tuple[Message, ...] = ()
    ) -> dict[str, float]:
        """The share of questions, by language, whose answer is exactly the fact's.

        `greedy` in place of the folder's own sampling; `earlier` are messages before each question.
        """
        params = replace(self.defaults, greedy=greedy, seed=_SEED)
        results: defaultdict[str, list[bool]] = defaultdict(list)
        for example in examples:
            text = self.answer([*earlier, Message(Role.USER, example.question)], params)
            results[example.language].append(text.strip() == example.answer)
        return {language: sum(right) / len(right) for language, right in results.items()}
