"""Tokens of texts for whoever has no window: asked for here, made in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

from backends.operating_system import start_child
from backends.protocol.wire_phrases import error_from_wire
from backends.text.chat_template import Message
from baichuan_desktop.services import own_process
from baichuan_desktop.services.tokens import process


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as a model gets it."""

    ids: Sequence[int]
    pieces: Sequence[str]  #: what the tokenizer calls each id


class TokenClient:
    """Asked from any thread, one question after the other; the process starts with the first one.

    A Future raises UserFacingError for what cannot be told, and ChildProcessError where the process
    ended over the question: the next one has another process. Close it.
    """

    def __init__(self) -> None:
        # Linux ends a process with the thread that started it, so that thread stays.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="tokens")
        self._child: Popen[bytes] | None = None
        self._is_closed = False

    def tokens(self, folder: Path, text: str) -> Future[Tokens]:
        """The tokens of a text, for the model of a folder."""
        return self._thread.submit(self._tokens, process.asked_tokens(folder, text))

    def prompt(self, folder: Path, messages: Sequence[Message], *, as_chat: bool) -> Future[Tokens]:
        """The tokens that a chat of these messages is answered from, however many they are."""
        asked = process.asked_prompt(folder, messages, as_chat=as_chat)
        return self._thread.submit(self._tokens, asked)

    def text(self, folder: Path, ids: Sequence[int]) -> Future[str]:
        """The text of ids."""
        return self._thread.submit(self._text, process.asked_text(folder, ids))

    def schema(self, schema: str) -> Future[None]:
        """Whether an answer can be held to a JSON schema: raises InvalidRequestError if it cannot.

        ChildProcessError: to read the schema takes too long, or too much memory.
        """
        return self._thread.submit(self._tried, process.asked_schema(schema))

    def close(self) -> None:
        """End the process, and the thread."""
        self._is_closed = True
        child = self._child
        if child is not None:
            child.kill()  # whoever waits for it hears of its end
        self._thread.shutdown(cancel_futures=True)
        self._end()

    # --- on its thread ------------------------------------------------------------------------

    def _tokens(self, asked: bytes) -> Tokens:
        answer = self._answer(asked)
        return Tokens(answer["ids"], answer["pieces"])

    def _text(self, asked: bytes) -> str:
        return str(self._answer(asked)["text"])

    def _tried(self, asked: bytes) -> None:
        self._answer(asked)

    def _answer(self, asked: bytes) -> dict[str, Any]:
        if self._is_closed:
            raise ChildProcessError("nothing is asked any more")
        child = self._child
        if child is None or child.poll() is not None:  # it may have ended while it was idle
            child = self._started()
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(asked)
            child.stdin.flush()
            line = child.stdout.readline()
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            self._end()
            raise ChildProcessError("the process that knows tokens has ended")
        answer = json.loads(line)
        assert isinstance(answer, dict)
        if "cause" in answer:
            raise error_from_wire(answer["cause"])
        return answer

    def _started(self) -> Popen[bytes]:
        self._end()
        environment = {**os.environ, **own_process.variables()}
        with Path(os.devnull).open("wb") as nowhere:
            child = self._child = start_child(process.command(), nowhere, environment)
        if self._is_closed:  # in this moment, when there was none yet to kill
            child.kill()
        return child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not sent goes nowhere
                    pipe.close()
        child.wait()
