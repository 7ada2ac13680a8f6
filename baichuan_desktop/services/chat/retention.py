"""Which conversations are not kept any longer: as an administrator or the person wants it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from backends.policy.values import Policy
from baichuan_desktop.services.chat.values import Conversation

DAY_SECONDS = 86_400.0


def kept_since(policy: Policy, now: float, own_days: int | None = None) -> float | None:
    """The time before which nothing is kept, in seconds since 1970; None: all is kept for ever.

    `own_days` is what the person chose; of two numbers of days, the smaller one holds.
    """
    days = [one for one in (policy.retention_days, own_days) if one is not None]
    return now - min(days) * DAY_SECONDS if days else None


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
