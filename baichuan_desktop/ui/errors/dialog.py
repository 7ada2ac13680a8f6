"""One dialog for every error a person may see, and one for bugs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from baichuan_desktop import __version__
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme

_WIDTH = 460  # pixels
_MOST_SAID = 2  # errors besides the first; the others are copied


class MessageDialog(QDialog):
    """Shows a sentence, what to do next, and details to copy; `open` does not block.

    Signals:
        accepted_offer: the value of the offer that was chosen; the dialog is closed.
    """

    accepted_offer = Signal(object)

    def __init__(
        self,
        theme: Theme,
        parent: QWidget | None,
        *,
        message: str,
        hint: str,
        more: str,
        details: str,
    ) -> None:
        super().__init__(parent)
        self._details = details
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(QGuiApplication.applicationDisplayName())
        icon = QLabel()
        drawing = line_icon("warning", QColor(theme.colours.danger), size=32)
        icon.setPixmap(drawing.pixmap(QSize(32, 32)))
        self.message = _label(message)
        self.message.setObjectName("dialogHeading")
        self.hint, self.more = _label(hint), _label(more)
        self.more.setObjectName("muted")
        texts = QVBoxLayout()
        texts.setSpacing(8)
        for label in (self.message, self.hint, self.more):
            texts.addWidget(label)
            label.setVisible(bool(label.text()))
        self._looking = _label("")
        self._looking.setObjectName("muted")
        self._looking.hide()
        texts.addWidget(self._looking)
        self.offers: list[QPushButton] = []  #: the buttons of what was offered, in order
        self._offered: list[object] = []  # by the id of its button in the group
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._group.idClicked.connect(self._on_offer)
        self._offer_column = QVBoxLayout()
        self._offer_column.setSpacing(6)
        texts.addLayout(self._offer_column)
        texts.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        self.copy_button = QPushButton(self.tr("Copy details"))
        self.copy_button.clicked.connect(self._copy)
        self.copy_button.setAutoDefault(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        self.close_button = buttons.button(QDialogButtonBox.StandardButton.Close)
        self.close_button.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 22, 22, 18)
        column.setSpacing(20)
        column.addLayout(row)
        column.addWidget(buttons)
        self.close_button.setFocus()

    def look_for_offers(self) -> None:
        """Show that offers are being looked for."""
        self._looking.setText(self.tr("Looking for what fits this machine…"))
        self._looking.show()
        self._fit()

    def no_more_offers(self) -> None:
        """Show that every offer has come."""
        self._looking.hide()
        self._fit()

    def offer(self, text: str, value: object) -> None:
        """Offer a way out; the first one stands out.

        It may come while a person is typing: Enter still closes, and takes nothing.
        """
        button = QPushButton(text.replace("&", "&&"))
        self._group.addButton(button, len(self._offered))
        self._offered.append(value)
        button.setAutoDefault(False)
        if not self.offers:
            button.setObjectName("primary")
            self.close_button.setObjectName("quiet")
            self.style().unpolish(self.close_button)
            self.style().polish(self.close_button)
        self._offer_column.addWidget(button)
        button.show()  # else it counts for the height only when the event loop gets to it
        self.offers.append(button)
        self._fit()

    def _fit(self) -> None:
        """Make the dialog as high as what it shows now."""
        layout = self.layout()
        assert layout is not None
        layout.activate()
        self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    @Slot(int)
    def _on_offer(self, number: int) -> None:
        self.accept()
        self.accepted_offer.emit(self._offered[number])

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._details)
        self.copy_button.setText(self.tr("Copied"))


def error_dialog(
    error: UserFacingError,
    theme: Theme,
    parent: QWidget | None,
    others: Sequence[UserFacingError] = (),
    *,
    about: str = "",
) -> MessageDialog:
    """The dialog for an error; `others` were met with it: the first are said, all are copied.

    `about` says what the error is about, where its sentence may not.
    """
    topic = QCoreApplication.translate(
        "MessageDialog", "More in docs/troubleshooting.md under “{topic}”"
    )
    more = [topic.format(topic=error.help_topic)]
    if others:
        count = QCoreApplication.translate(
            "MessageDialog", "Problems besides this one: {count}. Copy the details to read them."
        )
        said = [error_texts.message(one) for one in others[:_MOST_SAID]]
        more[:0] = [count.format(count=len(others)), *said]
    if about:
        more.insert(0, about)
    return MessageDialog(
        theme,
        parent,
        message=error_texts.message(error),
        hint=error_texts.hint(error),
        more="\n".join(more),
        details="\n\n".join(map(details, (error, *others))),
    )


def crash_dialog(
    log_file: Path, summary: str, theme: Theme, parent: QWidget | None
) -> MessageDialog:
    """The dialog for a bug of the app."""
    more = QCoreApplication.translate("MessageDialog", "The details are in {file}")
    return MessageDialog(
        theme,
        parent,
        message=QCoreApplication.translate(
            "MessageDialog", "Baichuan Desktop met an error of its own."
        ),
        hint=QCoreApplication.translate(
            "MessageDialog", "You can go on. If something does not work, start it again."
        ),
        more=more.format(file=log_file),
        details=f"Baichuan Desktop {__version__}\n{summary}\n{log_file}",
    )


def details(error: UserFacingError) -> str:
    """An error in English, whatever the window's language: for whoever is asked about it."""
    lines = [f"Baichuan Desktop {__version__}", f"{type(error).__name__}: {error.message}"]
    lines += [str(error.hint)] if error.hint else []
    lines += [f"{name} = {fact}" for name, fact in error.facts.items()]
    return "\n".join(lines)


def _label(text: str) -> QLabel:
    label = plain_label(text, wraps=True)
    label.setMinimumWidth(_WIDTH)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
