"""What is known of the model that is chosen, and what can be done with it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from baichuan_desktop.services.library.rows.actions import Action, actions_of
from baichuan_desktop.services.library.rows.values import Key, ReleasedRow, Row
from baichuan_desktop.services.library.states import Condition
from baichuan_desktop.ui.library import texts
from baichuan_desktop.ui.library.facts.groups import groups
from baichuan_desktop.ui.library.facts.values import Fact
from baichuan_desktop.ui.library.row_menu import action_text
from baichuan_desktop.ui.look.labels import ElidedLabel, plain_label
from baichuan_desktop.ui.look.theme import NOTE, Theme
from baichuan_desktop.ui.models.model_texts import as_tooltip

_CALM = (None, Condition.PRESENT)


class Details(QScrollArea):
    """Shows one row.

    Signals:
        action_requested: an Action and the Row that it is asked for.
        left: the list shall be seen again.
    """

    action_requested = Signal(object, object)
    left = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("libraryDetails")
        self._theme = theme
        self._row: Row | None = None
        self._loaded: frozenset[Key] = frozenset()
        self._off: Mapping[Action, str] = {}
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.back = QPushButton()
        self.name, self.state = plain_label(wraps=True), plain_label(wraps=True)
        self.name.setObjectName("panelTitle")
        self.buttons = {action: QPushButton() for action in Action}
        self.buttons[Action.LOAD].setObjectName("primary")
        self.buttons[Action.GET].setObjectName("primary")
        self._titles: list[QLabel] = []
        self._facts: list[_FactLabels] = []
        body = QWidget()
        body.setObjectName("settingsBody")
        self._column = QVBoxLayout(body)
        self._actions, self._grid = QGridLayout(), QGridLayout()
        self._grid.setColumnStretch(1, 1)
        for column in (0, 1):
            self._actions.setColumnStretch(column, 1)
        self._column.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self.name)
        self._column.addWidget(self.state)
        self._column.addLayout(self._actions)
        self._column.addLayout(self._grid)
        self._column.addStretch(1)
        self.setWidget(body)
        self.back.clicked.connect(self.left)
        group = QButtonGroup(self)
        group.setExclusive(False)
        for button in self.buttons.values():
            group.addButton(button)
        group.buttonClicked.connect(self._on_clicked)
        theme.changed.connect(self._fit)
        self._fit()
        self._retranslate()

    @Slot(object)
    def show_row(self, row: Row | None) -> None:
        """Show this row; None: nothing is chosen."""
        is_other = row is None or self._row is None or row.key != self._row.key
        self._row = row
        self._refresh()
        if is_other:
            self.verticalScrollBar().setValue(0)

    def show_loaded(self, loaded: frozenset[Key]) -> None:
        """Do not offer to load what is loaded."""
        self._loaded = loaded
        self._enable()

    def show_off(self, off: Mapping[Action, str]) -> None:
        """Do not offer what is turned off on this machine; say who did it, and why."""
        self._off = off
        self._enable()

    def _enable(self) -> None:
        row = self._row
        is_loaded = row is not None and row.key in self._loaded
        for action, button in self.buttons.items():
            why = self._off.get(action, "")
            button.setEnabled(not why and not (is_loaded and action is Action.LOAD))
            if not why and action is Action.OPEN_FOLDER:
                why = self.tr("Show in the file manager")
            button.setToolTip(as_tooltip(why))

    @Slot(bool)
    def show_back(self, shown: bool) -> None:
        """Offer the way back to the list, where the details stand in its place."""
        self.back.setVisible(shown)

    def enter(self) -> None:
        """Give the keyboard to the first thing that can be done."""
        first = self.back if self.back.isVisible() else self._first_button()
        if first is not None:
            first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _first_button(self) -> QPushButton | None:
        usable = (one for one in self.buttons.values() if one.isVisible() and one.isEnabled())
        return next(usable, None)

    # --- what is shown ----------------------------------------------------------------------------

    def _refresh(self) -> None:
        row = self._row
        offered = actions_of(row) if row is not None else ()
        for action, button in self.buttons.items():
            button.setVisible(action in offered)
        self._enable()
        self._arrange_buttons([self.buttons[action] for action in offered])
        if row is not None:
            self.buttons[Action.LOAD].setText(action_text(Action.LOAD, row))
        self.name.setText(texts.name(row) if row is not None else "")
        self._show_state(row)
        self._show_facts(row)

    def _arrange_buttons(self, offered: list[QPushButton]) -> None:
        """The first one over all the width, the others two beside each other."""
        for place, button in enumerate(offered):
            is_first = place == 0
            self._actions.addWidget(
                button, (place + 1) // 2, 0 if is_first else (place + 1) % 2, 1, 1 + is_first
            )

    def _show_state(self, row: Row | None) -> None:
        if row is None:
            self.state.setText(self.tr("Choose a model to see what is known of it."))
            self.state.setObjectName("muted")
        else:
            sentence = "" if isinstance(row, ReleasedRow) else texts.state_sentence(row)
            self.state.setText(sentence or texts.condition(row))
            is_calm = isinstance(row, ReleasedRow) or row.condition in _CALM
            self.state.setObjectName("muted" if is_calm else "trouble")
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)

    def _show_facts(self, row: Row | None) -> None:
        found = groups(row, datetime.datetime.now(datetime.UTC)) if row is not None else []
        line = titles = facts = 0
        for group in found:
            title = self._title(titles)
            title.setText(group.title)
            self._grid.addWidget(title, line, 0, 1, 2)
            title.show()
            line, titles = line + 1, titles + 1
            for fact in group.facts:
                self._show_fact(line, facts, fact)
                line, facts = line + 1, facts + 1
        for title in self._titles[titles:]:
            title.hide()
        for labels in self._facts[facts:]:
            labels.hide()

    def _show_fact(self, line: int, number: int, fact: Fact) -> None:
        if number == len(self._facts):
            self._facts.append(_FactLabels())
        labels = self._facts[number]
        labels.show_fact(fact)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(labels.name, line, 0, top)
        self._grid.addWidget(labels.path if fact.is_path else labels.value, line, 1, top)

    def _title(self, number: int) -> QLabel:
        if number == len(self._titles):
            title = plain_label()
            title.setObjectName("sectionTitle")
            self._titles.append(title)
            self._style_title(title)
        return self._titles[number]

    # --- what a person does -----------------------------------------------------------------------

    @Slot(QAbstractButton)
    def _on_clicked(self, pressed: QAbstractButton) -> None:
        for action, button in self.buttons.items():
            if button is pressed and self._row is not None:
                self.action_requested.emit(action, self._row)

    # --- look -------------------------------------------------------------------------------------

    def _style_title(self, title: QLabel) -> None:
        title.setContentsMargins(0, self._theme.px(12), 0, self._theme.px(2))
        title.setFont(self._theme.font(NOTE, QFont.Weight.DemiBold))

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(16), px(14), px(14), px(16))
        self._column.setSpacing(px(8))
        self._actions.setSpacing(px(6))
        self._grid.setHorizontalSpacing(px(10))
        self._grid.setVerticalSpacing(px(4))
        for title in self._titles:
            self._style_title(title)

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Details of the model"))
        self.back.setText(self.tr("Back to the list"))
        for action, button in self.buttons.items():
            button.setText(action_text(action))
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()


class _FactLabels:
    """The name of a fact, and its value: text of several lines, or a path in one."""

    def __init__(self) -> None:
        self.name, self.value = plain_label(wraps=True), plain_label(wraps=True)
        self.path = ElidedLabel(elide=Qt.TextElideMode.ElideMiddle)
        self.name.setObjectName("muted")
        self.value.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def show_fact(self, fact: Fact) -> None:
        self.name.setText(fact.name)
        shown, hidden = (self.path, self.value) if fact.is_path else (self.value, self.path)
        shown.setText(fact.value)
        shown.setToolTip(as_tooltip(fact.value) if fact.is_path else "")
        shown.setAccessibleName(f"{fact.name}: {fact.value}")
        hidden.hide()
        self.name.show()
        shown.show()

    def hide(self) -> None:
        for label in (self.name, self.value, self.path):
            label.hide()
