"""The first page: everything that is chosen of a training, with what is known of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QDialogButtonBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from backends.errors import (
    LicenceNotAcceptedError,
    NotAdmittedError,
    OutputFullError,
    OutputTakenError,
    OutputUnwritableError,
    TrainingDataError,
    TrainingMemoryError,
    TrainingSettingsError,
    UserFacingError,
)
from backends.training.values import Data, Keeping, Method, TrainingRequest
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.training.presets import TrainingPreset
from baichuan_desktop.services.training.preview import DataPreview
from baichuan_desktop.services.training.rehearsal import ANSWERS, rehearsed
from baichuan_desktop.services.training.verdict import Remedy, Verdict
from baichuan_desktop.ui.errors import error_texts
from baichuan_desktop.ui.look.labels import plain_label
from baichuan_desktop.ui.look.theme import Theme
from baichuan_desktop.ui.models import model_texts
from baichuan_desktop.ui.training.asking.files_field import FilesField
from baichuan_desktop.ui.training.asking.form import AskingForm
from baichuan_desktop.ui.training.asking.inquiry import Inquiry
from baichuan_desktop.ui.training.asking.looking import Looked
from baichuan_desktop.ui.training.asking.result_fields import ResultFields
from baichuan_desktop.ui.training.asking.settings_form import SettingsForm

_QUIET_MS = 350  # after the last change, before anything is looked at


class AskingPage(QWidget):
    """Takes a request apart into fields, and puts it together again.

    What is written stays, whatever an attempt comes to: an error stands at its field.

    Signals:
        begun: the TrainingRequest, its base (InstalledModel), and the name of the result.
        dismissed: the person does not want it.
        refused: the NotAdmittedError of the base, which a person may have a say in; `begin` asks
            once more.
    """

    begun = Signal(object, object, str)
    dismissed = Signal()
    refused = Signal(object)

    def __init__(self, inquiry: Inquiry, models: Sequence[InstalledModel], theme: Theme) -> None:
        """`models` are those that can be trained, the one first that is proposed."""
        super().__init__()
        self._inquiry, self._models, self._theme = inquiry, list(models), theme
        self._request = TrainingRequest(str(self._models[0].path), Data(()), Keeping(""))
        self._presets: Sequence[TrainingPreset] = ()
        self._is_preset_wanted = True  # as soon as it is known which there are
        self._own_answers: Path | None = None  # of the model, if it is the guide
        self._error: UserFacingError | None = None  # that is said
        self._data_error: UserFacingError | None = None  # of the data, whatever else is chosen
        self.form = AskingForm(theme)
        self._lay_out()
        self._connect()
        self._show_request()
        self.retranslate()
        self.ask_anew()

    def _lay_out(self) -> None:
        self.heading, self.explanation, self.trouble = (plain_label(wraps=True) for _ in range(3))
        self.heading.setObjectName("dialogHeading")
        self.explanation.setObjectName("muted")
        self.trouble.setObjectName("trouble")
        self.form.model_list.addItems([model_texts.name(one) for one in self._models])
        self.begin_button, self.close_button = QPushButton(), QPushButton()
        self.begin_button.setObjectName("primary")
        self.begin_button.setAutoDefault(False)  # Enter in a field begins no training
        self.close_button.setAutoDefault(False)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(_QUIET_MS)
        buttons = QDialogButtonBox()
        buttons.addButton(self.close_button, QDialogButtonBox.ButtonRole.RejectRole)
        buttons.addButton(self.begin_button, QDialogButtonBox.ButtonRole.AcceptRole)
        foot = QHBoxLayout()
        foot.addWidget(self.trouble, 1)
        foot.addWidget(buttons, 0, Qt.AlignmentFlag.AlignBottom)
        column = self._column = QVBoxLayout(self)
        column.addWidget(self.heading)
        column.addWidget(self.explanation)
        column.addSpacing(6)
        column.addWidget(self.form, 1)
        column.addLayout(foot)
        self._fit()

    def _connect(self) -> None:
        self._theme.changed.connect(self._fit)
        self._quiet.timeout.connect(self.ask_now)
        self.form.model_list.currentIndexChanged.connect(self._on_model)
        self.form.preset_list.activated.connect(self._on_preset)
        self.form.files.changed.connect(self._on_changed)
        self.form.own_answers.toggled.connect(self._on_changed)
        self.form.method.chosen.connect(self._on_method)
        self.form.settings.changed.connect(self._on_changed)
        self.form.result.changed.connect(self._on_changed)
        self.form.verdict.taken.connect(self._on_remedy)
        self.begin_button.clicked.connect(self.begin)
        self.close_button.clicked.connect(self.dismissed)
        self._inquiry.looked.connect(self._on_looked)
        self._inquiry.previewed.connect(self._on_previewed)
        self._inquiry.checked.connect(self._on_checked)

    @property
    def is_looking(self) -> bool:
        """Whether what is chosen has not been looked at yet."""
        return self._quiet.isActive() or self._inquiry.is_looking

    # --- the request --------------------------------------------------------------------------

    @property
    def model(self) -> InstalledModel:
        """The base that is chosen."""
        return self._models[self.form.model_list.currentIndex()]

    @property
    def request(self) -> TrainingRequest:
        """What is chosen now; what no field has stays as it was shown."""
        request = self.form.settings.into(self._request)
        folder = self.form.result.path
        files = tuple(map(str, self.form.files.files))
        request = replace(
            request,
            model=str(self.model.path),
            model_name=self.model.shown_name.en,
            data=request.data.with_files(files),
            keeping=replace(request.keeping, output="" if folder is None else str(folder)),
        )
        is_rehearsed = self._own_answers is not None and self.form.own_answers.isChecked()
        if files and is_rehearsed and self._own_answers is not None:
            return rehearsed(request, self._own_answers)
        return request

    def offer(self, models: Sequence[InstalledModel]) -> None:
        """List these, too: they came into the library after the dialog was made."""
        known = {one.path for one in self._models}
        new = [one for one in models if one.path not in known]
        self._models += new
        self.form.model_list.addItems([model_texts.name(one) for one in new])

    def show_request(self, request: TrainingRequest, model: InstalledModel, name: str) -> None:
        """Show what was chosen once, for another try."""
        self._request, self._is_preset_wanted = replace(request, resume=False), False
        self.offer([model])
        form, own = self.form, str(ANSWERS)
        with form.quiet():
            form.model_list.setCurrentIndex([one.path for one in self._models].index(model.path))
            form.own_answers.setChecked(own in request.data.files)
            form.files.show_chosen([Path(file) for file in request.data.files if file != own])
            form.result.show_chosen(name, Path(request.keeping.output))
        self._show_request()
        self.ask_anew()

    def _show_request(self) -> None:
        self.form.method.choose(self._request.method)
        self.form.settings.show_of(self._request)
        self._show_preset()

    @Slot()
    def _on_changed(self) -> None:
        self._request = self.request
        self._say_error(self._data_error)
        self._show_preset()
        self.ask_anew()

    @Slot()
    def _on_model(self) -> None:
        self._is_preset_wanted = self._preset is not None
        self._on_changed()

    @Slot(object)
    def _on_method(self, method: Method) -> None:
        """Take the settings of the first preset with that method, if no others were written."""
        instead = next((one for one in self._presets if one.method is method), None)
        self._request = replace(self.request, method=method)
        if self._preset_before_method() and instead is not None:
            self._request = instead.applied(self._request)
        self._show_request()
        self._on_changed()

    def _preset_before_method(self) -> bool:
        request = self.request
        return any(one.is_of(replace(request, method=one.method)) for one in self._presets)

    @Slot(object)
    def _on_remedy(self, remedy: Remedy) -> None:
        wanted = remedy.request
        self._request = replace(
            self.request,
            method=wanted.method,
            lora=wanted.lora,
            optimization=wanted.optimization,
            compute=wanted.compute,
            device=wanted.device,
            data=replace(self.request.data, max_length=wanted.data.max_length),
        )
        self._show_request()
        self._on_changed()

    # --- presets ------------------------------------------------------------------------------

    @property
    def _preset(self) -> TrainingPreset | None:
        """The preset whose settings these are."""
        return next((one for one in self._presets if one.is_of(self.request)), None)

    @Slot(int)
    def _on_preset(self, index: int) -> None:
        if index < len(self._presets):
            self._request = self._presets[index].applied(self.request)
            self._show_request()
            self._on_changed()

    def _show_preset(self) -> None:
        """Tick the preset that is chosen; settings of one's own are another entry."""
        preset = self._preset
        with QSignalBlocker(self.form.preset_list):
            self.form.preset_list.clear()
            for one in self._presets:
                self.form.preset_list.addItem(error_texts.sentence(one.title))
            if preset is None:
                self.form.preset_list.addItem(self.tr("Own settings"))
            row = self._presets.index(preset) if preset is not None else len(self._presets)
            self.form.preset_list.setCurrentIndex(row)
        self.form.preset_note.setText(error_texts.sentence(preset.explanation) if preset else "")
        self.form.preset_note.setVisible(preset is not None)

    # --- what is known of it ------------------------------------------------------------------

    def ask_anew(self) -> None:
        """Something is another: look at it when the person has stopped writing."""
        self._refresh()
        self._quiet.start()

    @Slot()
    def ask_now(self) -> None:
        """Look at it, beside the window."""
        self._quiet.stop()
        if self.form.settings.check():
            self._inquiry.ask(self.model, self.request)
            is_reading = self._inquiry.is_previewing
            if is_reading or not self.form.files.files:
                self._data_error = None
                self.form.preview.show_preview(None, is_looking=is_reading)

    def stop(self) -> None:
        """Look at nothing any more, until something is another."""
        self._quiet.stop()
        self._inquiry.stop()

    @Slot(object)
    def _on_looked(self, found: Looked | UserFacingError) -> None:
        if isinstance(found, UserFacingError):
            self.form.verdict.show_verdict(None, found)
            return
        self._presets = found.presets
        self.form.method.offer(found.methods)
        self.form.own_answers.setVisible(found.own_answers is not None)
        is_other = found.own_answers != self._own_answers
        self._own_answers = found.own_answers
        if is_other and self.form.files.files:
            self.ask_now()
        self.form.result.propose(found.name, found.folder)
        error = found.verdict if isinstance(found.verdict, UserFacingError) else None
        self.form.verdict.show_verdict(
            found.verdict if isinstance(found.verdict, Verdict) else None, error
        )
        first = next((one for one in found.presets if one.method in found.methods), None)
        if self._is_preset_wanted and first is not None:
            self._is_preset_wanted = False
            self._request = first.applied(self.request)
            self._show_request()
            self.ask_now()
        elif found.methods and self._request.method not in found.methods:
            self._on_method(found.methods[0])
        self._show_preset()
        self._refresh()

    @Slot(object)
    def _on_previewed(self, found: DataPreview | UserFacingError) -> None:
        self._data_error = found if isinstance(found, UserFacingError) else None
        self.form.preview.show_preview(found if isinstance(found, DataPreview) else None)
        if self._data_error is not None:
            self._say_error(self._data_error)
        else:
            self.form.files.say("")

    # --- beginning ----------------------------------------------------------------------------

    @Slot()
    def begin(self) -> None:
        """Check everything once more, and begin; what is in the way is said at its field."""
        if not self.form.settings.check() or not self.begin_button.isEnabled():
            return
        self._say_error(None)
        self._inquiry.check(self.request)
        self._refresh()

    @Slot(object)
    def _on_checked(self, error: UserFacingError | None) -> None:
        self._refresh()
        if error is None:
            self.begun.emit(self.request, self.model, self.form.result.name.text().strip())
        elif isinstance(error, LicenceNotAcceptedError):
            self.refused.emit(error)
        else:
            self.show_error(error)

    def show_error(self, error: UserFacingError | None) -> None:
        """Say why an attempt came to nothing; None where the person ended it."""
        self._say_error(error)
        if isinstance(error, NotAdmittedError):
            self.refused.emit(error)

    def _say_error(self, error: UserFacingError | None) -> None:
        self._error = error
        text = ""
        if error is not None:
            text = f"{error_texts.message(error)} {error_texts.hint(error)}".rstrip()
        form = self.form
        places: dict[FilesField | SettingsForm | ResultFields, str]
        places = {form.files: "", form.settings: "", form.result: ""}
        match error:
            case TrainingDataError():
                places[form.files] = text
            case TrainingSettingsError():
                places[form.settings] = text
            case OutputTakenError() | OutputUnwritableError() | OutputFullError():
                places[form.result] = text
        for part, said in places.items():
            part.say(said)
            if said:
                form.show_field(part.trouble)
        if isinstance(error, TrainingMemoryError):
            self.form.verdict.show_verdict(None, error)
        is_elsewhere = isinstance(error, TrainingMemoryError) or any(places.values())
        self.trouble.setText("" if is_elsewhere else text)
        self.trouble.setVisible(bool(self.trouble.text()))

    # --- what is seen -------------------------------------------------------------------------

    @Slot()
    def _refresh(self) -> None:
        is_checking = self._inquiry.is_checking
        is_whole = bool(self.form.files.files) and self.form.result.path is not None
        self.begin_button.setEnabled(is_whole and self.form.verdict.can_begin and not is_checking)
        self.begin_button.setText(self.tr("Checking…") if is_checking else self.tr("Fine-tune"))

    @Slot()
    def _fit(self) -> None:
        px = self._theme.px
        self._column.setContentsMargins(px(24), px(20), px(12), px(16))
        self._column.setSpacing(px(8))

    def retranslate(self) -> None:
        """Say everything in the language of the window."""
        self.heading.setText(self.tr("Fine-tune a model"))
        self.explanation.setText(
            self.tr(
                "A model learns from your own conversations, on this machine. The model itself "
                "stays as it is; the result is listed beside it."
            )
        )
        self.close_button.setText(self.tr("Close"))
        for number, model in enumerate(self._models):
            self.form.model_list.setItemText(number, model_texts.name(model))
        self._show_preset()
        self._say_error(self._error)
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Begin nothing for who has closed the dialog while it was checked."""
        super().hideEvent(event)
        if not event.spontaneous():
            self._inquiry.stop_checking()
            self._refresh()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
