"""Where a person writes: the field, how full the context is, the one button that sends or stops."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget
from typing_extensions import override

from baichuan_desktop.services.chat.context.use import ContextUse
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.ui.chat.message_input import MessageInput
from baichuan_desktop.ui.chat.state import ChatState
from baichuan_desktop.ui.look.gauge import Gauge
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import ElidedLabel
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.shortcuts.table import Command, with_keys

# Pixels of the design.
_WIDTH, _RADIUS, _BUTTON, _ICON = 776, 18, 32, 18
_BLUR, _DROP = 20, 4  # of the shadow: how far it reaches, how far it lies below
_SHADOW_STEPS = 10
_SHARE = 0.3  # of the page's height that the field may take


class Composer(QWidget):
    """The field and its button. A draft leaves the field only when `submitted` has been taken.

    Signals:
        submitted: the person wants this text to be sent; the field still holds it.
        stop_requested: the person wants the answer to end.
        take_back_requested: the person wants the message back that waits to be sent.
        context_requested: the person wants to know what takes the context.
    """

    submitted = Signal(str)
    stop_requested = Signal()
    take_back_requested = Signal()
    context_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._state = ChatState.WAITING
        self._completes = False
        self._has_text_above = False
        self._model: InstalledModel | None = None
        self._use: ContextUse | None = None
        self._is_focused = False
        self._buttons: list[QWidget] = []  # to the left of the gauge
        self._stops_above: dict[QWidget, Sequence[QWidget]] = {}
        self.setObjectName("composer")
        self.before_input = QWidget(self)  #: seen by nobody: what stands above follows it with Tab
        self.before_input.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # without it, it has no order
        self.before_input.hide()
        self.input = MessageInput(self)
        self.button = QToolButton(self)
        self.button.setObjectName("send")
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.gauge = Gauge(theme)
        self.context_button = QToolButton()
        self.context_button.setObjectName("context")
        self.context_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.hint = ElidedLabel()
        self.hint.setObjectName("note")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self.input.entered.connect(self._submit)
        self.input.textChanged.connect(self._refresh)
        self.input.focus_changed.connect(self._show_focus)
        self.button.clicked.connect(self._press)
        self.gauge.clicked.connect(self.context_requested)
        self.context_button.clicked.connect(self.context_requested)
        theme.changed.connect(self._fit)
        self._fit()

    def _lay_out(self) -> None:
        self._tools, self._above = QHBoxLayout(), QVBoxLayout()
        self._row = QHBoxLayout()
        self._row.addLayout(self._tools)
        self._row.addStretch(1)
        self._row.addWidget(self.gauge)
        self._row.addWidget(self.context_button)
        self._row.addWidget(self.button)
        self._card = QVBoxLayout()
        self._card.addLayout(self._above)
        self._card.addWidget(self.input)
        self._card.addLayout(self._row)
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._card)
        self._column.addWidget(self.hint)
        self._middle = QWidget()
        self._middle.setLayout(self._column)
        self._around = around = QHBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(self._middle, 1000)
        around.addStretch(1)

    @Slot()
    @override
    def setFocus(self) -> None:  # type: ignore[override]  # for whatever reason
        """Give the keyboard to the field. With a focus proxy, Tab would never leave the button."""
        self.input.setFocus()

    def add_tool(self, widget: QWidget, *, first: bool = False) -> None:
        """Put a button to the left of the gauge, behind those that are there or before them."""
        place = 0 if first else self._tools.count()
        self._tools.insertWidget(place, widget)
        self._buttons.insert(place, widget)
        self.order_tabs()

    def order_tabs(self) -> None:
        """Have Tab go from the field over the buttons as they stand, to the one that sends."""
        stops = (self.input, *self._buttons, self.context_button, self.button)
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def add_above(self, widget: QWidget) -> None:
        """Put what goes with the message over the field, inside of its card."""
        self._above.addWidget(widget)
        self._stops_above[widget] = ()

    def order_above(self, widget: QWidget, stops: Sequence[QWidget]) -> None:
        """Have Tab go on its way to the field through what is in a widget over it now.

        Nobody asks Qt what comes before the field: for PySide the answer of `previousInFocusChain`
        belongs to the widget that was asked, and is gone when that is deleted.
        """
        self._stops_above[widget] = stops
        for before, after in pairwise((self.before_input, *chain(*self._stops_above.values()))):
            QWidget.setTabOrder(before, after)

    # --- what is written --------------------------------------------------------------------

    @property
    def state(self) -> ChatState:
        """What the button does now."""
        return self._state

    def text(self) -> str:
        """The draft in the field."""
        return self.input.text()

    def set_text(self, text: str) -> None:
        """Put a draft into the field, in place of what is there."""
        self.input.set_text(text)

    def clear(self) -> None:
        """Empty the field."""
        self.input.clear()

    # --- what is shown ----------------------------------------------------------------------

    def set_state(self, state: ChatState) -> None:
        """Have the button do what the state of the chat allows."""
        self._state = state
        self._refresh()

    def set_completion(self, completes: bool, *, has_text_above: bool = False) -> None:
        """Write for a base model; with text above, an empty field continues that text."""
        self._completes = completes
        self._has_text_above = has_text_above
        self._refresh()

    @Slot(object)
    def show_model(self, model: InstalledModel) -> None:
        """Name the model that is written to."""
        self._model = model
        self._refresh()

    @Slot()
    def show_no_model(self) -> None:
        """Name no model: there is none to write to."""
        self._model = None
        self._refresh()

    @Slot(object)
    def show_context(self, use: ContextUse | None) -> None:
        """Show what the next prompt takes of the context; None: that is not known."""
        self._use = use
        self._show_context()

    def _show_context(self) -> None:
        use = self._use
        for widget in (self.gauge, self.context_button):
            widget.setVisible(use is not None)
        self.gauge.setAccessibleName(self.tr("Context used"))
        if use is None:
            return
        self.gauge.show_parts((use.system, use.history, use.draft, use.reserved), use.length)
        used, length = f"{use.prompt:,}", f"{use.length:,}"
        self.context_button.setText(self.tr("{used} of {length}").format(used=used, length=length))
        name = self.tr("Context used: {used} of {length} tokens").format(used=used, length=length)
        self.context_button.setAccessibleName(name)
        if self.context_button.property("isTooMuch") is not (not use.fits):
            self.context_button.setProperty("isTooMuch", not use.fits)
            self.style().polish(self.context_button)
        for widget in (self.gauge, self.context_button):
            widget.setToolTip(self._parts_text(use))

    def _parts_text(self, use: ContextUse) -> str:
        text = self.tr(
            "Tokens of the context: system prompt {system}, earlier messages {history}, your "
            "message {draft}, kept free for the answer {reserved}"
        )
        if use.is_text:
            text = self.tr(
                "Tokens of the context: text above {history}, your text {draft}, kept free for "
                "what follows {reserved}"
            )
        numbers = {
            "system": use.system,
            "history": use.history,
            "draft": use.draft,
            "reserved": use.reserved,
        }
        return text.format(**{name: f"{count:,}" for name, count in numbers.items()})

    # --- the button -------------------------------------------------------------------------

    @Slot()
    def _press(self) -> None:
        match self._state:
            case ChatState.ANSWERING:
                self.stop_requested.emit()
            case ChatState.QUEUED:
                self.take_back_requested.emit()
            case _:
                self._submit()
        self.input.setFocus()

    @Slot()
    def _submit(self) -> None:
        if self._can_send():
            self.submitted.emit(self.text())

    def _can_send(self) -> bool:
        if self._state is ChatState.QUEUED:
            return False
        if not self.input.is_blank():
            return True
        goes_on = self._completes and self._has_text_above
        return goes_on and self._state is ChatState.READY

    @Slot()
    def _refresh(self) -> None:
        stops = self._state in (ChatState.ANSWERING, ChatState.STOPPING)
        name = self._button_name()
        self.button.setAccessibleName(name)
        self.button.setToolTip(with_keys(name, Command.STOP if stops else Command.SEND))
        presses = self._state in (ChatState.ANSWERING, ChatState.QUEUED)
        self.button.setEnabled(presses or (self._can_send() and not stops))
        self.button.setIcon(self._icons[self._icon_name()])
        self.input.setPlaceholderText(self._placeholder())
        self.input.viewport().update()  # Qt leaves the placeholder of before on the screen
        self.input.setAccessibleName(
            self.tr("Text to continue") if self._completes else self.tr("Message")
        )
        self.hint.setText(self._hint_text())

    def _icon_name(self) -> str:
        match self._state:
            case ChatState.ANSWERING | ChatState.STOPPING:
                return "stop"
            case ChatState.QUEUED:
                return "close"
        return "send"

    def _button_name(self) -> str:
        match self._state:
            case ChatState.ANSWERING:
                return self.tr("Stop")
            case ChatState.STOPPING:
                return self.tr("Stopping…")
            case ChatState.QUEUED:
                return self.tr("Take back")
        return self.tr("Continue") if self._completes else self.tr("Send")

    def _placeholder(self) -> str:
        if self._completes:
            return self.tr("Write the beginning of a text…")
        if self._model is None:
            return self.tr("Write a message…")
        return self.tr("Message {name}").format(name=model_texts.name(self._model))

    def _hint_text(self) -> str:
        match self._state:
            case ChatState.WAITING if self._model is None:
                return self.tr("No model is loaded. Choose one at the top.")
            case ChatState.WAITING:
                return self.tr("Enter sends your message as soon as the model is loaded.")
            case ChatState.ANSWERING if self.text().strip():
                return self.tr("Enter sends your message after this answer · Esc stops it")
            case ChatState.ANSWERING:
                return self.tr("Esc stops the answer")
            case ChatState.STOPPING:
                return ""
            case ChatState.BUSY:
                return self.tr("Another conversation is being answered; your message waits for it.")
            case ChatState.QUEUED:
                return self.tr("Your message waits. You can take it back.")
        if self._completes and self._has_text_above and self.input.document().isEmpty():
            return self.tr("Enter continues the text above, or write a new beginning")
        if self._completes:
            return self.tr("Enter continues your text · Shift+Enter is a new line")
        if not self.text():
            return self.tr("Answers can be wrong. Check what matters.")
        return self.tr("Enter sends · Shift+Enter is a new line")

    def fit_into(self, height: int) -> None:
        """Leave most of a page of this height, in pixels, to what was said."""
        self.input.set_most_lines(int(_SHARE * height / self.input.fontMetrics().lineSpacing()))

    # --- its look ---------------------------------------------------------------------------

    @Slot(bool)
    def _show_focus(self, focused: bool) -> None:
        self._is_focused = focused
        self.update()

    @Slot()
    def _fit(self) -> None:
        px, colours = self._theme.px, self._theme.colours
        for widget in (self.input, self.input.viewport()):  # Qt hands it on only the first time
            widget.setFont(self._theme.reading_font())
        self._middle.setMaximumWidth(px(_WIDTH))
        self._around.setContentsMargins(px(_BLUR), px(8), px(_BLUR), px(8))
        self._card.setContentsMargins(px(14), px(12), px(10), px(8))
        self._card.setSpacing(px(6))
        self._row.setSpacing(px(10))
        self._tools.setSpacing(px(4))
        self._above.setSpacing(px(6))
        self._column.setSpacing(px(8))
        self.button.setFixedSize(px(_BUTTON), px(_BUTTON))
        self.button.setIconSize(QSize(px(_ICON), px(_ICON)))
        on, off = QColor(colours.on_accent), QColor(colours.muted)
        self._icons = {
            name: line_icon(name, on, disabled=off, size=px(_ICON))
            for name in ("send", "stop", "close")
        }
        self._refresh()
        self._show_context()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Give the keyboard to the field wherever its card is pressed: it looks like one field."""
        if (
            self._card.geometry()
            .translated(self._middle.pos())
            .contains(event.position().toPoint())
        ):
            self.input.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the card around field and button, and its shadow."""
        px, colours = self._theme.px, self._theme.colours
        card = QRectF(self._card.geometry()).translated(self._middle.pos())
        radius = px(_RADIUS)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        shadow = QColor(colours.shadow)
        shadow.setAlphaF(shadow.alphaF() / _SHADOW_STEPS)
        painter.setBrush(shadow)
        for step in range(_SHADOW_STEPS, 0, -1):
            reach = px(_BLUR) * step / (2 * _SHADOW_STEPS)
            around = card.adjusted(-reach, -reach, reach, reach).translated(0, px(_DROP) / 2)
            painter.drawRoundedRect(around, radius + reach, radius + reach)
        painter.setPen(QColor(colours.accent if self._is_focused else colours.border))
        painter.setBrush(QColor(colours.page))
        painter.drawRoundedRect(card.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._refresh()
            self._show_context()
