"""A desk with the guide model that ships with the app, in an engine process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backends.precision import Precision
from baichuan_desktop.services.app_paths import AppPaths
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.engines.silence import Patience
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.last_used import LastUsed
from baichuan_desktop.services.library.store import GUIDE_ID, ModelStore
from baichuan_desktop.services.precisions.measurements import Measurements
from baichuan_desktop.services.precisions.wish import LoadWish
from baichuan_desktop.services.serving.desk_parts.terms import DeskTerms
from baichuan_desktop.services.serving.own_desk import OwnDesk
from tests.helpers.patience import PATIENCE_SECONDS

#: Its id.
GUIDE = GUIDE_ID


@contextmanager
def guide_desk(
    home: Path, first: str = GUIDE, engine: EnginePort | None = None
) -> Iterator[OwnDesk]:
    """What the app writes meanwhile lies below `home`. `first`: id or folder of the first model."""
    paths = AppPaths(home / "config", home / "log", home / "cache", home / "data", home / "site")
    store = ModelStore(paths)
    desk = OwnDesk(
        engine or EngineClient(paths.engine_log, patience=Patience(stop=PATIENCE_SECONDS)),
        store,
        ManifestStore(paths.manifests),
        Measurements(paths.measurements),
        LastUsed(paths.last_used),
        DeskTerms(store.model(first), LoadWish(Precision.FP32, threads=1)),
    )
    try:
        yield desk
    finally:
        desk.close()
