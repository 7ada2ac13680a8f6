"""The account of whoever uses the app."""

from __future__ import annotations

import getpass


def account() -> str:
    """The name of the account, as the system knows it; “?” of one without a name."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # as in a container
        return "?"
