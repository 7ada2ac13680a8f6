"""The conversation of a terminal: what was said in a row, and is forgotten at the end."""

from __future__ import annotations

from backends.generation.sampling import SamplingParams
from backends.protocol.engine_requests import ChatRequest
from backends.text.chat_template import Message, Role
from baichuan_desktop.services.chat.prompts import chat_request


class ChatSession:
    """Messages, system prompt and sampling of one conversation.

    Old messages stay here; which of them fit in the prompt is decided where the prompt is built
    (`backends.text.chat_template`), and `PromptReady.dropped_messages` tells how many did not.
    """

    def __init__(self) -> None:
        self.system_prompt = ""
        self.messages: list[Message] = []  # without the system prompt
        self._answer: list[str] = []

    def ask(
        self,
        text: str,
        params: SamplingParams,
        *,
        as_chat: bool = False,
        prompt_turns: int | None = None,
    ) -> ChatRequest:
        """The request for an answer to `text`, which is added; `as_chat` asks a base model.

        `prompt_turns` is how many turns the model is given at most, see `latest_turns`.
        """
        self.messages.append(Message(Role.USER, text))
        self._answer.clear()
        return chat_request(
            self.messages,
            params,
            system_prompt=self.system_prompt,
            as_chat=as_chat,
            prompt_turns=prompt_turns,
        )

    def as_if_asked(
        self,
        text: str,
        params: SamplingParams,
        *,
        as_chat: bool = False,
        prompt_turns: int | None = None,
    ) -> ChatRequest:
        """The request of `ask`, without asking; without a text, that of the last message again."""
        messages = [*self.messages, Message(Role.USER, text)] if text else self.messages[:]
        while messages and messages[-1].role is Role.ASSISTANT:
            messages.pop()
        return chat_request(
            messages,
            params,
            system_prompt=self.system_prompt,
            as_chat=as_chat,
            prompt_turns=prompt_turns,
        )

    def receive(self, text: str) -> None:
        """Add to the answer that is coming in."""
        self._answer.append(text)

    def end_answer(self) -> str:
        """The text of the answer, complete or not, which becomes a message unless it is empty."""
        text = "".join(self._answer)
        self._answer.clear()
        if text:
            self.messages.append(Message(Role.ASSISTANT, text))
        return text

    def take_back(self) -> str:
        """Remove the newest message if it has no answer; its text, empty if there is none."""
        if self.messages and self.messages[-1].role is Role.USER:
            return self.messages.pop().text
        return ""

    def clear(self) -> None:
        """Begin anew; the system prompt stays."""
        self.messages.clear()
        self._answer.clear()
