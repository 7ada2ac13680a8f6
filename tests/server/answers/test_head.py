from __future__ import annotations

from dataclasses import replace

from backends.events import AdapterInUse
from backends.precision import Precision
from baichuan_desktop.server.answers.head import fingerprint_of, new_head
from tests.server.scripted_desk import READY


def test_fingerprint_changes_with_what_changes_answers_alone() -> None:
    fingerprint = fingerprint_of(READY)

    assert fingerprint_of(replace(READY, folder="/elsewhere", load_seconds=2.0)) == fingerprint
    assert fingerprint_of(replace(READY, precision=Precision.BF16)) != fingerprint
    assert fingerprint_of(replace(READY, adapter=AdapterInUse("/a", 5))) != fingerprint


def test_no_two_answers_have_one_id() -> None:
    heads = {new_head("chatcmpl-", "guide", READY).id for _ in range(100)}

    assert len(heads) == 100
    assert all(one.startswith("chatcmpl-") for one in heads)
