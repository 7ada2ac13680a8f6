"""What a model is asked for: the messages of one branch, as a request to the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import ChatRequest, CompleteRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.chat.given import FindDocument, no_document, text_for_model
from baichuan_desktop.services.chat.prompt_turns import latest_turns
from baichuan_desktop.services.chat.values import ChatMessage, Outline

#: Stands for bytes of a character that was not whole when an answer ended; no token gives it back.
_BROKEN_CHARACTER = "\ufffd"


def messages_of(branch: Iterable[ChatMessage], find: FindDocument = no_document) -> list[Message]:
    """What the model reads of a branch and of its documents, without the system prompt.

    A question that got no answer is left out, unless it is the last message: the model would take
    the next one for a part of it. So is an answer of nothing. Where the last message is an answer,
    that is one to go on with.
    """
    messages = list(branch)
    read = read_places([(one.role, bool(one.text)) for one in messages])
    return [Message(messages[place].role, text_for_model(messages[place], find)) for place in read]


def read_places(branch: Sequence[tuple[Role, bool]]) -> list[int]:
    """The places of the messages that the model reads, by their roles and whether they have text.

    Which of them it reads depends on what follows, not on what comes before.
    """
    said = [place for place, (role, has) in enumerate(branch) if has or role is Role.USER]
    answered = [branch[after][0] is Role.ASSISTANT for after in said[1:]]
    return [
        place
        for place, has_answer in zip(said, [*answered, True], strict=False)
        if branch[place][0] is Role.ASSISTANT or has_answer
    ]


@dataclass(frozen=True, slots=True)
class Newest:
    """The end of a branch, before which nothing can fit in the prompt."""

    first: int  #: the place of the first message that may fit
    older: int  #: messages before it that the model would read


def newest_of(
    branch: Sequence[Outline],
    *,
    context_length: int,
    longest_token: int | None,
    prompt_turns: int | None = None,
) -> Newest:
    """Which messages of a branch have to be known to ask about the last one.

    What is left out surely does not fit: each message costs a token for who speaks, and at least
    one for every `longest_token` characters. Where that is not known, nothing is left out by it. It
    ends with a message of the person, as the prompt leaves out whole rounds.
    """
    read = read_places([(one.role, one.characters > 0) for one in branch])
    begins = [place for place, index in enumerate(read) if branch[index].role is Role.USER]
    turns = begins[-prompt_turns] if prompt_turns and len(begins) > prompt_turns else 0
    first, tokens = turns, 0
    for place in range(len(read) - 1, turns - 1, -1):
        if longest_token is None:
            break
        tokens += 1 + -(-branch[read[place]].characters // longest_token)
        if tokens > context_length:
            after = [begin for begin in begins if begin > place]
            before = [begin for begin in begins if turns <= begin <= place]
            first = after[0] if after else before[-1] if before else turns
            break
    return Newest(read[first] if first else 0, first - turns)


def chat_request(
    messages: Sequence[Message],
    params: SamplingParams,
    *,
    system_prompt: str = "",
    as_chat: bool = False,
    prompt_turns: int | None = None,
    older: int = 0,
) -> ChatRequest:
    """The request to answer the last of these messages, or to go on where it is an answer.

    A system prompt of spaces is none. `as_chat` asks a base model. `prompt_turns` is how many turns
    the model is given at most, see `latest_turns`. `older` messages are not even given, see
    `newest_of`.
    """
    system = (Message(Role.SYSTEM, system_prompt),) if system_prompt.strip() else ()
    return ChatRequest(latest_turns((*system, *messages), prompt_turns), params, as_chat, older)


def text_of(branch: Iterable[ChatMessage]) -> str:
    """The text that a branch of a base model's conversation is."""
    return "".join(one.text for one in branch)


def completion(text: str, params: SamplingParams) -> CompleteRequest:
    """The request to continue a text, for base models."""
    return CompleteRequest(text, params)


def beginning(text: str) -> str:
    """What of an unfinished answer its continuation begins with: all but half a character.

    An answer that was cut within the bytes of a character ends with U+FFFD, which the model never
    wrote.
    """
    return text.rstrip(_BROKEN_CHARACTER)
