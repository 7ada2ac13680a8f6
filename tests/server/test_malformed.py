"""Thousands of requests that cannot be served."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from baichuan_desktop.server.limits import Limits
from tests.server.malformed import CANARY, malformed
from tests.server.scripted_desk import ScriptedDesk
from tests.server.serving import Answer, Served, serving

_AT_ONCE = 8  # connections; each waits for its answer


def outcomes(served: Served, numbers: Iterable[int]) -> tuple[Counter[str], list[str]]:
    """How many of each kind were refused, and those that were not as they should be."""
    refused: Counter[str] = Counter()
    wrong: list[str] = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = [(number, malformed(number)) for number in numbers]
        for (number, case), answer in zip(
            asked, pool.map(lambda one: served.raw(one[1].data), asked), strict=True
        ):
            refused[case.kind] += 1
            if not _is_refusal(answer):
                wrong.append(f"{number} ({case.kind}): {answer.status} {answer.body[:200]!r}")
    return refused, wrong


def _is_refusal(answer: Answer) -> bool:
    if not 400 <= answer.status < 500:
        return False
    message = answer.error["message"]
    return len(message) < 1000 and "Traceback" not in message


def check(served: Served, count: int, caplog: pytest.LogCaptureFixture, home: Path) -> None:
    """All are refused with a sentence, nothing of them is written anywhere, and all goes on."""
    caplog.set_level(logging.DEBUG)
    refused, wrong = outcomes(served, range(count))

    assert wrong == []
    assert refused.total() == count
    assert served.ask("GET", "/health").status == 200
    assert CANARY not in caplog.text
    assert CANARY not in repr(served.journal.kept)
    assert "Traceback" not in caplog.text
    for file in home.rglob("*"):
        assert file.is_dir() or CANARY.encode() not in file.read_bytes()


@pytest.fixture
def impatient() -> Limits:
    """A few requests never end; all others come whole in that time, on a busy machine too."""
    return Limits(header_seconds=2.0, body_seconds=2.0)


def test_what_cannot_be_served_is_refused_with_a_sentence(
    desk: ScriptedDesk, impatient: Limits, caplog: pytest.LogCaptureFixture, app_home: Path
) -> None:
    with serving(desk, limits=impatient) as served:
        check(served, 600, caplog, app_home)


@pytest.mark.slow
def test_five_thousand_malformed_requests_are_refused_with_a_sentence(
    desk: ScriptedDesk, impatient: Limits, caplog: pytest.LogCaptureFixture, app_home: Path
) -> None:
    with serving(desk, limits=impatient) as served:
        check(served, 5000, caplog, app_home)
