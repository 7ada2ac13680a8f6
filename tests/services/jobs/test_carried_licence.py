"""A copy that a job writes carries what is known of the licence of a released model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backends.phrases import Phrase
from backends.precision import Precision
from backends.protocol.engine_requests import CopyRequest, ExportRequest, MergeRequest, Request
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.engines.port import ClientEvent
from baichuan_desktop.services.jobs.copies import WriteRequest, copy_job
from baichuan_desktop.services.jobs.job import JobWords
from baichuan_desktop.services.library.store import ModelStore
from tests.helpers import goldens

WORDS = JobWords(Phrase("Copy"), Phrase("Copying"))


@pytest.mark.parametrize(
    "request_of",
    [
        lambda folder: CopyRequest(str(folder), "/out", Precision.NF4),
        lambda folder: ExportRequest(str(folder), "/out", Precision.ONNX_INT4),
        lambda folder: MergeRequest(str(folder), "/adapter", "/out"),
    ],
    ids=["copy", "export", "merge"],
)
def test_the_request_says_what_the_registry_knows_of_a_released_model(
    request_of: Callable[[Path], WriteRequest],
) -> None:
    store = ModelStore(app_paths())
    unknown = store.model(str(goldens.folder("b2-7b", "safetensors")))
    released = replace(unknown, variant="baichuan2-7b-chat")
    asked: list[Request] = []

    def run(request: Request, _: threading.Event) -> Iterator[ClientEvent]:
        asked.append(request)
        yield from ()

    for model in (unknown, released):
        request = request_of(Path("/model"))
        list(copy_job(store, model, request, WORDS).steps(run, threading.Event()))

    of_unknown, of_released = asked
    licence = store.variant("baichuan2-7b-chat").licence
    assert isinstance(of_unknown, WriteRequest)
    assert isinstance(of_released, WriteRequest)
    assert of_unknown.licence == ""
    for part in (licence.name, licence.conditions, licence.disclaimer_zh):
        assert part is not None
        assert part in of_released.licence
    assert replace(of_released, licence="") == of_unknown
