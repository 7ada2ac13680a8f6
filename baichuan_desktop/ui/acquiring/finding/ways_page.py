"""The last page of a search: in which way the chosen models come into the library, and where to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from backends.errors import UserFacingError
from backends.printable import one_line
from baichuan_desktop.services.library.finding.values import Found
from baichuan_desktop.services.library.importing.values import ImportPlan, ModelFolder, Way
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.acquiring.finding import texts
from baichuan_desktop.ui.acquiring.page_parts import scrolled
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.workers.background_task import BackgroundTask

_MOST_SAID = 4  # models of which something is said one by one

#: Plans one import; raises UserFacingError. It reads the disk.
Planner = Callable[[Found, Way, Path], ImportPlan]


@dataclass(frozen=True, slots=True)
class _Planned:
    """What became of planning one import."""

    found: Found
    plan: ImportPlan | None
    error: UserFacingError | None = None

    @property
    def is_here(self) -> bool:
        """Whether its weights are here already, and would be written once more."""
        plan = self.plan
        return plan is not None and plan.same_as is not None and plan.way is not Way.LINK


class WaysPage(QWidget):
    """Offers to list models where they lie, to copy or to move them; says what it takes.

    Signals:
        begun: the ImportPlans that shall be carried out.
        back_requested: other models shall be chosen.
        dismissed: nothing shall be taken.
    """

    begun = Signal(object)
    back_requested = Signal()
    dismissed = Signal()

    def __init__(self, names: Mapping[str, Names], plan: Planner) -> None:
        super().__init__()
        self._names = names
        self._plan = plan
        self._founds: Sequence[Found] = ()
        self._folders: list[ModelFolder] = []
        self._planned: Sequence[_Planned] = ()
        self._planning = 0  # id of the task; 0: none
        self.heading, self.remark, self.trouble = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("dialogHeading")
        self.remark.setObjectName("muted")
        self.trouble.setObjectName("trouble")
        self.radios = {way: QRadioButton() for way in Way}
        self._notes = {way: plain_label(wraps=True) for way in Way}
        self._group = QButtonGroup(self)
        ways = QVBoxLayout()
        ways.setSpacing(2)
        for number, way in enumerate(Way):
            note = self._notes[way]
            note.setObjectName("note")
            note.setContentsMargins(24, 0, 0, 6)
            self._group.addButton(self.radios[way], number)
            ways.addWidget(self.radios[way])
            ways.addWidget(note)
        self.radios[Way.LINK].setChecked(True)
        self.folder_label, self.folder = plain_label(), QComboBox()
        self.folder_label.setBuddy(self.folder)
        self.folder.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.folder.setMinimumContentsLength(10)
        self.browse, self.back, self.cancel, self.begin = (QPushButton() for _ in range(4))
        for button in (self.browse, self.back, self.cancel):
            button.setAutoDefault(False)
        self.begin.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse)
        buttons = QDialogButtonBox()
        buttons.addButton(self.back, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.addButton(self.cancel, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.begin, QDialogButtonBox.ButtonRole.AcceptRole)
        body = QWidget()
        body.setObjectName("settingsBody")
        inside = QVBoxLayout(body)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addLayout(ways)
        inside.addWidget(self.folder_label)
        inside.addLayout(row)
        inside.addWidget(self.remark)
        inside.addWidget(self.trouble)
        inside.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 22, 24, 18)
        column.setSpacing(10)
        column.addWidget(self.heading)
        column.addWidget(scrolled(body), 1)
        column.addWidget(buttons)
        self._group.idToggled.connect(self._on_way)
        self.folder.currentIndexChanged.connect(self._plan_again)
        self.browse.clicked.connect(self._browse)
        self.back.clicked.connect(self.back_requested)
        buttons.accepted.connect(self._begin)
        buttons.rejected.connect(self.dismissed)
        self.retranslate()

    @property
    def way(self) -> Way:
        """The way that is chosen."""
        return list(Way)[self._group.checkedId()]

    def show_folders(self, folders: Sequence[ModelFolder]) -> None:
        """The folders that imports may go into."""
        before = self.folder.currentData()
        self._folders = list(folders)
        self._fill_folders(before)
        self._plan_again()

    def show_founds(self, founds: Sequence[Found]) -> None:
        """What shall be taken."""
        self._founds = founds
        self.retranslate()
        self._plan_again()
        self.radios[self.way].setFocus()

    # --- what it takes ----------------------------------------------------------------------------

    @Slot(int, bool)
    def _on_way(self, _number: int, is_checked: bool) -> None:
        if is_checked:
            self.retranslate()
            self._plan_again()

    @Slot()
    def _plan_again(self) -> None:
        """Find out anew what the way that is chosen takes."""
        self._planned, self._planning = (), 0
        folder = self.folder.currentData()
        if self._founds and isinstance(folder, Path):
            task = BackgroundTask(partial(_plans, self._plan, self._founds, self.way, folder), self)
            task.succeeded.connect(self._on_planned)
            self._planning = task.start()
        self._refresh()

    @Slot(object, int)
    def _on_planned(self, planned: Sequence[_Planned], task_id: int) -> None:
        if task_id == self._planning:
            self._planned, self._planning = planned, 0
            self._refresh()

    @property
    def _plans(self) -> Sequence[ImportPlan]:
        """What would be carried out: weights that are here already are not written again."""
        return [one.plan for one in self._planned if one.plan is not None and not one.is_here]

    @property
    def _lacking_bytes(self) -> int:
        """By how much all together exceed what is free; 0: they fit."""
        plans = self._plans
        if not plans:
            return 0
        return max(0, sum(one.needed_bytes for one in plans) - plans[0].free_bytes)

    @Slot()
    def _begin(self) -> None:
        plans = self._plans
        if plans and not self._lacking_bytes:
            self.begun.emit(plans)

    @Slot()
    def _browse(self) -> None:
        folder = choose_folder(self, self.tr("Choose a folder for models"))
        if folder is None:
            return
        if all(one.folder != folder for one in self._folders):
            self._folders.append(ModelFolder(folder, None))
        self._fill_folders(folder)

    # --- what is said -----------------------------------------------------------------------------

    def _fill_folders(self, chosen: object) -> None:
        self.folder.blockSignals(True)
        self.folder.clear()
        for one in self._folders:
            text = texts.path(one.folder)
            if one.free_bytes is not None:
                free = self.tr("{folder} · {size} free")
                text = free.format(folder=text, size=size_text(one.free_bytes))
            self.folder.addItem(text, one.folder)
            if one.folder == chosen or (chosen is None and one.is_default):
                self.folder.setCurrentIndex(self.folder.count() - 1)
        self.folder.blockSignals(False)
        self._plan_again()

    @Slot()
    def _refresh(self) -> None:
        writes = self.way is not Way.LINK
        for widget in (self.folder_label, self.folder, self.browse):
            widget.setEnabled(writes)
        plans, lacking = self._plans, self._lacking_bytes
        self.begin.setEnabled(bool(plans) and not lacking)
        self.remark.setText("\n".join(self._remarks(plans)))
        said = [
            self._about(one.found, _what_to_do(one.error))
            for one in self._planned
            if one.error is not None
        ]
        if lacking and len(plans) > 1:
            said.append(self._too_much(plans))
        self.trouble.setText("\n".join(said[:_MOST_SAID]))
        for label in (self.remark, self.trouble):
            label.setVisible(bool(label.text()))

    def _remarks(self, plans: Sequence[ImportPlan]) -> list[str]:
        if self._planning:
            return [self.tr("Looking at the models and the drive…")]
        said = [
            self._about(one.found, sentence)
            for one in self._planned
            if one.plan is not None
            for sentence in self._facts(one.plan, is_here=one.is_here)
        ][:_MOST_SAID]
        needed = sum(plan.needed_bytes for plan in plans)
        if plans and self.way is not Way.LINK:
            if needed:
                text = self.tr("Takes {needed} of the {free} that are free there.")
            else:
                text = self.tr("Takes no further room: on one drive a model is only renamed.")
            free = size_text(plans[0].free_bytes)
            said.append(text.format(needed=size_text(needed), free=free))
        return said

    def _facts(self, plan: ImportPlan, *, is_here: bool) -> Iterator[str]:
        """What is worth knowing of one import."""
        if plan.same_as is not None:
            same = (
                self.tr(
                    "The same weights are here already, as “{name}”: they are not written again."
                )
                if is_here
                else self.tr("The same weights are here already, as “{name}”.")
            )
            yield same.format(name=model_texts.name(plan.same_as))
        for other in plan.compared_with[:1]:
            text = self.tr("It may be the same as “{name}”: that is compared before anything else.")
            yield text.format(name=model_texts.name(other))
        if plan.kept_bytes:
            kept = self.tr("An earlier import was not finished: {size} are here, and are kept.")
            yield kept.format(size=size_text(plan.kept_bytes))
        if plan.left_out:
            out = self.tr("What is no part of the model is left out: {count}, such as “{name}”.")
            yield out.format(count=len(plan.left_out), name=one_line(plan.left_out[0].name))

    def _too_much(self, plans: Sequence[ImportPlan]) -> str:
        text = self.tr(
            "Together they take {needed}, and {free} are free there. Choose another folder, or "
            "fewer models."
        )
        needed = size_text(sum(plan.needed_bytes for plan in plans))
        return text.format(needed=needed, free=size_text(plans[0].free_bytes))

    def _about(self, found: Found, text: str) -> str:
        """What is said of one model, with its name where there are several."""
        if len(self._founds) == 1:
            return text
        about = self.tr("{name}: {sentence}")
        return about.format(name=texts.name(found, self._names), sentence=text)

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        if len(self._founds) == 1:
            heading = self.tr("Add “{name}” to the library")
            name = texts.name(self._founds[0], self._names)
            self.heading.setText(heading.format(name=name))
        else:
            heading = self.tr("Add {count} models to the library")
            self.heading.setText(heading.format(count=len(self._founds)))
        said = {
            Way.LINK: (
                self.tr("&List where it lies"),
                self.tr(
                    "Nothing is copied or changed. Removing it later only forgets it. A drive must "
                    "be connected when the model is used."
                ),
                self.tr("List"),
            ),
            Way.COPY: (
                self.tr("&Copy into a model folder"),
                self.tr("The source stays as it is; the copy belongs to the app."),
                self.tr("Copy"),
            ),
            Way.MOVE: (
                self.tr("&Move into a model folder"),
                self.tr(
                    "The source is gone once the copy is whole and verified. Other programs that "
                    "use it there find it no more."
                ),
                self.tr("Move"),
            ),
        }
        for way, (text, note, _) in said.items():
            self.radios[way].setText(text)
            self.radios[way].setAccessibleDescription(note)
            self._notes[way].setText(note)
        self.begin.setText(said[self.way][2])
        self.folder_label.setText(self.tr("Model &folder"))
        self.folder.setAccessibleName(self.tr("Model folder"))
        self.browse.setText(self.tr("Other folder…"))
        self.back.setText(self.tr("Back"))
        self.cancel.setText(self.tr("Cancel"))
        self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()


def _what_to_do(error: UserFacingError) -> str:
    """Why an import cannot be, and what can be done about it."""
    return " ".join(filter(None, (error_texts.message(error), error_texts.hint(error))))


def _plans(plan: Planner, founds: Sequence[Found], way: Way, folder: Path) -> Sequence[_Planned]:
    """What each import takes, or why it cannot be."""
    planned = []
    for found in founds:
        try:
            planned.append(_Planned(found, plan(found, way, folder)))
        except UserFacingError as error:
            planned.append(_Planned(found, None, error))
    return planned
