"""Decides how the page talks with a model: whether it chats, or continues a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from backends.events import ModelKind, ModelReady
from backends.phrases import Phrase
from baichuan_desktop.services.chat.prompt_turns import turns_note
from baichuan_desktop.services.chat.values import ConversationKind
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher


@dataclass(frozen=True, slots=True)
class Introduction:
    """What the page says of a model before anything was said with it."""

    model: InstalledModel | None  #: None: there is none to talk with
    is_loaded: bool = False
    as_chat: bool = False  #: it is a base model, and chatted with all the same
    is_another: bool = False  #: what was said before was said with another one
    notes: Sequence[Phrase] = ()  #: what of its folder is not used, and what it is not given


class ModelUse(QObject):
    """Takes the model that is loaded into the conversation.

    A person may use a base model as a chat model; the settings keep that by folder.

    Signals:
        introduced: an Introduction.
        talk_began: with another model than before: its kind as it is used, its SamplingDefaults.
        as_chat_changed: whether chatting with a base model can be chosen now, and is chosen.
    """

    introduced = Signal(object)
    talk_began = Signal(object, object)
    as_chat_changed = Signal(bool, bool)

    def __init__(
        self,
        chat: ChatController,
        switcher: ModelSwitcher,
        settings: SettingsFile,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._chat = chat
        self._switcher = switcher
        self._settings = settings
        switcher.began.connect(self._introduce)
        switcher.ready.connect(self._use)
        switcher.described.connect(self._use)
        switcher.lost.connect(self._on_lost)
        chat.state_changed.connect(self._offer)

    @Slot(bool)
    def use_as_chat(self, as_chat: bool) -> None:
        """Chat with the base model that is loaded from now on, or have it continue text again."""
        model, ready = self._switcher.current, self._switcher.running
        if model is not None and ready is not None:
            self._settings.keep_as_chat(model.path, as_chat)
            self._use(model, ready)

    @Slot(object)
    def _introduce(self, model: InstalledModel) -> None:
        self.introduced.emit(Introduction(model, as_chat=self._is_chatted_with(model)))

    @Slot(object, object)
    def _use(self, model: InstalledModel, ready: ModelReady) -> None:
        as_chat = self._is_chatted_with(model)
        is_another = self._chat.use_model(model, as_chat=as_chat)
        if is_another:
            self.talk_began.emit(ModelKind.CHAT if as_chat else model.kind, ready.defaults)
        turns = turns_note(model.prompt_turns)
        notes = ready.notes if turns is None else (turns, *ready.notes)
        self.introduced.emit(
            Introduction(model, is_loaded=True, as_chat=as_chat, is_another=is_another, notes=notes)
        )
        self._offer()

    @Slot()
    def _on_lost(self) -> None:
        self.introduced.emit(Introduction(None))
        self._offer()

    @Slot()
    def _offer(self) -> None:
        model = self._switcher.current
        self.as_chat_changed.emit(
            model is not None and model.kind is ModelKind.BASE and not self._chat.is_answering,
            model is not None and self._is_chatted_with(model),
        )

    def kind_with(self, model: InstalledModel) -> ConversationKind:
        """What conversations with a model are, as a person uses it."""
        is_text = model.kind is ModelKind.BASE and not self._is_chatted_with(model)
        return ConversationKind.TEXT if is_text else ConversationKind.CHAT

    def _is_chatted_with(self, model: InstalledModel) -> bool:
        """Whether it is a base model that is used as a chat model."""
        return model.kind is ModelKind.BASE and model.path in self._settings.current.as_chat
