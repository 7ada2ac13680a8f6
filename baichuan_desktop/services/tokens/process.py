"""The process that knows tokens: a line of JSON and texts in, a line of JSON out.

    {"folder": "/models/Baichuan2-7B-Chat", "lengths": [6, 3]}    and nine bytes of UTF-8 after it
    {"counts": [2, 1]}

    {"folder": …, "lengths": [6], "wants": "tokens"}    {"ids": [31, 7], "pieces": ["你", "好"]}
    the same with "roles" and "as_chat"                 the prompt of a chat of these texts
    {"folder": …, "lengths": [], "ids": [31, 7]}        {"text": "你好"}
    {"folder": "", "lengths": [17], "wants": "schema", "seconds": 10}
    {}                                                  if an answer can be held to this schema

It works while the engine answers, and keeps the tokenizer of the folder that it was asked for
last. It ends with the pipe it reads from; what takes longer than its time ends it too.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from backends.errors import UserFacingError
from backends.generation.terms import Grammar, GrammarKind
from backends.operating_system import die_with_parent
from backends.protocol.wire_phrases import error_to_wire
from backends.text.chat_template import Message, Role
from baichuan_desktop.services import own_process
from baichuan_desktop.services.tokens.counting import FolderTokens

OPTION: Final = "--token-counter"

_TOKENS: Final = "tokens"  # what is wanted besides their number
_SCHEMA: Final = "schema"  # whether an answer can be held to one
_SECONDS = 60.0  # to open a folder, which may lie on a drive that has to wake up
_BYTES_A_SECOND = 20_000  # of text, at the least
#: To read a JSON schema. What takes longer would keep an engine from all others.
SCHEMA_SECONDS = 10.0


def command() -> list[str]:
    """The command line that starts this process."""
    return own_process.command(__name__, OPTION)


def asked(folder: Path, texts: Sequence[str]) -> bytes:
    """What the process is sent to count these texts."""
    return _question(folder, texts)


def asked_tokens(folder: Path, text: str) -> bytes:
    """What the process is sent to tell the ids and pieces of a text."""
    return _question(folder, [text], wants=_TOKENS)


def asked_prompt(folder: Path, messages: Sequence[Message], *, as_chat: bool) -> bytes:
    """What the process is sent to tell the ids and pieces of a chat's prompt."""
    roles = [message.role.value for message in messages]
    texts = [message.text for message in messages]
    return _question(folder, texts, wants=_TOKENS, roles=roles, as_chat=as_chat)


def asked_text(folder: Path, ids: Sequence[int]) -> bytes:
    """What the process is sent to tell the text of ids."""
    return _question(folder, [], ids=list(ids))


def asked_schema(schema: str) -> bytes:
    """What the process is sent to try whether an answer can be held to a JSON schema."""
    return _question(Path(), [schema], wants=_SCHEMA, seconds=SCHEMA_SECONDS)


def _question(folder: Path, texts: Sequence[str], **more: object) -> bytes:
    data = [text.encode("utf-8", "surrogatepass") for text in texts]
    head = {"folder": str(folder), "lengths": [len(one) for one in data], **more}
    return b"".join([json.dumps(head).encode("ascii"), b"\n", *data])


def main() -> None:
    """Answer until the pipe ends."""
    die_with_parent()
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    opened: FolderTokens | None = None
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere  # what a library prints is no answer
        for line in questions:
            head = json.loads(line)
            is_schema = head.get("wants") == _SCHEMA
            seconds = _SECONDS + sum(head["lengths"]) / _BYTES_A_SECOND
            faulthandler.dump_traceback_later(head.get("seconds", seconds), exit=True, file=nowhere)
            texts = _texts(questions, head["lengths"])
            folder = Path(head["folder"])
            try:
                if is_schema:
                    answer = _tried(texts[0])
                else:
                    if opened is None or opened.folder != folder:
                        opened = None  # unless the next one opens
                        opened = FolderTokens(folder)
                    answer = _answer(opened, head, texts)
            except UserFacingError as error:
                answer = {"error": error.message, "cause": error_to_wire(error)}
            faulthandler.cancel_dump_traceback_later()
            if not _write(answers, answer):
                return


def _tried(schema: str) -> dict[str, Any]:
    """Raises InvalidRequestError, ServerLibrariesError."""
    from backends.generation.grammar import Vocabulary  # imports what counting does without

    octets = [bytes([byte]) for byte in range(256)]  # of any tokens the schema is read alike
    vocabulary = Vocabulary([*octets, b""], lambda text: list(text.encode()), len(octets))
    vocabulary.form(Grammar(GrammarKind.JSON_SCHEMA, schema), {len(octets)})
    return {}


def _answer(opened: FolderTokens, head: dict[str, Any], texts: Sequence[str]) -> dict[str, Any]:
    if "ids" in head:
        return {"text": opened.text(head["ids"])}
    if head.get("wants") != _TOKENS:
        return {"counts": [opened.count(text) for text in texts]}
    if "roles" in head:
        roles = map(Role, head["roles"])
        messages = [Message(role, text) for role, text in zip(roles, texts, strict=True)]
        ids = opened.prompt_ids(messages, as_chat=head["as_chat"])
    else:
        ids = opened.ids(texts[0])
    return {"ids": ids, "pieces": opened.pieces(ids)}


def _texts(stream: IO[bytes], lengths: Sequence[int]) -> list[str]:
    return [stream.read(length).decode("utf-8", "surrogatepass") for length in lengths]


def _write(stream: IO[bytes], answer: dict[str, Any]) -> bool:
    try:
        stream.write(json.dumps(answer).encode("ascii") + b"\n")
        stream.flush()
    except OSError:  # nobody reads any more
        return False
    return True


if __name__ == "__main__":
    main()
