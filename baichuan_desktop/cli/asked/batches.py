"""Many requests at once: a file with one a line, and their answers in another file."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from backends.errors import RequestsFileError, UserFacingError, system_reason
from backends.files.plain_file import absolute_path, open_plain
from backends.printable import escaped_json
from backends.protocol.engine_requests import ChatRequest, CompleteRequest, Request
from backends.text.chat_template import Message, Role
from baichuan_desktop.cli.arguments import path
from baichuan_desktop.cli.progress import interrupt_sets, progress
from baichuan_desktop.cli.session import TerminalSession, use_adapter
from baichuan_desktop.cli.tables import say
from baichuan_desktop.console import exact
from baichuan_desktop.services.batches.answers_file import AnswersFile, as_line
from baichuan_desktop.services.batches.requests import Asked, lines_of
from baichuan_desktop.services.batches.running import Batch, Counts
from baichuan_desktop.services.chat.prompts import chat_request, completion
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.services.presets.sampling import applied

_STDIN = Path("-")  # of --out: standard output
_EXIT_STOPPED = 130  # as after Ctrl+C elsewhere


def add_jsonl(parser: argparse._ActionsContainer, what: str) -> None:
    """Add `--jsonl`; `what` says what stands in a line besides its id."""
    parser.add_argument(
        "--jsonl",
        type=path,
        metavar="FILE",
        help=f"answer many requests, one a line: {what}; - reads standard input",
    )


def add_out(parser: argparse.ArgumentParser) -> None:
    """Add `--out`, for the answers."""
    parser.add_argument(
        "--out",
        type=path,
        metavar="FILE",
        help="where the answers of --jsonl are added, one a line; what is answered there already "
        "is not asked again. Default, and -: standard output",
    )


def require_jsonl(arguments: argparse.Namespace) -> None:
    """Raise UserFacingError where `--out` stands without what it is for."""
    if arguments.out is not None:
        raise UserFacingError(
            "--out is for the answers of --jsonl.",
            hint="Redirect standard output to have one answer in a file.",
        )


def require_alone(arguments: argparse.Namespace, *names: str) -> None:
    """Raise UserFacingError for an option that a file of requests has no use for."""
    for name in names:
        if getattr(arguments, name):
            raise UserFacingError(
                "{option} does not go together with --jsonl.",
                hint="Each line of the file says what it asks for.",
                option=f"--{name}",
            )


@dataclass(frozen=True, slots=True)
class Terms:
    """What all requests of a run have in common."""

    chats: bool
    system_prompt: str = ""
    as_chat: bool = False


def run_batch(
    arguments: argparse.Namespace, load: Callable[[], TerminalSession], terms: Terms
) -> int:
    """Answer the requests of a file; 1 if one of them could not be, 130 after Ctrl+C.

    The model is loaded once, by `load`, and not at all where everything is answered already.
    """
    with contextlib.ExitStack() as stack:
        answers = None
        if arguments.out not in (None, _STDIN):
            answers = stack.enter_context(AnswersFile(absolute_path(arguments.out)))
        source = stack.enter_context(_opened(arguments.jsonl))
        lazy = _Lazily(load, terms)
        batch = Batch(terms.chats, lazy.request, lazy.run)
        if answers is not None:
            batch.done, batch.done_lines = answers.answered, answers.wrong_lines
        stack.callback(progress, "")
        try:
            for answer in batch.answers(_read(source, arguments.jsonl), threading.Event()):
                if answers is not None:
                    answers.write(answer)
                else:
                    _print(as_line(answer))
                progress(_so_far(batch.counts))
        except KeyboardInterrupt:  # while the model was being loaded
            batch.is_stopped = True
    say(_summary(batch, to_file=answers is not None), sys.stderr)
    if batch.is_stopped:
        return _EXIT_STOPPED
    return 1 if batch.counts.wrong else 0


def _print(line: str) -> None:
    if sys.stdout.isatty():
        print(escaped_json(line), end="", flush=True)
    else:
        print(line, end="", file=exact(sys.stdout), flush=True)


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[BinaryIO]:
    if file == _STDIN:
        yield sys.stdin.buffer
        return
    try:
        stream = open_plain(absolute_path(file))
    except (OSError, ValueError) as error:
        raise RequestsFileError(file, system_reason(error)) from error
    with stream:
        yield stream


def _read(stream: BinaryIO, file: Path) -> Iterator[tuple[int, bytes | None]]:
    try:
        yield from lines_of(stream)
    except OSError as error:
        raise RequestsFileError(file, system_reason(error)) from error


class _Lazily:
    """Loads the model when the first request needs it."""

    def __init__(self, load: Callable[[], TerminalSession], terms: Terms) -> None:
        self._load, self._terms = load, terms
        self._session: TerminalSession | None = None
        self._adapter: str | None = None  # the one that was asked for with the model
        self._is_switched = False

    @property
    def session(self) -> TerminalSession:
        if self._session is None:
            self._session = self._load()
            adapter = self._session.adapter
            self._adapter = None if adapter is None else str(adapter.path)
        return self._session

    def run(self, request: Request, cancel: threading.Event) -> Iterator[ClientEvent]:
        """The events of a request, which Ctrl+C ends between two tokens."""
        with interrupt_sets(cancel):
            yield from self.session.engine.run(request, cancel)

    def request(self, asked: Asked) -> ChatRequest | CompleteRequest:
        """The request to the engine, once the adapter that it wants is in use."""
        session, terms = self.session, self._terms
        self._use_adapter(asked.adapter)
        params = applied(session.params, asked.sampling)
        *before, last = asked.messages
        last = Message(last.role, session.preset.message(last.text, asked.variables))
        if not terms.chats:
            return completion(last.text, params)
        system = terms.system_prompt if asked.system is None else asked.system
        if before and before[0].role is Role.SYSTEM:
            system, before = before[0].text, before[1:]
        return chat_request(
            (*before, last),
            params,
            system_prompt=system,
            as_chat=terms.as_chat,
            prompt_turns=session.prompt_turns,
        )

    def _use_adapter(self, wanted: str | None) -> None:
        if wanted is None and not self._is_switched:
            return
        session = self.session
        name = self._adapter if wanted is None else wanted or None
        now = session.adapter
        if now is None and name is None:
            return
        if now is not None and name in (str(now.path), now.id):
            return
        self._is_switched = True
        use_adapter(session, name)


def _so_far(counts: Counts) -> str:
    said = f"{counts.answered:,} answered"
    if counts.wrong:
        said += f", {counts.wrong:,} with an error"
    return said


def _summary(batch: Batch, *, to_file: bool) -> str:
    counts = batch.counts
    said = _so_far(counts)
    if counts.skipped:
        said += f", {counts.skipped:,} answered before"
    if batch.is_stopped:
        said = f"Stopped: {said}."
        return f"{said} The same command goes on." if to_file else said
    return f"{said[0].upper()}{said[1:]}."
