"""What the window is given to work with; `app.py` makes it once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.chat.store.conversation_store import ConversationStore
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances
from baichuan_desktop.services.precisions.opened import Precisions
from baichuan_desktop.services.presets.store import PresetStore
from baichuan_desktop.services.serving.key import ServerKey
from baichuan_desktop.services.serving.port import Server
from baichuan_desktop.services.serving.window_desk import WindowDesk
from baichuan_desktop.services.settings import SettingsFile
from baichuan_desktop.services.training.preview import DataPreview
from baichuan_desktop.services.training.previewing import preview_beside
from baichuan_desktop.services.training.tuner import Tuner
from baichuan_desktop.workers.engine_worker import EngineWorker
from baichuan_desktop.workers.token_counter import TokenCounter
from baichuan_desktop.workers.watches.serving_watch import ServingWatch
from baichuan_desktop.workers.watches.store_watch import StoreWatch


@dataclass(frozen=True, slots=True)
class ServingServices:
    """What other programs are served with; nothing of it listens before the person starts it."""

    desk: WindowDesk  #: takes their requests in; they stand in line with those of the worker
    watch: ServingWatch  #: tells what the desk tells, and when the worker's own request waits
    key: ServerKey
    #: Makes the server of the desk. Raises ServerLibrariesError.
    make_server: Callable[[], Server]


@dataclass(frozen=True, slots=True)
class AppServices:
    """The services, and the worker that speaks to the engine of the chat."""

    store: ModelStore
    manifests: ManifestStore  #: what is known of the files of the models
    last_used: LastUsed  #: when models were loaded
    acceptances: Acceptances  #: of licences
    settings: SettingsFile
    precisions: Precisions  #: with what was measured of them
    model_folder: Path  #: where imported models lie if the person chose no other folder
    cache: Path  #: a folder for what jobs keep only meanwhile
    worker: EngineWorker
    conversations: ConversationStore
    #: Tells what the store of the conversations says of itself, on a thread of its own.
    store_watch: StoreWatch
    tokens: TokenCounter  #: counts for the model of the chat
    #: Makes the worker of a Job, with an engine of its own; whoever asks shuts it down.
    job_worker: Callable[[], EngineWorker]
    #: Makes the worker of a model that answers beside the chat's; whoever asks shuts it down.
    comparison_worker: Callable[[], EngineWorker]
    serving: ServingServices
    tuner: Tuner  #: checks trainings, runs them, and knows those that can go on
    #: What data become for a training, see `previewing.preview_beside`.
    preview: Callable[..., DataPreview | None] = preview_beside
    presets: PresetStore = field(default_factory=lambda: PresetStore(app_paths().presets))
