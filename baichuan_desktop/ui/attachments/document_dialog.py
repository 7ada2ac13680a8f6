"""What is in a document of the draft, and what of it is given; both can be changed."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from backends.printable import one_line
from baichuan_desktop.services.chat.attaching.plan import passages_of
from baichuan_desktop.services.chat.attaching.room import Room
from baichuan_desktop.services.chat.given import parts_of
from baichuan_desktop.services.documents import notes
from baichuan_desktop.services.documents.encodings import ENCODINGS
from baichuan_desktop.services.documents.kinds import Kind
from baichuan_desktop.services.documents.values import Attachment, Document, Passage
from baichuan_desktop.ui.attachments.entry import Entry
from baichuan_desktop.ui.attachments.parts_view import PartsView, Shown
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import ElidedLabel, plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip
from baichuan_desktop.ui.turns import document_notes

_SIZE = (900, 600)  # pixels of the design; never more than the window has
_SHARE = 0.94  # of the window


class DocumentDialog(QDialog):
    """Shows an Entry while it changes.

    Signals:
        encoding_chosen: the Entry, and the codec it shall be read with.
        chosen: the Entry, and the Attachment that a person chose by hand; None: the best passages.
        unpacked: the Entry of a paste whose text shall be written into the field.
    """

    encoding_chosen = Signal(object, str)
    chosen = Signal(object, object)
    unpacked = Signal(object)

    def __init__(self, entry: Entry, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.entry = entry
        self._theme = theme
        self._room: Room | None = None
        self._is_showing = False
        self._listed: tuple[Document | None, frozenset[Passage]] = (None, frozenset())
        self._touched: set[Passage] = set()  # that were ticked or not: they stay in the list
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Document"))
        self.heading = ElidedLabel(elide=Qt.TextElideMode.ElideMiddle)
        self.heading.setObjectName("dialogHeading")
        self.facts, self.summary = plain_label(wraps=True), plain_label(wraps=True)
        self.facts.setObjectName("muted")
        self.encoding_label = plain_label(self.tr("Encoding"))
        self.encoding = QComboBox()
        self.encoding.setAccessibleName(self.tr("Encoding"))
        self.encoding_label.setBuddy(self.encoding)
        self.all = QCheckBox(self.tr("List the passages that are not given too"))
        self.view = PartsView(theme, can_tick=True)
        self.view.set_names(self.tr("Passages"), self.tr("Text of the passage"))
        self.whole = QPushButton(self.tr("Give the whole text"))
        self.best = QPushButton(self.tr("Choose by my message"))
        self.unpack = QPushButton(self.tr("Write it into the field"))
        self.close_button = QPushButton(self.tr("Close"))
        self._lay_out(theme, parent.window())
        self.encoding.activated.connect(self._on_encoding)
        self.all.toggled.connect(self._on_all)
        self.view.ticked.connect(self._on_ticked)
        self.whole.clicked.connect(self._on_whole)
        self.best.clicked.connect(self._on_best)
        self.unpack.clicked.connect(self._on_unpack)
        self.close_button.clicked.connect(self.accept)
        self.show_entry(None)
        self.view.list.setFocus()

    def _lay_out(self, theme: Theme, window: QWidget) -> None:
        px = theme.px
        self._encodings = QHBoxLayout()
        self._encodings.addWidget(self.encoding_label)
        self._encodings.addWidget(self.encoding)
        self._encodings.addStretch(1)
        buttons = QHBoxLayout()
        for button in (self.whole, self.best, self.unpack, self.close_button):
            button.setAutoDefault(False)
            buttons.addWidget(button)
        buttons.insertStretch(3, 1)
        self.close_button.setObjectName("primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(px(18), px(16), px(18), px(14))
        column.setSpacing(px(8))
        column.addWidget(self.heading)
        column.addWidget(self.facts)
        column.addLayout(self._encodings)
        column.addWidget(self.summary)
        column.addWidget(self.view, 1)
        column.addWidget(self.all)
        column.addLayout(buttons)
        width, height = (px(length) for length in _SIZE)
        self.resize(
            min(width, int(_SHARE * window.width())), min(height, int(_SHARE * window.height()))
        )

    # --- what is shown ------------------------------------------------------------------------

    def show_entry(self, room: Room | None) -> None:
        """Show the document as it is now; `room` is what it could take."""
        self._room = room or self._room
        entry = self.entry
        self.heading.setText(one_line(entry.name))
        self.heading.setToolTip(as_tooltip(one_line(entry.name)))
        self.facts.setText(self._facts())
        self._show_encodings()
        self.summary.setText(self._summary())
        self._show_parts()
        is_trouble = self._is_too_long()
        self.summary.setObjectName("trouble" if is_trouble else "")
        self.summary.style().unpolish(self.summary)
        self.summary.style().polish(self.summary)
        self._offer_whole()
        self.best.setEnabled(entry.counted is not None and entry.by_hand is not None)
        document = entry.document
        self.unpack.setVisible(document is not None and document.kind == Kind.PASTED)

    def _offer_whole(self) -> None:
        """Offer to give all of it, where that fits; else say how much is missing."""
        counted, room, given = self.entry.counted, self._room, self._given_now()
        is_whole = given is not None and given.given is None
        fits = counted is not None and room is not None and counted.all_tokens <= room.most
        self.whole.setEnabled(fits and not is_whole)
        why = ""
        if counted is not None and room is not None and not fits:
            text = self.tr("The whole text takes {tokens} tokens, and there is room for {most}.")
            why = text.format(tokens=f"{counted.all_tokens:,}", most=f"{room.most:,}")
        self.whole.setToolTip(as_tooltip(why))

    def _facts(self) -> str:
        entry, document = self.entry, self.entry.document
        if entry.error is not None:
            parts = (error_texts.message(entry.error), error_texts.hint(entry.error))
            return " ".join(part for part in parts if part)
        if entry.reading is not None or document is None:
            return self.tr("The document is being read…")
        lines = [f"{document_notes.length(document)} · {document_notes.size(document)}"]
        lines += [error_texts.sentence(notes.shown(note)) for note in document.notes]
        return "\n".join(lines)

    def _show_encodings(self) -> None:
        document = self.entry.document
        codec = document.encoding if document is not None else ""
        for widget in (self.encoding_label, self.encoding):
            widget.setVisible(bool(codec))
        if not self.encoding.count():
            for one in ENCODINGS:
                self.encoding.addItem(error_texts.sentence(one.shown), one.codec)
        self.encoding.setCurrentIndex(self.encoding.findData(codec))
        can_change = self.entry.path is not None
        self.encoding.setEnabled(can_change)
        self.encoding.setToolTip(
            ""
            if can_change
            else as_tooltip(self.tr("To read it in another encoding, attach the file again."))
        )

    def _given_now(self) -> Attachment | None:
        """What is given; None while that is not known."""
        return self.entry.given or self.entry.by_hand

    def _is_too_long(self) -> bool:
        given = self._given_now()
        return given is not None and self._room is not None and given.given_tokens > self._room.most

    def _summary(self) -> str:
        entry, given = self.entry, self._given_now()
        if entry.document is None:
            return ""
        if given is None or entry.counted is None:
            return self.tr(
                "How much of it is given is known as soon as a model is loaded and its tokens are "
                "counted."
            )
        parts = [self.tr("Given: {what}.").format(what=document_notes.given(given))]
        if self._room is not None:
            room = self.tr("There is room for {count} tokens of documents.")
            parts.append(room.format(count=f"{self._room.most:,}"))
        if entry.by_hand is not None:
            parts.append(self.tr("You chose this by hand."))
        elif given.given is not None:
            parts.append(self.tr("The passages are those that fit your message best."))
        return " ".join(parts)

    def _show_parts(self) -> None:
        divided, given = self.entry.divided, self._given_now()
        if divided is None:
            self.view.show_parts((), "")
            return
        ticked = frozenset(divided.passages)
        if given is not None and given.given is not None:
            ticked = frozenset(given.given)
        listed = list(divided.passages)
        has_rest = len(ticked) < len(divided.passages)
        self.all.setVisible(has_rest)
        if has_rest and given is not None and not self.all.isChecked():
            listed = [one for one in listed if one in ticked or one in self._touched]
        now = divided.document, frozenset(listed)
        if now != self._listed:
            self._listed = now
            parts = parts_of(divided.document, listed, self.entry.name)
            shown = [
                Shown(part, passage, passage in ticked)
                for part, passage in zip(parts, listed, strict=True)
            ]
            self.view.show_parts(shown, "")
        self.view.show_ticks(ticked)

    # --- what the person does -------------------------------------------------------------------

    @Slot(int)
    def _on_encoding(self, row: int) -> None:
        codec = self.encoding.itemData(row)
        document = self.entry.document
        if document is None or codec != document.encoding:
            self._touched.clear()
            self.encoding_chosen.emit(self.entry, codec)

    @Slot()
    def _on_all(self) -> None:
        self._show_parts()

    @Slot(object, bool)
    def _on_ticked(self, passage: Passage, given: bool) -> None:
        counted, now = self.entry.counted, self._given_now()
        if counted is None:
            self._show_parts()  # nothing can be chosen before it is counted
            return
        self._touched.add(passage)
        chosen = set(counted.passages if now is None or now.given is None else now.given)
        (chosen.add if given else chosen.discard)(passage)
        in_order = tuple(one for one in counted.passages if one in chosen)
        self.chosen.emit(self.entry, passages_of(counted, in_order))

    @Slot()
    def _on_whole(self) -> None:
        counted = self.entry.counted
        if counted is not None:
            tokens = counted.all_tokens
            whole = Attachment(counted.document.id, counted.name)
            self.chosen.emit(
                self.entry,
                Attachment(whole.document_id, whole.name, given_tokens=tokens, all_tokens=tokens),
            )

    @Slot()
    def _on_best(self) -> None:
        self._touched.clear()
        self.chosen.emit(self.entry, None)

    @Slot()
    def _on_unpack(self) -> None:
        self.unpacked.emit(self.entry)
        self.accept()
