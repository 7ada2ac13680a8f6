"""What is written for the open conversation and was not sent: kept with it, begun if need be."""

from __future__ import annotations

from dataclasses import replace

from baichuan_desktop.ui.chat.controller import ChatController


class Drafts:
    """Keeps what the next message of the open conversation is asked with."""

    def __init__(self, controller: ChatController) -> None:
        self._controller = controller

    def keep(self, text: str, system_prompt: str) -> None:
        """Keep what stands in the field and has not been sent."""
        if text or self._controller.conversation is not None:
            conversation = self._controller.begun()
            self._controller.tree.change(conversation.id, draft=text, system_prompt=system_prompt)

    def change_settings(self, **changes: object) -> None:
        """Set fields of the open conversation's settings; a new one is begun for them."""
        conversation = self._controller.begun()
        settings = replace(conversation.settings, **changes)  # type: ignore[arg-type]  # by name
        self._controller.tree.change(conversation.id, settings=settings)
