"""Which turns of a conversation a model is given, where it was made for few of them.

A model that nearly always saw one question and its answer loses itself in a long conversation, also
in one that fits its context. How many turns it is given is a fact of its registry entry
(`prompt_turns`); what the person sees of the conversation stays whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from backends.phrases import Phrase
from backends.text.chat_template import Message, Role


def latest_turns(messages: Sequence[Message], most: int | None) -> tuple[Message, ...]:
    """The system message, if there is one, and the last `most` turns; None: all of them.

    A turn is a person's message with the answers that follow it; the message that is to be answered
    begins the last one. What stands before the first message of a person belongs to no turn.
    """
    begins = [place for place, one in enumerate(messages) if one.role is Role.USER]
    if most is None or len(begins) <= most:
        return tuple(messages)
    system = tuple(one for one in messages[:1] if one.role is Role.SYSTEM)
    return (*system, *messages[begins[-most] :])


def turns_note(most: int | None) -> Phrase | None:
    """What a person should know of such a model; None where it is given the whole conversation."""
    if most is None:
        return None
    if most == 1:
        return Phrase("This model answers each message by itself and knows nothing said before.")
    return Phrase(
        "This model knows the last {count} turns of a conversation, your newest message among "
        "them, and nothing said before.",
        count=most,
    )
