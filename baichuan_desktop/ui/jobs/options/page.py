"""The first page of a job: what shall be made, and where it shall lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)

from backends.errors import UserFacingError
from backends.precision import Precision
from baichuan_desktop.services.jobs.copies import (
    CopyVariant,
    JobOffer,
    free_copy_folder,
    with_adapter,
)
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.sizes import size_text
from baichuan_desktop.ui.choosing.file_dialogs import choose_folder
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.jobs import texts
from baichuan_desktop.ui.jobs.options.adapter_choice import AdapterChoice
from baichuan_desktop.ui.jobs.page_parts import page_column
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.models.picker.offered import OfferedAdapter

_MINUTE = 60


class JobOptions(QWidget):
    """Offers what can be made of a model.

    Signals:
        begun: the request of what was chosen.
        dismissed: the person does not want it.
    """

    begun = Signal(object)
    dismissed = Signal()

    def __init__(
        self, offer: JobOffer, model: InstalledModel, adapters: Sequence[OfferedAdapter] = ()
    ) -> None:
        super().__init__()
        self._offer, self._model = offer, model
        self.adapter = AdapterChoice(offer.adapter, adapters)
        self._error: UserFacingError | None = None  # of the try before
        self._variants: Sequence[CopyVariant] = ()
        self.radios: list[QRadioButton] = []
        self._group = QButtonGroup(self)
        self._sizes: list[QLabel] = []
        self.heading, self.explanation = plain_label(wraps=True), plain_label(wraps=True)
        self.heading.setObjectName("dialogHeading")
        self.explanation.setObjectName("muted")
        self.trouble = plain_label(wraps=True)
        self.trouble.setObjectName("trouble")
        self._looking, self._folder_label = plain_label(wraps=True), QLabel()
        self._looking.setObjectName("muted")
        self.folder = QLineEdit()
        self.folder.setObjectName("field")
        self._folder_label.setBuddy(self.folder)
        self.browse = QPushButton()
        self.browse.setAutoDefault(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.begin = QPushButton()
        self.begin.setDefault(True)
        buttons.addButton(self.begin, QDialogButtonBox.ButtonRole.AcceptRole)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(0, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.folder, 1)
        row.addWidget(self.browse)
        column = page_column(self)
        column.addWidget(self.heading)
        column.addWidget(self.explanation)
        column.addSpacing(4)
        column.addWidget(self.adapter)
        column.addSpacing(4)
        column.addWidget(self._looking)
        column.addLayout(self._grid)
        column.addSpacing(4)
        column.addWidget(self._folder_label)
        column.addLayout(row)
        column.addWidget(self.trouble)
        column.addStretch(1)
        column.addSpacing(8)
        column.addWidget(buttons)
        buttons.rejected.connect(self.dismissed)
        buttons.accepted.connect(self._begin)
        self.browse.clicked.connect(self._browse)
        self.folder.textChanged.connect(self._refresh)
        self._group.idToggled.connect(self._on_chosen)
        self.adapter.changed.connect(self._propose_folder)
        self.retranslate()
        self._refresh()

    def show_variants(self, variants: Sequence[CopyVariant]) -> None:
        """What there is to choose from; the first is proposed."""
        self._variants = variants
        self._looking.hide()
        for number, variant in enumerate(variants):
            radio, size = QRadioButton(), QLabel(size_text(variant.bytes_on_disk))
            size.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            size.setObjectName("muted")
            self.radios.append(radio)
            self._sizes.append(size)
            self._group.addButton(radio, number)
            self._grid.addWidget(radio, number, 0)
            self._grid.addWidget(size, number, 1)
            for widget in (radio, size):
                widget.show()  # else it counts for the height only from the event loop on
        self.retranslate()
        self.radios[0].setChecked(True)
        self.radios[0].setFocus()

    def show_error(self, error: UserFacingError | None) -> None:
        """Why the try before came to nothing; None where the person ended it."""
        self._error = error
        self.retranslate()

    @property
    def _chosen(self) -> CopyVariant | None:
        number, adapter = self._group.checkedId(), self.adapter.folder
        if number < 0:
            return None
        variant = self._variants[number]
        return variant if adapter is None else with_adapter(variant, adapter)

    def choose(self, precision: Precision | None) -> None:
        """Choose the first that comes of a precision, and begin."""
        for radio, variant in zip(self.radios, self._variants, strict=True):
            if variant.request(Path()).precision == precision:
                radio.setChecked(True)
                break
        self._begin()

    @Slot(int, bool)
    def _on_chosen(self, _number: int, is_checked: bool) -> None:
        if is_checked:
            self._propose_folder()

    @Slot()
    def _propose_folder(self) -> None:
        variant = self._chosen
        if variant is not None and not self.folder.isModified():
            self.folder.setText(str(free_copy_folder(self._model, variant.suffix)))
        self._refresh()

    @Slot()
    def _browse(self) -> None:
        variant = self._chosen
        title = self.tr("Choose where the copy shall lie")
        parent = choose_folder(self, title, str(Path(self.folder.text()).parent))
        if parent is not None and variant is not None:
            name = (
                Path(self.folder.text()).name or free_copy_folder(self._model, variant.suffix).name
            )
            self.folder.setText(str(parent / name))
            self.folder.setModified(True)

    @Slot()
    def _begin(self) -> None:
        variant = self._chosen
        if variant is not None and self.begin.isEnabled():
            self.begun.emit(variant.request(Path(self.folder.text().strip()).expanduser()))

    @Slot()
    def _refresh(self) -> None:
        is_named = bool(self.folder.text().strip())
        is_chosen = self._chosen is not None and self.adapter.is_complete
        self.begin.setEnabled(is_chosen and is_named)

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.heading.setText(texts.heading(self._offer.words.title, self._model.shown_name))
        self.explanation.setText(error_texts.sentence(self._offer.explanation))
        self.trouble.setText(error_texts.message(self._error) if self._error is not None else "")
        self.trouble.setVisible(self._error is not None)
        self._looking.setText(self.tr("Looking at the model…"))
        self._folder_label.setText(self.tr("New folder"))
        self.folder.setAccessibleName(self.tr("New folder"))
        self.browse.setText(self.tr("Browse…"))
        self.begin.setText(self.tr("Write the copy"))
        for radio, size, variant in zip(self.radios, self._sizes, self._variants, strict=True):
            radio.setText(error_texts.sentence(variant.text))
            text = self._estimate(variant)
            size.setText(text)
            radio.setAccessibleDescription(text)

    def _estimate(self, variant: CopyVariant) -> str:
        size = self.tr("about {size}").format(size=size_text(variant.bytes_on_disk))
        if variant.computing_seconds is None:
            return size
        minutes = variant.computing_seconds / _MINUTE
        if minutes < 1:
            time = self.tr("under 1 min of computing")
        else:
            time = self.tr("about {count} min of computing").format(count=round(minutes))
        return f"{size} · {time}"

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
