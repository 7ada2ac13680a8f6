"""An engine process that needs no torch: `python -m tests.helpers.scripted_engine`.

Its model says “a”, one a time, or “b” with an adapter, and sleeps for `SECONDS` before each pass.
What a request does is named by the text of its last message.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

from typing_extensions import override

from backends.adapters.values import Adapter
from backends.checkpoint.folder import Checkpoint
from backends.engine import heavy_modules, server
from backends.engine.dispatch import run_request
from backends.engine.engine import Engine
from backends.errors import DamagedCheckpointError, GpuLostError
from backends.events import EngineEvent, LoadProgress
from backends.interface import LoadedModel
from backends.phrases import Phrase
from backends.precision import BackendName
from backends.protocol.engine_requests import ChatRequest
from tests.helpers.fakes import ScriptedModel
from tests.helpers.patience import PATIENCE_SECONDS

SECONDS = 0.02
LETTER = 745  # “a” in the tokenizer of b2-7b, whose vocabulary has 1120 pieces
ADAPTED_LETTER = 765  # “b”


class _Model(ScriptedModel):
    @override
    def use_adapter(self, adapter: Adapter | None) -> Iterator[tuple[int, int]]:
        self.truncate(0)
        self._script = [LETTER]
        if adapter is not None and adapter.folder.name == "too large":
            raise MemoryError
        self._script = [LETTER if adapter is None else ADAPTED_LETTER]
        yield 1, 1


def _load(checkpoint: Checkpoint, _options: object) -> Generator[LoadProgress, None, LoadedModel]:
    yield LoadProgress(1, 2)
    yield LoadProgress(2, 2)
    model = _Model([LETTER, 1119], context_length=256, chunk=64)
    model._script = [LETTER]
    model.before_pass = lambda: time.sleep(SECONDS)
    return model


def _run(engine: Engine, request: Any, cancel: Any) -> Iterator[EngineEvent]:
    text = request.messages[-1].text if isinstance(request, ChatRequest) else ""
    for number, event in enumerate(run_request(engine, request, cancel)):
        yield event
        if number < 5:
            continue
        match text:
            case "wait":  # each pass, until the answer is cancelled
                model = cast("ScriptedModel", engine.loaded.model)
                model.before_pass = lambda: cancel.wait(PATIENCE_SECONDS)
            case "print":
                print("a stray line", flush=True)
                os.write(1, b"from a library\n")
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "exit":
                os._exit(3)
            case "garbage":
                os.write(engine_pipe, b"\0\0\0\5hello")
            case "error":
                raise DamagedCheckpointError(
                    checkpoint_file, Phrase("“{a}” {b}", a="x", b=Phrase("{n} bytes", n=7))
                )
            case "hang":
                time.sleep(600)
            case "memory":
                raise MemoryError
            case "card":
                raise GpuLostError("it fell off the bus", device="NVIDIA GeForce RTX 3060")
            case "bitsandbytes":  # as its own code for cards ends a process
                os.write(2, b"Error invalid device function at line 380 in file /src/csrc/ops.cu\n")
                ctypes.CDLL(None).exit(1)
            case "bug":
                raise ZeroDivisionError("unforeseen\nsecond line")


if __name__ == "__main__":
    checkpoint_file = Path("/m/w.bin")
    engine_pipe = os.dup(1)
    sys.modules["scripted"] = cast("ModuleType", SimpleNamespace(load=_load))
    heavy_modules._BACKENDS[BackendName.TORCH_CPU] = "scripted"
    vars(server)["run_request"] = _run
    server.main()
