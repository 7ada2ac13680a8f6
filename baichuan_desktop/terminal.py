"""Chat and completion in a terminal, with the engine in this process."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import TextIO

from backends.engine import Engine
from backends.errors import Phrase, UserFacingError
from backends.events import (
    CopyReady,
    EngineEvent,
    Finished,
    FinishReason,
    JobProgress,
    LoadProgress,
    ModelReady,
    PrefillProgress,
    PromptReady,
    TextDelta,
)
from backends.requests import CopyRequest, ExportRequest, LoadRequest, Request
from backends.sampling import SamplingParams

from .services.chat_session import ChatSession, completion
from .services.measurements import Measurements
from .services.sizes import size_text

FIRST_QUESTION = "How do I open a model folder?"

_HELP = """\
  /system TEXT  set the system prompt; without TEXT, show it
  /clear        begin a new conversation; the system prompt stays
  /stats        speed and context of the last answer
  /exit         leave (also Ctrl+D)
  Ctrl+C stops an answer. A line that ends with \\ goes on in the next one; a line of three
  quotes (\"\"\") begins a message of several lines, and another one ends it."""

_STEPS = {"hash": "Reading the model", "write": "Writing the copy", "check": "Checking the copy"}

_REASONS = {
    FinishReason.LENGTH: "the most new tokens allowed",
    FinishReason.CONTEXT: "the end of the context",
    FinishReason.CANCELLED: "stopped",
}

#: Makes the sampling of a model from what it asks for; the options given go on top.
ChooseParams = Callable[[SamplingParams], SamplingParams]


@dataclass(slots=True)
class TerminalSession:
    """A loaded model, and how it wants to be sampled."""

    engine: Engine
    ready: ModelReady
    params: SamplingParams
    measurements: Measurements


def load(
    request: LoadRequest, name: str, choose_params: ChooseParams, measurements: Measurements
) -> TerminalSession:
    """Load a model, with progress on stderr if that is a terminal. Raises UserFacingError."""
    engine = Engine()
    ready: ModelReady | None = None
    for event in engine.run(request, threading.Event()):
        if isinstance(event, LoadProgress):
            progress(f"Loading {name}: {100 * event.done_bytes // max(event.total_bytes, 1)} %")
        elif isinstance(event, ModelReady):
            ready = event
    progress("")
    assert ready is not None  # the engine raises otherwise
    measurements.loaded(ready)
    print_notes(ready.notes)
    params = choose_params(SamplingParams.from_defaults(ready.defaults))
    return TerminalSession(engine, ready, params, measurements)


def copy(request: CopyRequest | ExportRequest) -> CopyReady:
    """Convert, quantise or export a checkpoint, with progress on stderr. Raises UserFacingError."""
    ready: CopyReady | None = None
    cancel = threading.Event()
    with interrupt_sets(cancel):
        for event in Engine().run(request, cancel):
            if isinstance(event, JobProgress):
                share = 100 * event.done_bytes // max(event.total_bytes, 1)
                progress(f"{_STEPS[event.step]}: {share} %")
            elif isinstance(event, CopyReady):
                ready = event
    progress("")
    if ready is None:
        raise KeyboardInterrupt
    return ready


def comparing(done: int, total: int) -> None:
    """Progress of reading the weights of a model, on stderr."""
    progress(f"Comparing the weights: {100 * done // max(total, 1)} %")


def complete(session: TerminalSession, prompt: str, *, echo: bool) -> int:
    """Continue a text on stdout."""
    if echo:
        print(prompt, end="", flush=True)
    _answer(session, completion(prompt, session.params))
    print()
    return 0


def ask_once(session: TerminalSession, question: str) -> int:
    """Ask one question and stream its answer: the chat where nobody can type."""
    print(f"> {question}")
    _answer(session, ChatSession().ask(question, session.params))
    print()
    return 0


def chat(session: TerminalSession, name: str, *, system_prompt: str | None) -> int:
    """Talk until the end of input or /exit. 1 if a program asked and was not always answered."""
    conversation = ChatSession()
    conversation.system_prompt = system_prompt or ""
    ready = session.ready
    if ready.kind == "base":
        raise UserFacingError(
            "{name} is a base model: it continues text and does not chat.",
            hint="Use: baichuan-desktop complete MODEL --prompt TEXT",
            name=name,
        )
    if sys.stdin.isatty():
        _enable_line_editing()
        print(
            f"{name} · {ready.precision} on {ready.device} · "
            f"{size_text(ready.weights_bytes)} · context {ready.context_length} tokens"
        )
        print("/help lists the commands.")
    finished: Finished | None = None
    unanswered = False
    for text in _messages(sys.stdin):
        command, _, argument = text.partition(" ")
        match command:
            case "/exit" | "/quit":
                break
            case "/help":
                print(_HELP)
            case "/clear":
                conversation.clear()
                print("A new conversation.")
            case "/system":
                if argument:
                    conversation.system_prompt = argument
                print(f"System prompt: {conversation.system_prompt or '(none)'}")
            case "/stats":
                print(_stats(finished, ready))
            case _ if command.startswith("/") and command[1:].isalpha():
                print(f"There is no command {command}; /help lists the commands.")
            case _:
                answer = _turn(session, conversation, text)
                unanswered = unanswered or answer is None
                finished = answer or finished
    return 1 if unanswered and not sys.stdin.isatty() else 0


def _turn(session: TerminalSession, conversation: ChatSession, text: str) -> Finished | None:
    """One question and its answer. An error of this turn is told; the conversation goes on."""
    try:
        finished = _answer(
            session, conversation.ask(text, session.params), on_text=conversation.receive
        )
    except UserFacingError as error:
        if not conversation.end_answer():
            conversation.take_back()
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return None
    conversation.end_answer()
    note = _REASONS.get(finished.reason)
    print(f"\n[{note}]" if note else "")
    return finished


def _answer(
    session: TerminalSession, request: Request, on_text: Callable[[str], None] | None = None
) -> Finished:
    cancel = threading.Event()
    finished: Finished | None = None
    with interrupt_sets(cancel):
        for event in session.engine.run(request, cancel):
            finished = _show(event, on_text) or finished
    assert finished is not None  # the engine raises otherwise
    session.measurements.answered(session.ready, finished)
    return finished


def _show(event: EngineEvent, on_text: Callable[[str], None] | None) -> Finished | None:
    match event:
        case PromptReady(dropped_messages=dropped) if dropped:
            print(f"[the {dropped} oldest messages no longer fit]", file=sys.stderr)
        case PrefillProgress(done, total) if total > 256:
            progress(f"Reading the prompt: {done} of {total} tokens" if done < total else "")
        case TextDelta(text):
            if on_text is not None:
                on_text(text)
            print(text, end="", flush=True)
        case Finished():
            return event
    return None


@contextlib.contextmanager
def interrupt_sets(cancel: threading.Event) -> Iterator[None]:
    """Ctrl+C sets `cancel` instead of raising in the middle of a forward pass."""

    def on_interrupt(_signal: int, _frame: FrameType | None) -> None:
        cancel.set()

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _messages(stream: TextIO) -> Iterator[str]:
    """What the person sends, one message at a time, until the end of input."""
    mark = "\ufeff"  # before the first line of a file that some editors saved
    while (line := _line(stream, "> ")) is not None:
        line, mark = line.removeprefix(mark), ""
        if line.strip() == '"""':
            lines: list[str] = []
            while (line := _line(stream, "… ")) is not None and line.strip() != '"""':
                lines.append(line)
            text = "\n".join(lines)
        else:
            text = line
            while text.endswith("\\"):
                more = _line(stream, "… ")
                text = text[:-1] + ("" if more is None else "\n" + more)
                if more is None:
                    break
        if text.strip():
            yield text


def _line(stream: TextIO, prompt: str) -> str | None:
    """One line without its newline; None at the end of input."""
    if not stream.isatty():
        line = stream.readline()
        return line.rstrip("\r\n") if line else None
    while True:
        try:
            return input(prompt)
        except EOFError:
            print()
            return None
        except KeyboardInterrupt:
            print("\n/exit or Ctrl+D leaves.")


def _enable_line_editing() -> None:
    """History and cursor keys, where Python has them."""
    with contextlib.suppress(ImportError):
        import readline

        readline.set_history_length(1000)


def _stats(finished: Finished | None, ready: ModelReady) -> str:
    if finished is None:
        return "There is no answer yet."
    return (
        f"{finished.new_tokens} new tokens, {finished.tokens_per_second:.1f} tokens/s; first token "
        f"after {finished.first_token_seconds:.2f} s; prompt {finished.prompt_tokens} tokens, "
        f"{finished.cached_tokens} of them from the cache; context "
        f"{finished.context_tokens} of {ready.context_length}; {ready.precision}, "
        f"{ready.threads} threads. {ready.reason}"
    )


def print_refusal(name: str, error: UserFacingError) -> None:
    """Tell why one of several things could not be done; the others go on."""
    print(f"{name}: {error.message} {error.hint}".rstrip(), file=sys.stderr)


def print_notes(notes: Sequence[Phrase]) -> None:
    """Tell what of a model's folder is not used, and what is instead."""
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)


def progress(text: str) -> None:
    """Show `text` in place of the progress before it; empty text removes it."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
