"""An engine process on a machine with a card: `python -m tests.helpers.engine_with_card`.

It loads models onto the card for real, as far as `fake_cards` goes, and ends for real. What happens
to the card in the middle of a request is named by the text of its last message, or, while a model
is loaded onto it, by `WHILE_LOADING` of the environment.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Iterator
from typing import Any

from backends.engine import server
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.events import EngineEvent
from backends.protocol.engine_requests import ChatRequest, LoadRequest
from tests.helpers.fake_cards import GIB, Card, Cards, fake_cards
from tests.helpers.machines import card as facts
from tests.helpers.machines import machine

WHILE_LOADING = "TESTS_WHILE_LOADING"
NAME = "NVIDIA GeForce RTX 3060"
#: What bitsandbytes writes before it calls exit(1).
EXIT = "Error {} at line 380 in file /src/csrc/ops.cu\n"

TOO_OLD = "The NVIDIA driver on your system is too old (found version 11040). Please update it."


def _happens(what: str, cards: Cards) -> None:
    match what:
        case "the card is lost":
            cards[0].is_lost = True
        case "the driver is too old":
            cards.start_error = RuntimeError(TOO_OLD)
        case "bitsandbytes ends":
            _end(EXIT.format("an illegal memory access was encountered"))
        case "bitsandbytes has no memory":
            _end(EXIT.format("out of memory"))


def _end(words: str) -> None:
    """End the process as C does, in the middle of what it does."""
    os.write(2, words.encode())
    ctypes.CDLL(None).exit(1)


def _run(cards: Cards, engine: Engine, request: Any, cancel: Any) -> Iterator[EngineEvent]:
    text = request.messages[-1].text if isinstance(request, ChatRequest) else ""
    is_on_card = isinstance(request, LoadRequest) and request.wanted_device != "cpu"
    for number, event in enumerate(run_request(engine, request, cancel)):
        yield event
        if is_on_card and number == 0:
            _happens(os.environ.get(WHILE_LOADING, ""), cards)
        elif number == 5:
            _happens(text, cards)


def main() -> None:
    """Serve the window, with a card of 12 GiB."""
    detect = functools.partial(machine, facts(12, name=NAME), free_gib=8.0)
    with fake_cards(Card(NAME, 12 * GIB)) as cards:
        vars(server)["run_request"] = functools.partial(_run, cards)
        vars(server)["Engine"] = functools.partial(Engine, detect)
        server.main()


if __name__ == "__main__":
    main()
