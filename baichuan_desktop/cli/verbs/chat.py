"""`chat`: a conversation in the terminal."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from typing import TextIO

from backends.checkpoint.folder import Checkpoint
from backends.errors import UserFacingError
from backends.events import Finished, FinishReason, ModelKind, ModelReady
from backends.operating_system import enable_line_editing
from backends.printable import one_line
from backends.protocol.engine_requests import ChatRequest
from baichuan_desktop.cli.arguments import Commands, add_model, add_run_options
from baichuan_desktop.cli.session import TerminalSession, answer, load
from baichuan_desktop.services.chat.session import ChatSession
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import GUIDE_ID
from baichuan_desktop.services.sizes import size_text

_HELP = """\
  /system TEXT  set the system prompt; without TEXT, show it
  /clear        begin a new conversation; the system prompt stays
  /stats        speed and context of the last answer
  /exit         leave (also Ctrl+D)
  Ctrl+C stops an answer. A line that ends with \\ goes on in the next one; a line of three
  quotes (\"\"\") begins a message of several lines, and another one ends it."""

_REASONS = {
    FinishReason.LENGTH: "the most new tokens allowed",
    FinishReason.CONTEXT: "the end of the context",
    FinishReason.CANCELLED: "stopped",
}


def add_to(commands: Commands) -> None:
    """Add `chat`."""
    parser = commands.add_parser("chat", help="chat in the terminal")
    parser.set_defaults(run=run)
    add_model(parser, default=GUIDE_ID)
    parser.add_argument("--system", metavar="TEXT", help="the system prompt")
    parser.add_argument(
        "--as-chat", action="store_true", help="a base model that was fine-tuned on conversations"
    )
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Load the model and talk with it; the exit code. Raises UserFacingError for a base model."""
    session, name = load(arguments, None if arguments.as_chat else require_chat_model)
    return _talk(session, name, system_prompt=arguments.system, as_chat=arguments.as_chat)


def require_chat_model(model: InstalledModel) -> None:
    """Raise UserFacingError for a base model, which its folder tells without loading it."""
    if Checkpoint.open(model.path).kind is ModelKind.BASE:
        raise UserFacingError(
            "{name} is a base model: it continues text and does not chat.",
            hint="Use: baichuan-desktop complete MODEL --prompt TEXT. If it was fine-tuned on "
            "conversations: baichuan-desktop chat MODEL --as-chat",
            name=model.name.en,
        )


def _talk(session: TerminalSession, name: str, *, system_prompt: str | None, as_chat: bool) -> int:
    """Talk until the end of input or /exit. 1 if a program asked and was not always answered.

    `as_chat` talks with a base model too.
    """
    conversation = ChatSession()
    conversation.system_prompt = system_prompt or ""
    ready = session.ready
    if sys.stdin.isatty():
        enable_line_editing()
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
                answered = _turn(session, conversation, request)
                unanswered = unanswered or answered is None
                finished = answered or finished
    return 1 if unanswered and not sys.stdin.isatty() else 0


def _turn(
    session: TerminalSession, conversation: ChatSession, request: ChatRequest
) -> Finished | None:
    """One question and its answer. An error of this turn is told; the conversation goes on."""
    try:
        finished = answer(session, request, on_text=conversation.receive)
    except UserFacingError as error:
        if not conversation.end_answer():
            conversation.take_back()
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return None
    conversation.end_answer()
    note = _REASONS.get(finished.reason)
    print(f"\n[{note}]" if note else "")
    return finished


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


def _stats(finished: Finished | None, ready: ModelReady) -> str:
    if finished is None:
        return "There is no answer yet."
    facts = [_count(finished.new_tokens, "new token")]
    if finished.tokens_per_second > 0:  # which one token does not have
        facts[0] += f", {finished.tokens_per_second:.1f} tokens/s"
    if finished.new_tokens:
        facts.append(f"first token after {finished.first_token_seconds:.2f} s")
    prompt = _count(finished.prompt_tokens, "token")
    facts += [
        f"prompt {prompt}, {finished.cached_tokens} of them from the cache",
        f"context {finished.context_tokens} of {ready.context_length}",
        f"{ready.precision}, {_threads(finished, ready)}",
    ]
    return f"{'; '.join(facts)}. {ready.reason}"


def _count(number: int, thing: str) -> str:
    return f"1 {thing}" if number == 1 else f"{number} {thing}s"


def _threads(finished: Finished, ready: ModelReady) -> str:
    if finished.threads is not None and finished.threads < ready.threads:
        now, most = finished.threads, ready.threads
        return f"{now} of {most} threads: other programs keep the processor busy"
    return _count(ready.threads, "thread")
