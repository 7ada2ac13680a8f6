"""A model that is loaded in this process, for the verbs that answer."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from backends.errors import (
    LicenceNotAcceptedError,
    ModelAwayError,
    NotAdmittedError,
    UserFacingError,
)
from backends.events import (
    AdapterReady,
    Finished,
    LoadProgress,
    ModelReady,
    PrefillProgress,
    PromptReady,
    TextDelta,
)
from backends.generation.sampling import SamplingParams
from backends.precision import parse_precision
from backends.printable import printable
from backends.protocol.engine_requests import AdapterRequest, LoadRequest, Request
from baichuan_desktop.cli.library import adapter_of, model_store, print_notes
from baichuan_desktop.cli.licences.asking import is_accepted_now
from baichuan_desktop.cli.presets import PresetInUse, preset_in_use
from baichuan_desktop.cli.progress import interrupt_sets, progress
from baichuan_desktop.cli.wrapping import Wrapping
from baichuan_desktop.services.admission.engines import own_engine
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.port import ClientEvent, EnginePort
from baichuan_desktop.services.jobs.load_meter import LoadMeter
from baichuan_desktop.services.jobs.pace import Pace
from baichuan_desktop.services.jobs.time_left import left_soon
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.rows.patiently import require_here
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.presets.sampling import applied


@dataclass(slots=True)
class TerminalSession:
    """A loaded model, and how it wants to be sampled."""

    engine: EnginePort
    ready: ModelReady
    params: SamplingParams
    measurements: Measurements
    prompt_turns: int | None  #: most turns of a conversation that the model is given
    store: ModelStore
    model: InstalledModel
    adapter: InstalledAdapter | None = None  #: that it answers with
    preset: PresetInUse = field(default_factory=PresetInUse)
    given: dict[str, Any] = field(default_factory=dict)  #: the sampling options that were given

    def use_preset(self, preset: PresetInUse) -> None:
        """Make messages with a preset, and sample as it asks for; what was given stays."""
        self.preset = preset
        defaults = SamplingParams.from_defaults(self.ready.defaults)
        self.params = applied(preset.params(defaults), self.given)


def load(
    arguments: argparse.Namespace, require: Callable[[InstalledModel], None] | None = None
) -> tuple[TerminalSession, str]:
    """The model of `add_run_options`, loaded, and its name; progress goes to stderr.

    Sampling options that were not given stay what the model asks for. `require` may refuse the
    model before minutes of loading. Raises UserFacingError.
    """
    given, preset = _given_params(arguments), preset_in_use(arguments)
    store = model_store()
    model = store.model(arguments.model)
    if require is not None:
        require(model)
    require_here(model)
    adapter = adapter_of(store, arguments.adapter, model)
    measurements = Measurements(app_paths().measurements)
    wish = wish_of(arguments, adapter)
    request = replace(wish.request(model, measurements), prefer_speed=arguments.prefer_speed)
    engine = own_engine()
    try:
        ready = _load(engine, request, model.shown_name.en)
    except LicenceNotAcceptedError:
        progress("")
        if not is_accepted_now(store, model):
            raise
        ready = _load(engine, request, model.shown_name.en)
    LastUsed(app_paths().last_used).note(model.id)
    if adapter is None:  # else more memory was used than the model needs
        measurements.loaded(ready)
    print_notes(ready.notes)
    print_notes(ready.adapter.notes if ready.adapter is not None else ())
    params = SamplingParams.from_defaults(ready.defaults)
    session = TerminalSession(
        engine, ready, params, measurements, model.prompt_turns, store, model, adapter
    )
    session.given = given
    session.use_preset(preset)
    return session, model.shown_name.en


def wish_of(arguments: argparse.Namespace, adapter: InstalledAdapter | None) -> LoadWish:
    """How `add_machine_options` says that a model is loaded."""
    return LoadWish(
        parse_precision(arguments.precision),
        arguments.device,
        arguments.context_length,
        arguments.threads,
        None if adapter is None else adapter.path,
    )


def _given_params(arguments: argparse.Namespace) -> dict[str, Any]:
    """The sampling options that were given, by name."""
    given = {field.name: getattr(arguments, field.name) for field in fields(SamplingParams)}
    given = {name: value for name, value in given.items() if value is not None}
    if "stop" in given:
        given["stop"] = tuple(given["stop"])
    SamplingParams(**given)  # says what is wrong before minutes of loading
    return given


def _load(engine: EnginePort, request: LoadRequest, name: str) -> ModelReady:
    ready: ModelReady | None = None
    meter = LoadMeter(name)
    progress(str(meter.phrase))
    for event in engine.run(request, threading.Event()):
        if isinstance(event, LoadProgress):
            meter.read(event)
            progress(str(meter.phrase))
        elif isinstance(event, ModelReady):
            ready = event
    progress("")
    assert ready is not None  # the engine raises otherwise
    return ready


def use_adapter(session: TerminalSession, name: str | None) -> AdapterReady:
    """Have the loaded model answer with another adapter, or with none; it is not loaded again.

    What is wrong with a name changes nothing; where a switch fails, the model answers without one.
    Raises UserFacingError.
    """
    adapter = adapter_of(session.store, name, session.model)
    try:
        ready = _switch(session, adapter)
    except (NotAdmittedError, ModelAwayError):
        raise
    except UserFacingError:
        _switch(session, None)
        raise
    return ready


def _switch(session: TerminalSession, adapter: InstalledAdapter | None) -> AdapterReady:
    ready: AdapterReady | None = None
    request = AdapterRequest(None if adapter is None else str(adapter.path))
    for event in session.engine.run(request, threading.Event()):
        if isinstance(event, AdapterReady):
            ready = event
    assert ready is not None  # the engine raises otherwise
    session.adapter = adapter
    return ready


class AnswerOutput:
    """Where a text streams to: stdout, where lines are broken at words if it is a terminal."""

    def __init__(self) -> None:
        self._wrapping = Wrapping() if sys.stdout.isatty() else None

    def write(self, text: str) -> None:
        """More of it."""
        if self._wrapping is not None:
            text = self._wrapping.feed(printable(text))
        print(text, end="", flush=True)

    def end(self) -> None:
        """It is over, and so is its last word."""
        if self._wrapping is not None:
            print(self._wrapping.end(), end="", flush=True)


def answer(
    session: TerminalSession,
    request: Request,
    on_text: Callable[[str], None] | None = None,
    output: AnswerOutput | None = None,
) -> Finished:
    """Stream an answer to stdout, each piece to `on_text` too; Ctrl+C ends it.

    `output` goes on in a line that was begun; without one the answer begins a line.
    Raises UserFacingError.
    """
    cancel = threading.Event()
    finished: Finished | None = None
    pace, output = Pace(), output or AnswerOutput()
    try:
        with interrupt_sets(cancel):
            for event in session.engine.run(request, cancel):
                if isinstance(event, TextDelta) and on_text is not None:
                    on_text(event.text)
                finished = _show(event, output, pace) or finished
    finally:
        output.end()
    assert finished is not None  # the engine raises otherwise
    if session.adapter is None:  # how fast the model is by itself
        session.measurements.answered(session.ready, finished)
    return finished


def _show(event: ClientEvent, output: AnswerOutput, pace: Pace) -> Finished | None:
    match event:
        case PromptReady(dropped_messages=dropped, room_tokens=room):
            if dropped:
                print(f"[the {dropped:,} oldest messages no longer fit]", file=sys.stderr)
            if room is not None:
                print(
                    "[--max-new-tokens is over half of the context: older messages were kept, "
                    f"which left room for {room:,} tokens]",
                    file=sys.stderr,
                )
        case PrefillProgress(done, total) if total > 256:
            pace.read(done, total)
            progress(_reading(done, total, pace) if done < total else "")
        case TextDelta(text):
            output.write(text)
        case Finished():
            return event
    return None


def _reading(done: int, total: int, pace: Pace) -> str:
    left = left_soon(pace.steady_seconds_left)
    return f"Reading the prompt: {done:,} of {total:,} tokens" + (f" · {left}" if left else "")
