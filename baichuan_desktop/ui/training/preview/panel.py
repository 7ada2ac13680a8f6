"""The first examples of the data as tokens, one at a time, and the figures of all."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Slot
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from baichuan_desktop.services.training.preview import DataPreview
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.icons import line_icon
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.training.preview.token_view import TokenSample, TokenView


class PreviewPanel(QWidget):
    """Shows a preview; says what it waits for where there is none."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._preview: DataPreview | None = None
        self._number = 0  # of the example that is shown
        self._is_looking = False
        self.title, self.place = plain_label(), plain_label()
        self.title.setObjectName("sectionTitle")
        self.place.setObjectName("muted")
        self.before, self.after = QToolButton(), QToolButton()
        for button in (self.before, self.after):
            button.setObjectName("tool")
        self.view = TokenView(theme)
        self.trained, self.read_only = plain_label(), plain_label()
        self.figures, self.notes = plain_label(wraps=True), plain_label(wraps=True)
        for label in (self.trained, self.read_only, self.figures, self.notes):
            label.setObjectName("note")
        self._samples = [TokenSample(theme, is_trained=is_trained) for is_trained in (True, False)]
        self._lay_out()
        self.before.clicked.connect(self._show_before)
        self.after.clicked.connect(self._show_after)
        theme.changed.connect(self._fit)
        self._fit()
        self.retranslate()

    def _lay_out(self) -> None:
        head, self._meaning = QHBoxLayout(), QHBoxLayout()
        head.addWidget(self.title, 1)
        for widget in (self.place, self.before, self.after):
            head.addWidget(widget)
        for sample, label in zip(self._samples, (self.trained, self.read_only), strict=True):
            self._meaning.addWidget(sample)
            self._meaning.addWidget(label)
        self._meaning.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(head)
        self._column.addWidget(self.view, 1)
        self._column.addLayout(self._meaning)
        self._column.addWidget(self.figures)
        self._column.addWidget(self.notes)

    def show_preview(self, preview: DataPreview | None, *, is_looking: bool = False) -> None:
        """Show what the data become; None: nothing yet, or it `is_looking`."""
        self._preview, self._is_looking = preview, is_looking
        count = 0 if preview is None else len(preview.examples)
        self._number = min(self._number, max(count - 1, 0))
        self._show_example()

    @Slot()
    def _show_before(self) -> None:
        self._number -= 1
        self._show_example()

    @Slot()
    def _show_after(self) -> None:
        self._number += 1
        self._show_example()

    def _show_example(self) -> None:
        examples = self._preview.examples if self._preview is not None else ()
        self.view.show_example(examples[self._number] if examples else None)
        is_at_begin = self._number == 0
        if is_at_begin and self.before.hasFocus():
            self.after.setFocus()  # before the keyboard is given to whatever follows
        self.before.setEnabled(not is_at_begin)
        self.after.setEnabled(self._number + 1 < len(examples))
        self.retranslate()

    # --- what is said -------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        preview = self._preview
        count = 0 if preview is None else len(preview.examples)
        self.title.setText(self.tr("First examples as tokens"))
        text = self.tr("{number} of {count}")
        self.place.setText(text.format(number=self._number + 1, count=count) if count else "")
        for button, name in (
            (self.before, self.tr("Example before")),
            (self.after, self.tr("Next example")),
        ):
            button.setToolTip(name)
            button.setAccessibleName(name)
            button.setVisible(count > 1)
        self.trained.setText(self.tr("is trained"))
        self.read_only.setText(self.tr("is only read"))
        for widget in (*self._samples, self.trained, self.read_only):
            widget.setVisible(count > 0)
        self.figures.setText(self._figures())
        notes = [] if preview is None else list(map(error_texts.sentence, preview.notes))
        self.notes.setText("\n".join(notes))
        self.notes.setVisible(bool(notes))

    def _figures(self) -> str:
        if self._preview is None:
            if self._is_looking:
                return self.tr("Reading the data…")
            return self.tr("Add files to see what is trained of them.")
        found = self._preview.counts
        parts = [
            self.tr("{count} examples, {trained} of {tokens} tokens trained.").format(
                count=f"{found.examples:,}",
                trained=f"{found.trained_tokens:,}",
                tokens=f"{found.tokens:,}",
            )
        ]
        if found.eval_examples:
            text = self.tr("{count} more are held back for evaluation.")
            parts.append(text.format(count=f"{found.eval_examples:,}"))
        if found.cut_examples:
            text = self.tr("Of {count} that are too long, {tokens} tokens are cut off at the end.")
            cut = text.format(count=f"{found.cut_examples:,}", tokens=f"{found.cut_tokens:,}")
            parts.append(cut)
        elif found.examples:
            parts.append(self.tr("None is cut."))
        return " ".join(parts)

    @Slot()
    def _fit(self) -> None:
        px, colours = self._theme.px, self._theme.colours
        self._column.setSpacing(px(6))
        self._meaning.setSpacing(px(6))
        for button, name in ((self.before, "version-before"), (self.after, "version-after")):
            icon = line_icon(
                name, QColor(colours.muted), disabled=QColor(colours.disabled), size=px(14)
            )
            button.setIcon(icon)
            button.setIconSize(QSize(px(14), px(14)))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
