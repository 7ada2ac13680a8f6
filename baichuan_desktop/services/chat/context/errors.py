"""Why there is nothing to choose of what a model is given."""

from __future__ import annotations

from backends.errors import UserFacingError


class NothingToLeaveOutError(UserFacingError):
    """No earlier message would be given, or nobody knows that now."""

    help_topic = "prompt-too-long"

    def __init__(self) -> None:
        super().__init__(
            "There are no earlier messages here that a model would be given, so none can be left "
            "out.",
            hint="Open a conversation that was answered. While a model is loaded, wait for that.",
        )
