"""What the app remembers of a person's choices: one small JSON file, typed."""

from __future__ import annotations

import dataclasses
import itertools
import json
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
)

from backends.files.plain_file import read_plain
from backends.precision import device_or_auto, name_of, parse_device
from baichuan_desktop.services.atomic_file import WINDOW_WAIT_SECONDS, changing, replace_text
from baichuan_desktop.services.chat.store.copies.backups import BackupPlan
from baichuan_desktop.services.plain_json import Text, parse_object, writable
from baichuan_desktop.services.precisions.wish import LoadWish

log = logging.getLogger(__name__)

Language = Literal["system", "en", "zh_CN"]
ThemeChoice = Literal["system", "light", "dark"]

SMALLEST_ZOOM, LARGEST_ZOOM = 0.5, 3.0
#: Pixels of messages, before the zoom.
SMALLEST_READING, USUAL_READING, LARGEST_READING = 11, 15, 28

MOST_IDLE_MINUTES = 7 * 24 * 60
MOST_DAYS = 36_500  #: a hundred years
MOST_BACKUPS_KEPT = 100
MOST_BACKUP_HOURS = 24 * 366

_MAX_BYTES = 2**20
_MAX_ENTRIES = 1000  #: of a list that are remembered, and that are looked at

#: Of a window; four 4K monitors side by side have 15,360. Qt ends the app at a few times as many.
_MAX_PIXELS = 16_384

_DEVICE = re.compile(r"auto|cpu|cuda(:\d{1,3})?")
_MAX_CONTEXT = 2**31  # tokens


def _folder(path: Path) -> Path:
    writable(str(path))
    return path


def _possible(wish: LoadWish) -> LoadWish:
    """The wish, if any machine could load a model so. Raises ValueError otherwise."""
    context = wish.context_length
    if _DEVICE.fullmatch(device_or_auto(wish.wanted_device)) is None or not (
        context is None or 1 <= context <= _MAX_CONTEXT
    ):
        raise ValueError("no model can be loaded so")
    return wish


#: Keys of a wish in the file, where they are other ones than the names of its fields.
_KEYS = {"wanted_device": "device"}


def _wish_from_json(value: object) -> object:
    if not isinstance(value, dict):
        return value
    names = [field.name for field in dataclasses.fields(LoadWish)]
    keys = {_KEYS.get(name, name): name for name in names}
    wish = {keys[key]: entry for key, entry in value.items() if key in keys}
    if wish.get("precision") == "auto":
        wish["precision"] = None
    if isinstance(device := wish.get("wanted_device"), str):
        wish["wanted_device"] = parse_device(device)
    return wish


def _wish_to_json(wish: LoadWish) -> dict[str, object]:
    fields = dataclasses.asdict(wish) | {
        "precision": name_of(wish.precision),
        "wanted_device": device_or_auto(wish.wanted_device),
    }
    del fields["adapter"]
    if wish.adapter is not None:  # else the file is as earlier versions write it
        fields["adapter"] = str(wish.adapter)
    return {_KEYS.get(name, name): value for name, value in fields.items()}


Wish = Annotated[
    LoadWish,
    BeforeValidator(_wish_from_json),
    AfterValidator(_possible),
    PlainSerializer(_wish_to_json),
]
Pixels = Annotated[int, Field(strict=True, ge=1, le=_MAX_PIXELS)]
Zoom = Annotated[float, Field(strict=True, ge=SMALLEST_ZOOM, le=LARGEST_ZOOM)]
ReadingSize = Annotated[int, Field(strict=True, ge=SMALLEST_READING, le=LARGEST_READING)]
IdleMinutes = Annotated[int, Field(strict=True, ge=0, le=MOST_IDLE_MINUTES)]
Port = Annotated[int, Field(strict=True, ge=0, le=65_535)]
Days = Annotated[int, Field(strict=True, ge=1, le=MOST_DAYS)]
BackupsKept = Annotated[int, Field(strict=True, ge=1, le=MOST_BACKUPS_KEPT)]
BackupHours = Annotated[int, Field(strict=True, ge=0, le=MOST_BACKUP_HOURS)]
StoredId = Annotated[
    int, Field(strict=True, ge=0, lt=2**63)
]  #: of a conversation, or a folder of them
Folder = Annotated[Path, AfterValidator(_folder)]


class Settings(BaseModel):
    """The choices, with their defaults."""

    model_config = ConfigDict(extra="ignore", validate_assignment=True)

    language: Language = "system"
    #: An id of the registry.
    last_model: Text | None = None
    #: By folder, if not “auto”.
    precisions: dict[Folder, Wish] = Field(default_factory=dict)
    as_chat: frozenset[Folder] = frozenset()  #: folders of base models that are chatted with
    #: By folder of a model: the id of the preset that new conversations with it begin with.
    presets: dict[Folder, Text] = Field(default_factory=dict)
    #: That imports go into, besides the app's own; the first one is the default.
    model_folders: tuple[Folder, ...] = ()
    theme: ThemeChoice = "system"
    zoom: Zoom = 1.0  #: of everything in the window
    sidebar_shown: bool = True
    show_panel: bool = False
    open_conversation: StoredId | None = None
    unfolded: frozenset[StoredId] = frozenset()  #: folders of conversations that are open
    input_method_told: bool = False  #: that what an input method writes does not come
    models_offered: bool = False  #: to look for models, to who had none
    cards_told: Text = ""  #: why cards are not used, as it was read last
    window_size: tuple[Pixels, Pixels] | None = None  #: width, height
    reading_size: ReadingSize = USUAL_READING
    #: How models are loaded that nobody chose a way for; its adapter and device are not used.
    default_wish: Wish = LoadWish()
    idle_minutes: IdleMinutes = 0  #: without an answer, then the model leaves the memory; 0: never
    keep_days: Days | None = None  #: conversations are kept after their last change; None: for ever
    backups_kept: BackupsKept = 7
    backup_hours: BackupHours = 24  #: between two automatic backups at least; 0: none are made
    #: At which other programs are served; 0: one that is free, None: the usual one.
    server_port: Port | None = None
    server_needs_key: bool = False  #: also of programs of this machine

    @property
    def backups(self) -> BackupPlan:
        """When conversations are backed up by themselves, and how many backups stay."""
        seconds = 3600.0 * self.backup_hours or None
        return BackupPlan(kept=self.backups_kept, interval_seconds=seconds)


class SettingsFile:
    """Settings and the file they lie in."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.unkept: str | None = None  #: why the last change could not be written
        found = self._read()
        self.is_new = found is None and not self._is_there()  #: nobody chose anything before
        self.current = found or Settings()

    def _read(self) -> Settings | None:
        try:
            content = parse_object(read_plain(self._file, _MAX_BYTES))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            # A broken file costs a few choices, not the start of the app; it stays as it is
            # until a choice is made.
            log.warning("%s is not usable, defaults are used: %r", self._file, error)
            return None
        return self._usable(content)

    def _is_there(self) -> bool:
        try:
            return os.path.lexists(self._file)
        except (OSError, ValueError):
            return True

    def _usable(self, content: Mapping[str, Any]) -> Settings:
        """The settings of a file's content, without those that are wrong."""
        usable: dict[str, Any] = {}
        for name in Settings.model_fields.keys() & content.keys():
            match content[name]:
                case dict() as chosen if name in ("precisions", "presets"):
                    usable[name] = {
                        folder: choice
                        for folder, choice in itertools.islice(chosen.items(), _MAX_ENTRIES)
                        if self._is_right(name, {folder: choice})
                    }
                case list() as entries if name in ("as_chat", "model_folders", "unfolded"):
                    usable[name] = [
                        entry
                        for entry in itertools.islice(entries, _MAX_ENTRIES)
                        if self._is_right(name, [entry])
                    ]
                case value if self._is_right(name, value):
                    usable[name] = value
        return Settings.model_validate(usable)

    def _is_right(self, name: str, value: object) -> bool:
        try:
            Settings.model_validate({name: value})
        except ValidationError as error:
            what = error.errors(include_url=False)[0]
            place = ".".join(map(str, what["loc"]))
            log.warning("%s is not usable at %.200r: %s", self._file, place, what["msg"])
            return False
        return True

    def change(self, **changes: object) -> None:
        """Set fields and write the file. Where it cannot be written, they hold until the end."""
        with changing(self._file, wait_seconds=WINDOW_WAIT_SECONDS):
            self._change(changes)

    def _change(self, changes: Mapping[str, object]) -> None:
        self.current = _changed(self.current, changes)
        # Another window may have written since: what is not changed here stays as it is there.
        written = _changed(self._read() or self.current, changes)
        self.unkept = None
        try:
            chosen = written.model_dump(mode="json", exclude_unset=True)
            text = json.dumps(chosen, indent=2, ensure_ascii=False)
            replace_text(self._file, text + "\n")
        except OSError as error:
            log.warning("The settings could not be written: %s", error)
            self.unkept = error.strerror or str(error)

    def keep_precision(self, folder: Path, wish: LoadWish) -> None:
        """Have a model loaded so from now on."""
        with changing(self._file, wait_seconds=WINDOW_WAIT_SECONDS):
            wishes = dict((self._read() or self.current).precisions)
            wishes.pop(folder, None)
            if wish != LoadWish() or self.current.default_wish != LoadWish():
                wishes[folder] = wish  # what is automatic here is no longer what is so for all
            self._change({"precisions": wishes})

    def relocate(self, before: Path, now: Path) -> None:
        """Have what was chosen for the model of a folder hold where it lies now."""
        with changing(self._file, wait_seconds=WINDOW_WAIT_SECONDS):
            kept = self._read() or self.current
            self._change(
                {
                    "precisions": _moved(kept.precisions, before, now),
                    "presets": _moved(kept.presets, before, now),
                    "as_chat": {now if one == before else one for one in kept.as_chat},
                }
            )

    def keep_as_chat(self, folder: Path, as_chat: bool) -> None:
        """Have a base model used as a chat model from now on, or not any more."""
        with changing(self._file, wait_seconds=WINDOW_WAIT_SECONDS):
            folders = (self._read() or self.current).as_chat
            changed = folders | {folder} if as_chat else folders - {folder}
            self._change({"as_chat": changed})

    def keep_preset(self, folder: Path, preset_id: str | None) -> None:
        """Have new conversations with a model begin with a preset from now on; None: with none."""
        with changing(self._file, wait_seconds=WINDOW_WAIT_SECONDS):
            presets = dict((self._read() or self.current).presets)
            presets.pop(folder, None)
            if preset_id is not None:
                presets[folder] = preset_id
            self._change({"presets": presets})


def _moved(by_folder: Mapping[Path, object], before: Path, now: Path) -> dict[Path, object]:
    return {now if folder == before else folder: one for folder, one in by_folder.items()}


def _changed(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """What somebody chose, and what is chosen now: nothing else is written into a file."""
    return Settings.model_validate({**settings.model_dump(exclude_unset=True), **changes})
