"""The dialog of the first start: two pages, each with an answer that is already chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.settings import Language
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.first_run import verdict
from baichuan_desktop.ui.first_run.verdict import Verdict
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.workers.background_task import BackgroundTask

_SIZE, _LEAST = QSize(620, 410), QSize(400, 260)  # pixels of the design
_LANGUAGES: tuple[Language, ...] = ("en", "zh_CN")
_INDENT = 24  # of what is said of a choice, under its name


class Other(Enum):
    """What can be chosen besides a model that is here."""

    FIND = auto()  #: models shall be looked for on this computer
    GET = auto()  #: how to get one shall be told


Chosen = InstalledModel | Other


class FirstRunDialog(QDialog):
    """Asks for the language, then for a model; either can be skipped.

    Signals:
        language_chosen: a Language, which holds at once.
        chosen: an InstalledModel to begin with, or an Other.
    """

    language_chosen = Signal(str)
    chosen = Signal(object)

    def __init__(
        self,
        models: Sequence[InstalledModel],
        language: Language,
        look: Callable[[], Verdict],
        theme: Theme,
        parent: QWidget,
    ) -> None:
        """`models` are here, the guide first; `look` looks at the machine beside the window."""
        super().__init__(parent)
        self._theme = theme
        self._verdict: Verdict | None = None
        self._trouble: UserFacingError | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.heading, self.text, self.machine = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("dialogHeading")
        self.text.setObjectName("muted")
        self.machine.setObjectName("muted")
        self._languages, self._choices = QButtonGroup(self), QButtonGroup(self)
        self.languages: dict[Language, QRadioButton] = {}
        for number, one in enumerate(_LANGUAGES):
            self.languages[one] = QRadioButton()
            self._languages.addButton(self.languages[one], number)
        self.languages[language].setChecked(True)
        self._choosable: list[Chosen] = [*models, *Other]
        self.choices = [QRadioButton() for _ in self._choosable]
        self._notes = [plain_label(wraps=True) for _ in self._choosable]
        for number, choice in enumerate(self.choices):
            self._choices.addButton(choice, number)
        self.choices[1 if len(models) > 1 else 0].setChecked(True)  # a model of one's own first
        self.skip, self.back, self.go_on = QPushButton(), QPushButton(), QPushButton()
        for button in (self.skip, self.back):
            button.setAutoDefault(False)
        self.go_on.setDefault(True)
        self.pages = QStackedWidget()
        self._lay_out()
        self._has_chosen = False  # by the person
        self._choices.idClicked.connect(self._note_choice)
        self._languages.idClicked.connect(self._choose_language)
        self.skip.clicked.connect(self.reject)
        self.back.clicked.connect(self._go_back)
        self.go_on.clicked.connect(self._go_on)
        self.setMinimumSize(_LEAST)
        wanted = QSize(theme.px(_SIZE.width()), theme.px(_SIZE.height()))
        self.resize(wanted.boundedTo(parent.window().size()))
        self._show_page(0)
        task = BackgroundTask(look, self)
        task.succeeded.connect(self._on_verdict)
        task.failed.connect(self._on_trouble)
        task.start()

    def _lay_out(self) -> None:
        px = self._theme.px
        first, second = QVBoxLayout(), QVBoxLayout()
        for button in self.languages.values():
            first.addWidget(button)
        first.addStretch(1)
        second.addWidget(self.machine)
        for choice, note in zip(self.choices, self._notes, strict=True):
            note.setObjectName("note")
            note.setContentsMargins(px(_INDENT), 0, 0, 0)
            beside = QVBoxLayout()
            beside.setSpacing(px(2))
            beside.addWidget(choice)
            beside.addWidget(note)
            second.addLayout(beside)
        second.addStretch(1)
        for column in (first, second):
            column.setSpacing(px(12))
            column.setContentsMargins(px(2), px(2), px(12), px(2))
            self.pages.addWidget(_scrolled(column))
        foot = QHBoxLayout()
        foot.addWidget(self.skip)
        foot.addStretch(1)
        foot.addWidget(self.back)
        foot.addWidget(self.go_on)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(24), px(22), px(24), px(18))
        column.setSpacing(px(12))
        column.addWidget(self.heading)
        column.addWidget(self.text)
        column.addWidget(self.pages, 1)
        column.addLayout(foot)

    # --- what the person does -----------------------------------------------------------------

    @Slot(int)
    def _choose_language(self, number: int) -> None:
        self.language_chosen.emit(_LANGUAGES[number])

    @Slot()
    def _go_back(self) -> None:
        self._show_page(0)

    @Slot()
    def _go_on(self) -> None:
        if self.pages.currentIndex() == 0:
            self._show_page(1)
            return
        self.accept()
        self.chosen.emit(self._choosable[self._choices.checkedId()])

    def _show_page(self, number: int) -> None:
        self.pages.setCurrentIndex(number)
        self.back.setVisible(number > 0)
        self._retranslate()
        self._give_keyboard()

    def _give_keyboard(self) -> None:
        group = self._choices if self.pages.currentIndex() else self._languages
        if (checked := group.checkedButton()) is not None:
            checked.setFocus(Qt.FocusReason.TabFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin at the language."""
        super().showEvent(event)
        self._give_keyboard()

    # --- what is known of the machine -----------------------------------------------------------

    @Slot(object, int)
    def _on_verdict(self, found: Verdict, _task_id: int) -> None:
        self._verdict = found
        if not self._has_chosen:
            self._choose_what_runs(found)
        self._retranslate()

    @Slot(object, int)
    def _on_trouble(self, error: UserFacingError, _task_id: int) -> None:
        self._trouble = error
        self._retranslate()

    def _choose_what_runs(self, found: Verdict) -> None:
        """Propose a model that runs here; the guide, which always does, where no other does."""
        for number, one in enumerate(self._choosable):
            if isinstance(one, InstalledModel) and found.runs(one):
                self.choices[number].setChecked(True)
                return
        self.choices[0].setChecked(True)

    @Slot()
    def _note_choice(self) -> None:
        self._has_chosen = True

    def _said_of_machine(self) -> str:
        if self._trouble is not None:
            return error_texts.message(self._trouble)
        if self._verdict is None:
            return self.tr("Looking at what this computer can run…")
        return verdict.of_machine(self._verdict)

    def _said_of(self, one: Chosen) -> tuple[str, str]:
        """The name of a choice, and what is said of it."""
        if one is Other.FIND:
            return (
                self.tr("Look for models on this computer"),
                self.tr("In the caches of other programs and on drives that you choose."),
            )
        if one is Other.GET:
            return (
                self.tr("How to get a model"),
                self.tr("Which models there are, what they need, and the commands to fetch them."),
            )
        assert isinstance(one, InstalledModel)
        if one.bundled:
            return (
                model_texts.name(one),
                self.tr("It is here already, and answers questions about this app."),
            )
        if self._verdict is None or one.path not in self._verdict.models:
            return model_texts.name(one), ""
        return model_texts.name(one), verdict.of_model(self._verdict.models[one.path])

    def _retranslate(self) -> None:
        is_first = self.pages.currentIndex() == 0
        self.setWindowTitle(self.tr("First steps"))
        self.heading.setText(
            self.tr("Which language shall the window speak?")
            if is_first
            else self.tr("With which model do you want to begin?")
        )
        self.text.setText(
            self.tr(
                "Everything stays on this computer: the app opens no network connection by itself."
            )
            if is_first
            else self.tr("You can choose another one at any time, at the top of the window.")
        )
        self.languages["en"].setText("English")
        self.languages["zh_CN"].setText("中文")
        self.machine.setText(self._said_of_machine())
        for choice, note, one in zip(self.choices, self._notes, self._choosable, strict=True):
            name, said = self._said_of(one)
            choice.setText(name.replace("&", "&&"))
            choice.setAccessibleDescription(said)
            note.setText(said)
            note.setVisible(bool(said))
        self.skip.setText(self.tr("Skip"))
        self.back.setText(self.tr("Back"))
        self.go_on.setText(self.tr("Continue") if is_first else self.tr("Begin"))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()


def _scrolled(column: QVBoxLayout) -> QScrollArea:
    body = QWidget()
    body.setObjectName("settingsBody")
    body.setLayout(column)
    area = QScrollArea()
    area.setObjectName("settingsScroll")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(body)
    return area
