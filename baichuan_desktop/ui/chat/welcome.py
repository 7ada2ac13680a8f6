"""The page before anything was said."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from backends.events import ModelKind
from baichuan_desktop.ui.chat.model_use import Introduction
from baichuan_desktop.ui.chat.welcome_cards import Card, cards_for
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import line_pixmap
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts

_WIDTH, _TWO_COLUMNS = 670, 520  # pixels of the design
_ICON = 18
_MOST_CARDS = 4


class Welcome(QScrollArea):
    """Says what the model is and proposes a beginning.

    Signals:
        suggested: a text; whether it shall be sent at once or only be written into the field.
        as_chat_requested: the base model shall be used as a chat model.
    """

    suggested = Signal(str, bool)
    as_chat_requested = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._introduction = Introduction(None)
        self._cards: tuple[Card, ...] = ()
        self.setObjectName("welcome")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.heading, self.text, self.facts, self.notes = (
            plain_label(wraps=True) for _ in range(4)
        )
        self.heading.setObjectName("welcomeHeading")
        self.text.setObjectName("welcomeText")
        for label in (self.facts, self.notes):
            label.setObjectName("note")
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._group.buttonClicked.connect(self._on_clicked)
        self.buttons = [CardButton(theme) for _ in range(_MOST_CARDS)]
        for button in self.buttons:
            self._group.addButton(button)
        self.as_chat = CardButton(theme)
        self.as_chat.clicked.connect(self.as_chat_requested)
        self._lay_out()
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def _lay_out(self) -> None:
        self._grid = QGridLayout()
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.addStretch(3)
        for label in (self.heading, self.text, self.facts, self.notes):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label)
        column.addLayout(self._grid)
        column.addWidget(self.as_chat)
        column.addStretch(4)
        self._column = column
        self._middle = QWidget()
        self._middle.setLayout(column)
        page = QWidget()
        page.setObjectName("welcomePage")
        self._row = QHBoxLayout(page)
        self._row.addStretch(1)
        self._row.addWidget(self._middle, 1000)
        self._row.addStretch(1)
        self.setWidget(page)

    def introduce(self, introduction: Introduction) -> None:
        """Show what there is to say of a model."""
        self._introduction = introduction
        self.retranslate()

    @property
    def _completes(self) -> bool:
        model = self._introduction.model
        return model is not None and model.kind is ModelKind.BASE and not self._introduction.as_chat

    def retranslate(self) -> None:
        """Set every text in the language of the window."""
        introduction = self._introduction
        model, notes = introduction.model, introduction.notes
        heading, text = self._words()
        self.heading.setText(heading)
        self.text.setText(text)
        self.facts.setText(model_texts.details(model) if model is not None else "")
        self.facts.setVisible(model is not None and not model.bundled)
        self.notes.setText("\n".join(map(error_texts.sentence, notes)))
        self.notes.setVisible(bool(notes))
        self._cards = cards_for(model, as_chat=introduction.as_chat) if model is not None else ()
        for button, card in zip(self.buttons, self._cards, strict=False):
            button.show_card(card)
            button.setEnabled(introduction.is_loaded or not card.is_sent)
        for number, button in enumerate(self.buttons):
            button.setVisible(number < len(self._cards))
        as_chat = self.tr("It was fine-tuned on conversations: use as chat model")
        self.as_chat.show_card(Card("chat", as_chat, "", ""))
        self.as_chat.setVisible(self._completes)
        self.as_chat.setEnabled(introduction.is_loaded)

    def _words(self) -> tuple[str, str]:
        """The heading, and what is said of the model under it."""
        model = self._introduction.model
        if model is None:
            return (
                self.tr("Welcome"),
                self.tr("Choose a model at the top, or open a model folder."),
            )
        if model.bundled:
            return (
                self.tr("How can I help you with this app?"),
                self.tr(
                    "This is the guide that ships with the app: a small model that answers "
                    "questions about Baichuan Desktop. It is not a general assistant. Open a "
                    "Baichuan model folder to chat about anything."
                ),
            )
        name = model_texts.name(model)
        if self._completes:
            return (
                name,
                self.tr(
                    "This is a base model: it continues the text you write and does not chat. "
                    "Write the beginning of a text, such as one of these:"
                ),
            )
        if self._introduction.as_chat:
            return (
                name,
                self.tr(
                    "This is a base model that you use as a chat model. It answers well only if it "
                    "was fine-tuned on conversations. “Use as chat model” in the menu, under "
                    "Model, takes this back."
                ),
            )
        return (
            self.tr("What shall we work on?"),
            self.tr("{name} runs on this computer. Nothing you write leaves it.").format(name=name),
        )

    @Slot(QAbstractButton)
    def _on_clicked(self, button: CardButton) -> None:
        card = self._cards[self.buttons.index(button)]
        self.suggested.emit(card.text, card.is_sent)

    # --- its look ---------------------------------------------------------------------------

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._middle.setMaximumWidth(px(_WIDTH))
        self._column.setSpacing(px(10))
        self._grid.setContentsMargins(0, px(14), 0, 0)
        self._grid.setSpacing(px(10))
        self._row.setContentsMargins(px(20), px(12), px(20), px(8))
        self._arrange()

    def _arrange(self) -> None:
        """Two cards beside each other, or one where that is too narrow."""
        columns = 2 if self.viewport().width() >= self._theme.px(_TWO_COLUMNS) else 1
        for number, button in enumerate(self.buttons):
            self._grid.addWidget(button, number // columns, number % columns)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, columns - 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the cards for the width there is now."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


class CardButton(QPushButton):
    """A button with an icon, a title and a line of details, as high as these are."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon_name = "question"
        self.setObjectName("card")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._icon = QLabel()
        self.title, self.details = plain_label(wraps=True), plain_label(wraps=True)
        self.title.setObjectName("cardTitle")
        self.details.setObjectName("note")
        texts = QVBoxLayout()
        texts.addStretch(1)
        texts.addWidget(self.title)
        texts.addWidget(self.details)
        texts.addStretch(1)
        self._texts = texts
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self._row.addLayout(texts, 1)
        for label in (self._icon, self.title, self.details):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        theme.changed.connect(self._fit)
        self._fit()

    def show_card(self, card: Card) -> None:
        """Show what is proposed."""
        self._icon_name = card.icon
        self.title.setText(card.title)
        self.details.setText(card.details)
        self.details.setVisible(bool(card.details))
        self.setAccessibleName(card.title)
        self.setAccessibleDescription(card.details)
        self._fit()

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._row.setContentsMargins(px(16), px(12), px(14), px(12))
        self._row.setSpacing(px(12))
        self._texts.setSpacing(px(4))
        scale = self.devicePixelRatioF()
        accent = QColor(self._theme.colours.accent)
        self._icon.setPixmap(line_pixmap(self._icon_name, accent, px(_ICON), scale))

    def sizeHint(self) -> QSize:
        """What its labels need."""
        return self._row.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        """What its labels need at least."""
        return self._row.totalMinimumSize()
