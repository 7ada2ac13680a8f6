"""`complete`: continue a text, for base models."""

from __future__ import annotations

import argparse
import contextlib
import sys

from baichuan_desktop.cli.arguments import Commands, add_model, add_run_options, path
from baichuan_desktop.cli.asked.attaching import Attaching, add_attach, read_documents
from baichuan_desktop.cli.asked.batches import (
    Terms,
    add_jsonl,
    add_out,
    require_alone,
    require_jsonl,
    run_batch,
)
from baichuan_desktop.cli.presets import add_preset_options
from baichuan_desktop.cli.session import AnswerOutput, TerminalSession, answer, load
from baichuan_desktop.cli.text_input import read_file, read_stdin, require_text
from baichuan_desktop.console import exact
from baichuan_desktop.services.chat.prompts import completion


def add_to(commands: Commands) -> None:
    """Add `complete`."""
    parser = commands.add_parser("complete", help="continue a text, for base models")
    parser.set_defaults(run=_run)
    add_model(parser)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--prompt", metavar="TEXT", help="the text; - reads standard input")
    source.add_argument(
        "--prompt-file", type=path, metavar="FILE", help="a UTF-8 file with the text"
    )
    add_jsonl(source, '{"id": …, "prompt": …}, and “sampling”, “adapter”')
    add_out(parser)
    parser.add_argument(
        "--echo", action="store_true", help="print the text before its continuation"
    )
    add_attach(parser, "put a document before the text")
    add_preset_options(parser)
    add_run_options(parser)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.jsonl is not None:
        require_alone(arguments, "echo", "attach")
        return run_batch(arguments, lambda: load(arguments)[0], Terms(chats=False))
    require_jsonl(arguments)
    prompt = _prompt(arguments)
    documents = read_documents(arguments.attach, encoding=arguments.encoding)
    session, _ = load(arguments)
    prompt = session.preset.message(prompt)
    prompt = Attaching(session, documents).with_documents(prompt)
    return complete(session, prompt, echo=arguments.echo)


def _prompt(arguments: argparse.Namespace) -> str:
    if arguments.prompt is not None and arguments.prompt != "-":
        return require_text(str(arguments.prompt), "--prompt")
    text = read_stdin() if arguments.prompt_file is None else read_file(arguments.prompt_file)
    # An editor ends a file with a newline that nobody typed as a part of the prompt.
    return text.removesuffix("\n").removesuffix("\r")


def complete(session: TerminalSession, prompt: str, *, echo: bool) -> int:
    """Continue a text on stdout; a file or a program gets it to the character."""
    stdout = sys.stdout if sys.stdout.isatty() else exact(sys.stdout)
    with contextlib.redirect_stdout(stdout):
        output = AnswerOutput()
        if echo:
            output.write(prompt)
        answer(session, completion(prompt, session.params), output=output)
        print()
    return 0
