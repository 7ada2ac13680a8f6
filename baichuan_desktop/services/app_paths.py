"""The folders of the app. Naming one makes nothing; whoever writes makes it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

import platformdirs

from backends.errors import PolicyFileError
from backends.policy import site_policy
from baichuan_desktop.services.data_folder import place

_NAME = "baichuan-desktop"

#: Puts every folder below one, for a USB stick or a test.
HOME_VARIABLE = "BAICHUAN_DESKTOP_HOME"


@dataclass(frozen=True, slots=True)
class AppPaths:
    """Where the app keeps what it writes, and what it reads."""

    config: Path
    log: Path
    cache: Path  #: what may be deleted at any time
    data: Path  #: what a person wrote; no other folder is this one
    site_registry: Path  #: the administrator's registry layer; need not exist

    @property
    def user_registry(self) -> Path:
        """The person's own registry layer."""
        return self.config / "models_registry.yaml"

    @property
    def settings(self) -> Path:
        """The person's settings."""
        return self.config / "settings.json"

    @property
    def data_place(self) -> Path:
        """The file that says where `data` lies, if it was moved."""
        return self.config / place.NAME

    @property
    def conversations(self) -> Path:
        """All conversations; backups lie beside them."""
        return self.data / "conversations.sqlite3"

    @property
    def presets(self) -> Path:
        """The presets that a person made; a folder of its own, for `data` stays locked."""
        return self.data / "presets" / "presets.json"

    @property
    def model_folder(self) -> Path:
        """Where imported models lie if the person chose no other folder."""
        return self.data / "models" / "files"

    @property
    def manifests(self) -> Path:
        """What is known of the files of each listed model: a folder of its own."""
        return self.data / "models" / "manifests"

    @property
    def last_used(self) -> Path:
        """When each model was loaded last."""
        return self.data / "models" / "use.json"

    @property
    def measurements(self) -> Path:
        """What loading and answering took on this machine."""
        return self.config / "measurements.json"

    @property
    def licences(self) -> Path:
        """Which licences were accepted, by whom and when."""
        return self.data / "models" / "licences.json"

    @property
    def server_key(self) -> Path:
        """The key that other programs show; nobody else may read it."""
        return self.config / "server.key"

    @property
    def server_log(self) -> Path:
        """A line for each request that was served or refused."""
        return self.log / "server.log"

    @property
    def engine_log(self) -> Path:
        """What the engine processes of chats print."""
        return self.log / "engine.log"

    @property
    def job_log(self) -> Path:
        """What the engine processes of long jobs print."""
        return self.log / "job.log"

    @property
    def training_log(self) -> Path:
        """What the processes that fine-tune print."""
        return self.log / "training.log"

    @property
    def training_runs(self) -> Path:
        """The trainings that have begun and are not done; a folder of its own."""
        return self.data / "trainings" / "unfinished.json"

    @property
    def comparison_log(self) -> Path:
        """What the engine processes of models print that answer beside the chat's."""
        return self.log / "comparison.log"

    @property
    def terminal_log(self) -> Path:
        """Errors that no command knew, with their details."""
        return self.log / "terminal.log"


def app_paths() -> AppPaths:
    """The folders on this machine. Raises DataFolderError where that of the data is not here."""
    usual = usual_paths()
    return replace(usual, data=place.data_folder(usual.data_place, usual.data))


def usual_paths() -> AppPaths:
    """The folders, with that of the data where it lies unless it was moved."""
    site = _site_registry()
    if home := os.environ.get(HOME_VARIABLE):
        root = _absolute(Path(home))
        return AppPaths(root / "config", root / "log", root / "cache", root / "data", site)
    config = Path(platformdirs.user_config_dir(_NAME, appauthor=False))
    data = Path(platformdirs.user_data_dir(_NAME, appauthor=False))
    if data == config:  # on some systems; a store keeps its folder locked, settings lock theirs
        data = data / "data"
    return AppPaths(
        config,
        Path(platformdirs.user_log_dir(_NAME, appauthor=False)),
        Path(platformdirs.user_cache_dir(_NAME, appauthor=False)),
        data,
        site,
    )


def _site_registry() -> Path:
    """The registry beside the policy: no variable moves it, or anybody could bring one along."""
    try:
        return site_policy.fixed_place().file.with_name(site_policy.REGISTRY_NAME)
    except PolicyFileError:  # which every load says; below a device there is no file
        return Path(os.devnull) / site_policy.REGISTRY_NAME


def _absolute(path: Path) -> Path:
    try:
        return path.absolute()
    except OSError:  # the folder that one is in was deleted: nothing is found, nothing written
        return path


def resource(name: str) -> Path:
    """A file or folder that ships with the app. The app is installed as plain files."""
    return Path(str(resources.files("baichuan_desktop") / "resources" / name))
