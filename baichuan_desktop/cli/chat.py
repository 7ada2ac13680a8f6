"""Chat and completion in a terminal, with the engine in this process."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import TextIO

from backends.engine.engine import Engine
from backends.errors import UserFacingError
from backends.events import (
    CopyReady,
    EngineEvent,
    Finished,
    FinishReason,
    JobProgress,
    JobStep,
    LoadProgress,
    ModelReady,
    PrefillProgress,
    PromptReady,
    TextDelta,
)
from backends.generation.sampling import SamplingParams
from backends.phrases import Phrase
from backends.precision import Precision, name_of
from backends.printable import one_line
from backends.protocol.requests import ChatRequest, CopyRequest, ExportRequest, LoadRequest, Request
from baichuan_desktop.console import exact, unguarded
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.session import ChatSession, completion
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.sizes import size_text

FIRST_QUESTION = "How do I open a model folder?"

_HELP = """\
  /system TEXT  set the system prompt; without TEXT, show it
  /clear        begin a new conversation; the system prompt stays
  /stats        speed and context of the last answer
  /exit         leave (also Ctrl+D)
  Ctrl+C stops an answer. A line that ends with \\ goes on in the next one; a line of three
  quotes (\"\"\") begins a message of several lines, and another one ends it."""

_STEPS = {
    JobStep.HASH: "Reading the model",
    JobStep.WRITE: "Writing the copy",
    JobStep.CHECK: "Checking the copy",
}

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


def model_store() -> ModelStore:
    """The models on this machine; what of a registry is wrong is told on stderr and left out."""
    store = ModelStore(app_paths())
    for problem in store.problems:
        print(f"{problem.message} {problem.hint}", file=sys.stderr)
    return store


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
    """Continue a text on stdout; a file or a program gets it to the character."""
    stdout = sys.stdout if sys.stdout.isatty() else exact(sys.stdout)
    with contextlib.redirect_stdout(stdout):
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


def chat(
    session: TerminalSession, name: str, *, system_prompt: str | None, as_chat: bool = False
) -> int:
    """Talk until the end of input or /exit. 1 if a program asked and was not always answered.

    `as_chat` talks with a base model too.
    """
    conversation = ChatSession()
    conversation.system_prompt = system_prompt or ""
    ready = session.ready
    if ready.kind == "base" and not as_chat:
        raise UserFacingError(
            "{name} is a base model: it continues text and does not chat.",
            hint="Use: baichuan-desktop complete MODEL --prompt TEXT. If it was fine-tuned on "
            "conversations: baichuan-desktop chat MODEL --as-chat",
            name=name,
        )
    if sys.stdin.isatty():
        _enable_line_editing()
        print(
            f"{one_line(name)} · {ready.precision} on {ready.device_name} · "
            f"{size_text(ready.weights_bytes)} · context {ready.context_length} tokens"
        )
        print("/help lists the commands.")
    elif isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # a program may send what is not UTF-8
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
                request = conversation.ask(text, session.params, as_chat=as_chat)
                answer = _turn(session, conversation, request)
                unanswered = unanswered or answer is None
                finished = answer or finished
    return 1 if unanswered and not sys.stdin.isatty() else 0


def _turn(
    session: TerminalSession, conversation: ChatSession, request: ChatRequest
) -> Finished | None:
    """One question and its answer. An error of this turn is told; the conversation goes on."""
    try:
        finished = _answer(session, request, on_text=conversation.receive)
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
        case PromptReady(dropped_messages=dropped, room_tokens=room):
            if dropped:
                print(f"[the {dropped} oldest messages no longer fit]", file=sys.stderr)
            if room is not None:
                print(
                    "[--max-new-tokens is over half of the context: older messages were kept, "
                    f"which left room for {room} tokens]",
                    file=sys.stderr,
                )
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
        f"{_threads(finished, ready)}. {ready.reason}"
    )


def _threads(finished: Finished, ready: ModelReady) -> str:
    if finished.threads is not None and finished.threads < ready.threads:
        now, most = finished.threads, ready.threads
        return f"{now} of {most} threads: other programs keep the processor busy"
    return "1 thread" if ready.threads == 1 else f"{ready.threads} threads"


def print_refusal(precision: Precision | None, error: UserFacingError) -> None:
    """Tell why one of several things could not be done; the others go on."""
    print(f"{name_of(precision)}: {error.message} {error.hint}".rstrip(), file=sys.stderr)


def print_notes(notes: Sequence[Phrase]) -> None:
    """Tell what of a model's folder is not used, and what is instead."""
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)


def progress(text: str) -> None:
    """Show `text` in place of the progress before it; empty text removes it."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=unguarded(sys.stderr))
        print(one_line(text), end="", file=sys.stderr, flush=True)
