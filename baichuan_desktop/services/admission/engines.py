"""Engines for who has no window, each behind the gate that every model passes."""

from __future__ import annotations

from baichuan_desktop.services.admission.admission import Admission
from baichuan_desktop.services.admission.admitted_engine import AdmittedEngine
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.one_shot import JobEngine
from baichuan_desktop.services.engines.port import EnginePort
from baichuan_desktop.services.engines.process import EngineClient
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.licences.acceptances import Acceptances


def own_engine() -> EnginePort:
    """An engine in this process."""
    # It brings all that an engine computes with, which a server's process does without.
    from baichuan_desktop.services.engines.in_process import InProcessEngine

    return _admitted(InProcessEngine())


def own_client(store: ModelStore) -> EnginePort:
    """An engine in a process of its own, which keeps the model that it has loaded.

    What `store` lists when it is asked counts, and not what it did at first.
    """
    return _admitted(EngineClient(app_paths().engine_log), store)


def job_engine() -> EnginePort:
    """One that runs each request in a process of its own."""
    return _admitted(JobEngine(app_paths().job_log))


def _admitted(engine: EnginePort, store: ModelStore | None = None) -> EnginePort:
    paths = app_paths()
    admission = Admission(
        store or ModelStore(paths), ManifestStore(paths.manifests), Acceptances(paths.licences)
    )
    return AdmittedEngine(engine, admission)
