"""`chat`: a conversation in the terminal."""

from __future__ import annotations

import argparse
import sys

from backends.checkpoint.folder import Checkpoint
from backends.errors import UserFacingError
from backends.events import Finished, FinishReason, ModelKind, ModelReady
from backends.printable import one_line
from backends.protocol.engine_requests import ChatRequest
from baichuan_desktop.cli.arguments import Commands, add_model, add_run_options
from baichuan_desktop.cli.asked.attaching import Attaching, add_attach, read_documents
from baichuan_desktop.cli.asked.batches import (
    Terms,
    add_jsonl,
    add_out,
    require_alone,
    require_jsonl,
    run_batch,
)
from baichuan_desktop.cli.asked.chat_input import Command, Said, said
from baichuan_desktop.cli.asked.exact_prompt import show_prompt
from baichuan_desktop.cli.library import print_notes
from baichuan_desktop.cli.presets import (
    PresetInUse,
    add_preset_options,
    preset_in_use,
    preset_store,
    variable,
)
from baichuan_desktop.cli.session import TerminalSession, answer, load, use_adapter
from baichuan_desktop.cli.tables import say
from baichuan_desktop.cli.text_input import (
    NotUtf8Error,
    enable_line_editing,
    read_line,
    require_text,
    typed_line,
)
from baichuan_desktop.services.chat.prompt_turns import turns_note
from baichuan_desktop.services.chat.session import ChatSession
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.store import GUIDE_ID
from baichuan_desktop.services.sizes import size_text

_HELP = """\
  /system TEXT  set the system prompt; without TEXT, show it
  /clear        begin a new conversation; the system prompt stays
  /attach FILE  send a document with the next message; off: take them back; without FILE, list them
  /adapter NAME answer with this adapter from now on; off: with none; without NAME, list them
  /preset NAME  make messages with this preset from now on; off: with none; without NAME, show it
  /set NAME=VALUE  what a variable of the preset's message stands for; without it, show them
  /prompt TEXT  show the exact prompt, id by id, as if TEXT were said; without TEXT, the last one
  /stats        speed and context of the last answer
  /exit         leave (also Ctrl+D)
Ctrl+C stops an answer. A line that ends with \\ goes on in the next one; a line of three quotes \
(\"\"\") begins a message of several lines, and another one ends it. A message that begins with a \
slash is written with two: //usr/bin"""

#: By name, whether text may stand behind it.
_COMMANDS = {
    "preset": True, "set": True, "prompt": True,
    "system": True, "attach": True, "adapter": True, "help": True, "clear": False, "stats": False,
    "exit": False, "quit": False,
}  # fmt: skip
_SHOWN_LETTERS = 40  #: of what was written instead of a command

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
    add_jsonl(parser, '{"id": …, "prompt": …} or “messages”, and “system”, “sampling”, “adapter”')
    add_out(parser)
    add_attach(parser, "send a document with the first message")
    add_preset_options(parser)
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Load the model and talk with it; the exit code. Raises UserFacingError for a base model."""
    system_prompt = require_text(arguments.system or "", "--system")
    require = None if arguments.as_chat else require_chat_model
    if arguments.jsonl is not None:
        require_alone(arguments, "attach")
        system_prompt = system_prompt or preset_in_use(arguments).system_prompt
        terms = Terms(chats=True, system_prompt=system_prompt, as_chat=arguments.as_chat)
        return run_batch(arguments, lambda: load(arguments, require)[0], terms)
    require_jsonl(arguments)
    documents = read_documents(arguments.attach, encoding=arguments.encoding)
    session, name = load(arguments, require)
    system_prompt = system_prompt or session.preset.system_prompt
    attaching = Attaching(session, documents, encoding=arguments.encoding)
    return _talk(session, name, attaching, system_prompt=system_prompt, as_chat=arguments.as_chat)


def require_chat_model(model: InstalledModel) -> None:
    """Raise UserFacingError for a base model, which its folder tells without loading it."""
    if Checkpoint.open(model.path).kind is ModelKind.BASE:
        raise UserFacingError(
            "{name} is a base model: it continues text and does not chat.",
            hint="Use: baichuan-desktop complete MODEL --prompt TEXT. If it was fine-tuned on "
            "conversations: baichuan-desktop chat MODEL --as-chat",
            name=model.shown_name.en,
        )


def _talk(
    session: TerminalSession,
    name: str,
    attaching: Attaching,
    *,
    system_prompt: str,
    as_chat: bool,
) -> int:
    """Talk until the end of input or /exit. 1 if a program asked and was not always answered.

    `as_chat` talks with a base model too; the documents that wait go with the first message.
    """
    conversation = ChatSession()
    conversation.system_prompt = system_prompt
    ready = session.ready
    if sys.stdin.isatty():
        enable_line_editing()
        _greet(session, name)
    finished: Finished | None = None
    unanswered = False
    for one in said(_read_line, frozenset(_COMMANDS)):
        match one:
            case Said(text):
                answered = _asked(session, conversation, attaching, text, as_chat=as_chat)
                unanswered = unanswered or answered is None
                finished = answered or finished
            case Command(name, text) if name not in _COMMANDS or (text and not _COMMANDS[name]):
                say(_misused(one), sys.stderr)
                unanswered = True
            case Command("exit" | "quit"):
                break
            case Command("help", text):
                say(f"{_HELP}\n{_as_message(one)}" if text else _HELP)
            case Command("clear"):
                conversation.clear()
                print("A new conversation.")
            case Command("system", text):
                conversation.system_prompt = text or conversation.system_prompt
                say(f"System prompt: {conversation.system_prompt or '(none)'}")
            case Command("attach", text):
                unanswered |= not _attach(attaching, text)
            case Command("preset", text):
                unanswered |= not _preset(session, conversation, text)
            case Command("set", text):
                unanswered |= not _set(session, text)
            case Command("adapter", text):
                unanswered |= not _adapter(session, text)
            case Command("prompt", text):
                unanswered |= not _prompt(session, conversation, attaching, text, as_chat=as_chat)
            case Command("stats"):
                say(_stats(finished, ready))
    return 1 if unanswered and not sys.stdin.isatty() else 0


def _asked(
    session: TerminalSession,
    conversation: ChatSession,
    attaching: Attaching,
    text: str,
    *,
    as_chat: bool,
) -> Finished | None:
    """A question with the documents that wait for it; without an answer they wait on."""
    try:
        text = _made(session, conversation, attaching, text)
    except UserFacingError as error:
        say(f"{error.message} {error.hint}".rstrip(), sys.stderr)
        return None
    request = conversation.ask(
        text, session.params, as_chat=as_chat, prompt_turns=session.prompt_turns
    )
    answered = _turn(session, conversation, request)
    if answered is not None:
        attaching.waiting.clear()
    return answered


def _made(
    session: TerminalSession, conversation: ChatSession, attaching: Attaching, text: str
) -> str:
    """A message as the preset makes it, with the documents that wait. Raises UserFacingError."""
    return attaching.with_documents(
        session.preset.message(text),
        system_prompt=conversation.system_prompt,
        history=conversation.messages,
    )


def _prompt(
    session: TerminalSession,
    conversation: ChatSession,
    attaching: Attaching,
    text: str,
    *,
    as_chat: bool,
) -> bool:
    """Show what the model would get; False where it would get nothing."""
    try:
        asked = _made(session, conversation, attaching, text) if text else ""
        request = conversation.as_if_asked(
            asked, session.params, as_chat=as_chat, prompt_turns=session.prompt_turns
        )
        show_prompt(session, request)
    except UserFacingError as error:
        say(f"{error.message} {error.hint}".rstrip(), sys.stderr)
        return False
    return True


def _attach(attaching: Attaching, file: str) -> bool:
    """Have a document wait for the next message; False where it cannot be read."""
    try:
        say(attaching.answer_to(file))
    except UserFacingError as error:
        say(f"{error.message} {error.hint}".rstrip(), sys.stderr)
        return False
    except KeyboardInterrupt:  # its reading was ended
        say(attaching.answer_to(""))
    return True


def _preset(session: TerminalSession, conversation: ChatSession, name: str) -> bool:
    """Show the preset, or use another one; False where there is none of this name.

    A system prompt that was the preset's before, or none, gives way to the new one's.
    """
    if name:
        before = session.preset.system_prompt
        try:
            preset = None if name.lower() == "off" else preset_store().named(name)
        except UserFacingError as error:
            say(f"{error.message} {error.hint}".rstrip(), sys.stderr)
            return False
        session.use_preset(PresetInUse(preset, session.preset.values))
        if conversation.system_prompt in ("", before):
            conversation.system_prompt = session.preset.system_prompt
    say(session.preset.described())
    return True


def _set(session: TerminalSession, text: str) -> bool:
    """Set a variable of the preset's message, or show them; False where that cannot be."""
    try:
        if text:
            session.preset.set(*variable(text))
    except UserFacingError as error:
        say(f"{error.message} {error.hint}".rstrip(), sys.stderr)
        return False
    say(session.preset.described())
    return True


def _adapter(session: TerminalSession, name: str) -> bool:
    """List the adapters of the model, or answer with another one; False where that cannot be."""
    if not name:
        say(_adapters(session))
        return True
    try:
        ready = use_adapter(session, None if name.lower() == "off" else name)
    except UserFacingError as error:
        say(f"{error.message} {error.hint}".rstrip(), sys.stderr)
        return False
    finally:
        say(_with_adapter(session))
    print_notes(ready.adapter.notes if ready.adapter is not None else ())
    return True


def _adapters(session: TerminalSession) -> str:
    lines = [_with_adapter(session)]
    for one in session.store.adapters_of(session.model):
        mark = "*" if session.adapter is not None and one.id == session.adapter.id else " "
        lines.append(one_line(f"{mark} {one.id}: {one.shown_name.en}"))
    return "\n".join(lines)


def _with_adapter(session: TerminalSession) -> str:
    if session.adapter is None:
        return "The model answers without an adapter."
    return one_line(f"The model answers with the adapter {session.adapter.shown_name.en}.")


def _greet(session: TerminalSession, name: str) -> None:
    """Say what one talks with, and how to find out more."""
    ready = session.ready
    adapter = "" if session.adapter is None else f" with {one_line(session.adapter.shown_name.en)}"
    say(
        f"{one_line(name)}{adapter} · {ready.precision} on {ready.device_name} · "
        f"{size_text(ready.weights_bytes)} · context {ready.context_length:,} tokens"
    )
    if (note := turns_note(session.prompt_turns)) is not None:
        say(str(note))
    say("/help lists the commands.")


def _misused(command: Command) -> str:
    """Why a command is not one, or not so, and how to say the same to the model."""
    name = one_line(f"/{command.name}"[:_SHOWN_LETTERS])
    if command.name in _COMMANDS:
        return f"{name} takes no text behind it. {_as_message(command)}"
    return f"There is no command {name}; /help lists the commands. {_as_message(command)}"


def _as_message(command: Command) -> str:
    first, *rest = command.line[1:].splitlines() or [""]
    is_cut = bool(rest) or len(first) > _SHOWN_LETTERS
    begun = one_line(first[:_SHOWN_LETTERS]) + ("…" if is_cut else "")
    return f"To send it as a message, begin it with two slashes: //{begun}"


def _turn(
    session: TerminalSession, conversation: ChatSession, request: ChatRequest
) -> Finished | None:
    """One question and its answer. An error of this turn is told; the conversation goes on."""
    try:
        finished = answer(session, request, on_text=conversation.receive)
    except UserFacingError as error:
        if not conversation.end_answer():
            conversation.take_back()
        say(f"{error.message} {error.hint}".rstrip(), sys.stderr)
        return None
    conversation.end_answer()
    note = _REASONS.get(finished.reason)
    print(f"\n[{note}]" if note else "")
    return finished


def _read_line(prompt: str) -> str | None:
    """One line without its newline; None at the end of input. Raises NotUtf8Error to a program."""
    if not sys.stdin.isatty():
        return read_line(sys.stdin)
    while True:
        try:
            return typed_line(prompt)
        except NotUtf8Error as error:  # the person can write it again
            say(error.message, sys.stderr)
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
        facts[0] += f", {finished.tokens_per_second:,.1f} tokens/s"
    if finished.new_tokens:
        facts.append(f"first token after {finished.first_token_seconds:.2f} s")
    prompt = _count(finished.prompt_tokens, "token")
    facts += [
        f"prompt {prompt}, {finished.cached_tokens:,} of them from the cache",
        f"context {finished.context_tokens:,} of {ready.context_length:,}",
        f"{ready.precision}, {_threads(finished, ready)}",
    ]
    return f"{'; '.join(facts)}. {ready.reason}"


def _count(number: int, thing: str) -> str:
    return f"1 {thing}" if number == 1 else f"{number:,} {thing}s"


def _threads(finished: Finished, ready: ModelReady) -> str:
    if finished.threads is not None and finished.threads < ready.threads:
        now, most = finished.threads, ready.threads
        return f"{now} of {most} threads: other programs keep the processor busy"
    return _count(ready.threads, "thread")
