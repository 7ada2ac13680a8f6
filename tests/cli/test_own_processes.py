"""A frozen app is one program, which is each of its processes by an option of its own."""

from __future__ import annotations

from types import ModuleType

import pytest

from backends.engine import process as engine
from backends.training import process as training
from baichuan_desktop.cli.main import main
from baichuan_desktop.services.documents import process as document_reader
from baichuan_desktop.services.tokens import process as counter
from baichuan_desktop.services.training import previewing
from baichuan_desktop.services.typesetting import process as typesetter

PROCESSES = (engine, training, document_reader, counter, previewing, typesetter)


@pytest.mark.parametrize("process", PROCESSES, ids=lambda one: one.__name__.partition(".")[2])
def test_an_option_starts_its_process_and_nothing_else(
    process: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = []
    for one in PROCESSES:
        monkeypatch.setattr(one, "main", lambda name=one.__name__: begun.append(name))

    assert main([process.OPTION]) == 0
    assert begun == [process.__name__]


def test_no_two_processes_have_one_option() -> None:
    assert len({one.OPTION for one in PROCESSES}) == len(PROCESSES)
