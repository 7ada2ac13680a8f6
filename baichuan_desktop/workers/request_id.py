"""The ids of requests: whoever asked for something knows by them what comes of it."""

from __future__ import annotations

import itertools

_ids = itertools.count(1)


def new_request_id() -> int:
    """An id that nothing else has had since the app began."""
    return next(_ids)
