"""Which preset the open conversation is asked with, and what it makes of a message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from backends.errors import VariableMissingError
from backends.generation.sampling import SamplingParams
from baichuan_desktop.services.chat.titles import title_of
from baichuan_desktop.services.chat.values import Conversation, ConversationSettings
from baichuan_desktop.services.presets.built_in import in_any_language, renamed
from baichuan_desktop.services.presets.filling import filled, missing, variables_of
from baichuan_desktop.services.presets.sampling import Changes, applied, as_json, usable_changes
from baichuan_desktop.services.presets.store import PresetStore
from baichuan_desktop.services.presets.values import NONE_ID, Preset
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.ui.chat.controller import ChatController
from baichuan_desktop.ui.chat.page import ChatPage, Sending
from baichuan_desktop.ui.chat.settings_panel import SettingsPanel
from baichuan_desktop.ui.presets import preset_texts
from baichuan_desktop.ui.presets.variable_fields import VariableFields

_MOST_WRITTEN = 50  # messages of which is known what a person wrote


@dataclass(frozen=True, slots=True)
class Setup:
    """With what the open conversation is asked."""

    preset: Preset | None
    is_chosen: bool  #: by the person, and not because the model begins so
    values: dict[str, str]
    changes: Changes
    system_prompt: str


class ConversationPresets(QObject):
    """Shows the settings of whichever conversation is open, and keeps what is changed in it.

    Signals:
        preset_changed: the Preset that is used now, or None.
        replaced: a Setup whose system prompt, which a person wrote, gave way to a preset's.
        refused: a UserFacingError: why a message cannot be sent.
        sent: a message went out.
    """

    preset_changed = Signal(object)
    replaced = Signal(object)
    refused = Signal(object)
    sent = Signal()

    def __init__(
        self,
        store: PresetStore,
        settings: SettingsFile,
        page: ChatPage,
        panel: SettingsPanel,
        controller: ChatController,
        fields: VariableFields,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.store = store
        self._settings = settings
        self._page, self._panel, self._controller = page, panel, controller
        self._fields = fields
        self._preset: Preset | None = None
        self._is_chosen = False
        self._values: dict[str, str] = {}
        self._outgoing: Setup | None = None  # of the message that is about to be sent
        self._written: dict[str, str] = {}  # by the text that was sent: what a person wrote
        page.preparing.insert(0, self._prepare)  # before whatever looks at the text
        page.as_written = self._as_written
        page.previewing.insert(0, self._preview)
        page.draft_opened.connect(self._on_opened)
        page.sent.connect(self._on_sent)
        panel.sampling.edited.connect(self._keep)
        panel.sampling.edited.connect(page.draft_changed)
        self.preset_changed.connect(page.draft_changed)
        fields.edited.connect(self._on_values)
        controller.desk.sampling = self.sampling_of

    @property
    def preset(self) -> Preset | None:
        """What the open conversation is asked with."""
        return self._preset

    @property
    def model_folder(self) -> Path | None:
        """Of the model that answers."""
        model = self._controller.model
        return None if model is None else model.path

    @property
    def is_default(self) -> bool:
        """Whether new conversations with the model begin with this preset."""
        folder = self.model_folder
        if folder is None:
            return False
        preset_id = None if self._preset is None else self._preset.id
        return self._settings.current.presets.get(folder) == preset_id

    def sampling_of(self, conversation: Conversation) -> SamplingParams:
        """The sampling of an answer in a conversation, which need not be open."""
        opened = self._controller.conversation
        if opened is not None and opened.id == conversation.id:
            return self._panel.params()
        preset = self._of(conversation.settings.preset)
        return applied(
            self._panel.sampling.defaults,
            {} if preset is None else preset.sampling,
            usable_changes(conversation.settings.sampling),
        )

    # --- what a person does -------------------------------------------------------------------

    def choose(self, preset: Preset | None) -> None:
        """Ask with another preset from now on, or with none.

        What was set here beside what it sets stays. A system prompt that a person wrote gives way
        to one of the preset, which is told.
        """
        before = self._setup()
        is_own = self._is_own(before.system_prompt)
        takes_place = preset is not None and bool(preset.system_prompt)
        self._use(preset, is_chosen=True)
        set_by_it = () if preset is None else preset.sampling
        kept = {name: value for name, value in before.changes.items() if name not in set_by_it}
        self._panel.sampling.set_changes(kept)
        if takes_place or not is_own:
            self._write_prompt("" if preset is None else preset.system_prompt)
        self._keep()
        self._page.keep_draft()
        if is_own and takes_place and before.system_prompt != self._panel.system_prompt():
            self.replaced.emit(before)

    @Slot(object)
    def go_back(self, setup: Setup) -> None:
        """Set what was set before."""
        self._restore(setup)
        self._keep()
        self._page.keep_draft()

    def make_default(self, wanted: bool) -> None:
        """Have new conversations with the model begin with this preset, or with none."""
        folder = self.model_folder
        if folder is not None:
            preset_id = self._preset.id if wanted and self._preset is not None else None
            self._settings.keep_preset(folder, preset_id)

    def as_preset(self, name: str) -> Preset:
        """What is set now, as a preset of its own."""
        template = "" if self._preset is None else self._preset.template
        sampling = {} if self._preset is None else self._preset.sampling
        return Preset(
            "",
            name,
            self._panel.system_prompt(),
            template,
            {**sampling, **self._panel.sampling.changes()},
        )

    @Slot()
    def reload(self) -> None:
        """Use the preset as it is now: it may have been edited, or the language is another one."""
        before = self._preset
        if before is None:
            self.preset_changed.emit(None)
            return
        now = self._of(before.id)
        is_own = self._is_own(self._panel.system_prompt())
        if now is not None and not is_own and not before.is_built_in:  # it keeps its language
            self._write_prompt(now.system_prompt)
        self._use(now, is_chosen=self._is_chosen)

    # --- what becomes of the conversation -----------------------------------------------------

    @Slot(object)
    def _on_opened(self, conversation: Conversation | None) -> None:
        """Show with what another conversation is asked."""
        settings = ConversationSettings() if conversation is None else conversation.settings
        self._values = dict(settings.variables)
        self._panel.sampling.set_changes(usable_changes(settings.sampling))
        if conversation is None:
            self._begin(has_prompt=False)
        elif conversation.head is None and not settings.preset:
            self._begin(has_prompt=bool(conversation.system_prompt.strip()))
        else:
            self._use(self._of(settings.preset), is_chosen=True)

    def _begin(self, *, has_prompt: bool) -> None:
        """Have a new conversation begin as the model's do."""
        folder = self.model_folder
        preset_id = "" if folder is None else self._settings.current.presets.get(folder, "")
        preset = self._of(preset_id)
        if not has_prompt and not self._is_own(self._panel.system_prompt()):
            self._write_prompt("" if preset is None else preset.system_prompt)
        self._use(preset, is_chosen=False)

    @Slot()
    def on_model(self) -> None:
        """Another model is used: what is not begun and for which nothing was chosen, begins so."""
        conversation = self._controller.conversation
        is_new = conversation is None or conversation.head is None
        if is_new and not self._is_chosen:
            self._begin(has_prompt=False)
        else:
            self.preset_changed.emit(self._preset)

    def _prepare(self, sending: Sending) -> Sending | None:
        """Make the message of its template; None where a variable has no value."""
        self._outgoing = self._setup()
        preset = self._preset
        if preset is None or not preset.template.strip() or not sending.text:
            return sending
        gone = missing(preset.template, self._values)
        if gone:
            self._fields.focus(gone[0])
            self.refused.emit(VariableMissingError(preset.name, gone[0]))
            return None
        text = filled(preset.template, sending.text, self._values)
        self._written.pop(text, None)
        self._written[text] = sending.text
        while len(self._written) > _MOST_WRITTEN:
            del self._written[next(iter(self._written))]
        return replace(sending, text=text)

    def _as_written(self, text: str) -> str:
        return self._written.get(text, text)

    def _preview(self, sending: Sending) -> Sending:
        """The message as it would be sent now; a variable without a value takes no room yet."""
        if self._preset is None or not sending.text:
            return sending
        return replace(sending, text=filled(self._preset.template, sending.text, self._values))

    @Slot()
    def _on_sent(self) -> None:
        """Keep with the conversation what it is asked with; it may have been begun just now."""
        outgoing, conversation = self._outgoing, self._controller.conversation
        self._outgoing = None
        self.sent.emit()
        if outgoing is None or conversation is None:
            return
        self._restore(outgoing)
        if outgoing.preset is not None or outgoing.is_chosen or outgoing.changes:
            self._is_chosen = True
            self._keep()
        self._name(conversation)

    def _name(self, conversation: Conversation) -> None:
        """Call a conversation by what a person wrote, and not by the template around it."""
        tree, sent = self._controller.tree, next(reversed(self._written), "")
        if not sent or conversation.has_own_title or conversation.title != title_of(sent):
            return
        tree.change(conversation.id, title=title_of(self._written[sent]))
        self._controller.conversations_changed.emit(conversation.id)

    # --- inside -------------------------------------------------------------------------------

    def _of(self, preset_id: str) -> Preset | None:
        if not preset_id or preset_id == NONE_ID:
            return None
        return self.store.get(preset_id, preset_texts.language())

    def _use(self, preset: Preset | None, *, is_chosen: bool) -> None:
        self._preset, self._is_chosen = preset, is_chosen
        shown = preset or Preset("", "")
        if shown.is_built_in:  # they may be of the other language
            self._values = renamed(self._values, shown)
        self._panel.set_preset(shown.name, shown.system_prompt, shown.sampling)
        self._fields.show_variables(variables_of(shown.template), self._values)
        self.preset_changed.emit(preset)

    def _is_own(self, prompt: str) -> bool:
        """Whether a person wrote a system prompt, and no preset in use did."""
        if not prompt.strip():
            return False
        preset = self._preset
        if preset is None:
            return True
        known = {preset.system_prompt, *(one.system_prompt for one in in_any_language(preset.id))}
        return prompt not in known

    def _write_prompt(self, prompt: str) -> None:
        self._panel.write_system_prompt(prompt)

    def _setup(self) -> Setup:
        return Setup(
            self._preset,
            self._is_chosen,
            dict(self._values),
            self._panel.sampling.changes(),
            self._panel.system_prompt(),
        )

    def _restore(self, setup: Setup) -> None:
        self._values = dict(setup.values)
        self._use(setup.preset, is_chosen=setup.is_chosen)
        self._panel.sampling.set_changes(setup.changes)
        self._write_prompt(setup.system_prompt)

    @Slot()
    def _on_values(self) -> None:
        others = {name: one for name, one in self._values.items() if not self._fields.has(name)}
        self._values = others | self._fields.values()
        self._keep()
        self._page.draft_changed.emit()

    @Slot()
    def _keep(self) -> None:
        """Keep what is set with the open conversation; one is begun for it."""
        preset_id = ""
        if self._is_chosen:
            preset_id = NONE_ID if self._preset is None else self._preset.id
        self._page.drafts.change_settings(
            preset=preset_id,
            variables=tuple(self._values.items()),
            sampling=as_json(self._panel.sampling.changes()),
        )
