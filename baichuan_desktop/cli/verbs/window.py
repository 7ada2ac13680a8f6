"""The window, which opens without a verb; and `start`, which does without a display."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial

from backends.errors import InvalidRequestError
from backends.operating_system import has_display
from baichuan_desktop.cli.arguments import MODEL_HELP, Commands, add_run_options
from baichuan_desktop.cli.session import TerminalSession, answer, load
from baichuan_desktop.cli.verbs import chat
from baichuan_desktop.services.chat.session import ChatSession
from baichuan_desktop.services.library.store import GUIDE_ID

_FIRST_QUESTION = "How do I open a model folder?"


def add_to(commands: Commands) -> None:
    """Add `start`."""
    parser = commands.add_parser(
        "start", help="the window, or the terminal where there is no display"
    )
    parser.add_argument("--model", metavar="MODEL", help=MODEL_HELP)
    parser.set_defaults(run=partial(_start, parser), system=None, as_chat=False)
    add_run_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Open the window. Raises InvalidRequestError where there is no display."""
    if not (has_display() or os.environ.get("QT_QPA_PLATFORM")):  # Qt would abort
        raise InvalidRequestError(
            "There is no display for the window.",
            hint="“baichuan-desktop chat” chats in the terminal.",
        )
    from baichuan_desktop.app import main as window

    return window(["--model", arguments.model] if arguments.model else [])


def _start(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    """The window if there is a display, else the terminal, else one question to the model."""
    if has_display():
        _require_what_the_window_takes(parser, arguments)
        return run(arguments)
    arguments.model = arguments.model or GUIDE_ID
    if sys.stdin.isatty() and sys.stdout.isatty():
        print("There is no display, so the chat opens in this terminal.")
        return chat.run(arguments)
    session, _ = load(arguments, chat.require_chat_model)
    return ask_once(session, _FIRST_QUESTION)


def _require_what_the_window_takes(
    parser: argparse.ArgumentParser, arguments: argparse.Namespace
) -> None:
    given = [name for name, value in vars(arguments).items() if value != parser.get_default(name)]
    refused = [f"--{name.replace('_', '-')}" for name in given if name not in ("model", "debug")]
    if refused:
        raise InvalidRequestError(
            "The window does not take {options}; it has settings of its own.",
            hint="Leave that out and choose in the window, or chat in the terminal: "
            "baichuan-desktop chat MODEL.",
            options=", ".join(refused),
        )


def ask_once(session: TerminalSession, question: str) -> int:
    """Ask one question and stream its answer: the chat where nobody can type."""
    print(f"> {question}")
    answer(session, ChatSession().ask(question, session.params))
    print()
    return 0
