"""Which conversations are not kept any longer, where an administrator wants none kept for ever."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from backends.policy.values import Policy
from baichuan_desktop.services.chat.values import Conversation

DAY_SECONDS = 86_400.0


def kept_since(policy: Policy, now: float) -> float | None:
    """The time before which nothing is kept, in seconds since 1970; None: all is kept for ever."""
    if policy.retention_days is None:
        return None
    return now - policy.retention_days * DAY_SECONDS


def expired(
    conversations: Iterable[Conversation], since: float, open_ids: Collection[int]
) -> Sequence[int]:
    """Those that were not changed since a time: pinned ones and those in the trash, too.

    Those that are open wait until they are closed; temporary ones are never written, and go anyway.
    """
    return [
        one.id
        for one in conversations
        if one.updated < since and not one.is_temporary and one.id not in open_ids
    ]
