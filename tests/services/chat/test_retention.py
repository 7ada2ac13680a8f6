"""Which conversations are not kept any longer: a table of days."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.policy.values import Policy
from baichuan_desktop.services.chat.retention import expired, kept_since
from baichuan_desktop.services.chat.values import Conversation

_NOW, _DAY = 1_800_000_000.0, 86_400.0
FILE = Path("/etc/xdg/baichuan-desktop/policy.yaml")


def conversation(number: int, days_ago: float, **fields: object) -> Conversation:
    at = _NOW - days_ago * _DAY
    return Conversation(number, "Title", created=at - 99, updated=at, **fields)  # type: ignore[arg-type]  # fields of it


def test_without_a_number_of_days_everything_is_kept() -> None:
    assert kept_since(Policy(), _NOW) is None
    assert kept_since(Policy(FILE, imports=False), _NOW) is None


@pytest.mark.parametrize(
    ("policy", "own", "days"), [(30, None, 30), (None, 7, 7), (30, 7, 7), (30, 90, 30)]
)
def test_of_the_policy_s_days_and_the_person_s_the_fewer_hold(
    policy: int | None, own: int | None, days: int
) -> None:
    assert kept_since(Policy(FILE, retention_days=policy), _NOW, own) == _NOW - days * _DAY


def test_what_was_not_changed_for_so_long_goes_pinned_or_not() -> None:
    conversations = [
        conversation(1, 29.9),
        conversation(2, 30.1),
        conversation(3, 400.0, is_pinned=True),
        conversation(4, 400.0, trashed=_NOW),
        conversation(5, 400.0, folder_id=1, has_own_title=True),
        conversation(6, 400.0, is_temporary=True),
        conversation(7, -5.0),  # the clock was set back
    ]

    assert expired(conversations, _NOW - 30 * _DAY, ()) == [2, 3, 4, 5]
    assert expired(conversations, _NOW - 30 * _DAY, {3, 1}) == [2, 4, 5]
