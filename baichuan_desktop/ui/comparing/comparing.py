"""Begins a comparison at a row of the open conversation, and puts what is kept there."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from backends.errors import NotAdmittedError
from backends.events import Finished
from backends.text.chat_template import Role
from baichuan_desktop.services.chat.values import ConversationKind
from baichuan_desktop.ui.app_services import AppServices
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import ChatPage
from baichuan_desktop.ui.comparing.dialog import ComparisonDialog, Kept
from baichuan_desktop.ui.comparing.first import FirstAnswer
from baichuan_desktop.ui.comparing.second import Question, SecondAnswer
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts, precision_texts
from baichuan_desktop.ui.models.model_switcher import ModelSwitcher
from baichuan_desktop.ui.turns.desk import OtherModel
from baichuan_desktop.ui.turns.row_actions import RowActions


class Comparing(QObject):
    """One comparison at a time, over the window.

    Signals:
        finished_alone: the Finished of an answer for which the machine was not shared: its speed is
            that of the model.
        refused: the NotAdmittedError of the other model, what starts it again, which model it is,
            and the dialog over which the person is asked.
    """

    finished_alone = Signal(object)
    refused = Signal(object, object, object, object)

    def __init__(
        self,
        services: AppServices,
        controller: ChatController,
        switcher: ModelSwitcher,
        actions: RowActions,
        page: ChatPage,
        theme: Theme,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._services = services
        self._controller = controller
        self._switcher = switcher
        self._actions = actions
        self._page = page
        self._theme = theme
        self._window = window
        self._first: FirstAnswer | None = None
        self._second: SecondAnswer | None = None
        self.dialog: ComparisonDialog | None = None  #: while it is open
        actions.beside_wanted.connect(self.begin)
        controller.finished.connect(self._on_finished)

    @Slot(object, object)
    def begin(self, row_id: int, other: OtherModel) -> None:
        """Have the question at a row answered by the loaded model and by another one."""
        controller, loaded, ready = self._controller, self._switcher.current, self._switcher.running
        conversation, target = controller.conversation, controller.turns.target(row_id)
        if conversation is None or target is None or loaded is None or ready is None:
            return
        parent_id = target.parent if target.role is Role.ASSISTANT else target.id
        parent = None if parent_id is None else controller.tree.message(parent_id)
        if parent is None or self.dialog is not None:
            return
        params = self._actions.sampling()
        is_same = other.model.path == loaded.path
        name = model_texts.with_adapter(model_texts.name(loaded), controller.desk.adapter or "")
        first = self._first = FirstAnswer(
            controller.desk,
            conversation.id,
            f"{name} · {precision_texts.in_use(ready)}",
            is_text=conversation.kind is ConversationKind.TEXT,
        )
        second = self._second = SecondAnswer(
            Question(conversation, parent, params if is_same else None),
            other,
            controller.tree,
            self._services.precisions.measurements,
            self._services.comparison_worker,
            adapter="" if other.wish is None else controller.desk.adapter_in(other.wish),
        )
        self.dialog = ComparisonDialog(
            parent.text, first, second, self._theme, self._page.rendering, self._window
        )
        for column in (self.dialog.left, self.dialog.right):
            column.transcript.link_requested.connect(self._actions.ask_for_link)
            column.transcript.quote_requested.connect(self._page.quote)
        self.dialog.chosen.connect(self._keep)
        self.dialog.finished.connect(self._on_closed)
        first.start(controller.turns, row_id, params)
        second.refused.connect(self._on_refused)
        second.start()
        self.dialog.open()

    @Slot(object)
    def _keep(self, kept: Kept) -> None:
        left = self._first.answer if self._first is not None else None
        right = self._second.answer if self._second is not None else None
        turns = self._controller.turns
        if left is None or right is None:
            shown = left or right
            if shown is not None:
                turns.keep_version(shown.id)
        elif kept is Kept.LEFT:
            turns.keep_version(left.id, right.id)
        elif kept is Kept.RIGHT:
            turns.keep_version(right.id, left.id)
        else:
            turns.keep_version(left.id)

    @Slot(object)
    def _on_refused(self, error: NotAdmittedError) -> None:
        second = self._second
        if second is not None:
            self.refused.emit(error, second.start, second.model, self.dialog)

    @Slot(object)
    def _on_finished(self, finished: Finished) -> None:
        if self.dialog is None:
            self.finished_alone.emit(finished)

    @Slot()
    def _on_closed(self) -> None:
        self.dialog = self._first = self._second = None

    def shut_down(self) -> None:
        """End the second engine, and keep how far its answer came. The first one is the desk's."""
        if self._second is not None:
            self._second.shut_down()
        if self.dialog is not None:
            self.dialog.abandon()
