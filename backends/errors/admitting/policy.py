"""What the administrator of this machine has turned off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...phrases import Phrase
from .admission import NotAdmittedError

_MOST_NAMES = 3


class PolicyError(NotAdmittedError):
    """The policy of this machine does not allow what was asked for."""

    help_topic = "policy"

    def __init__(self, what: Phrase, file: Path, contact: str | None) -> None:
        """`what` is off; `contact` is whom to ask, as the administrator wrote it."""
        super().__init__(
            "{what}: the administrator of this machine turned that off in its policy, {file}.",
            hint="Ask the administrator of this machine to allow it."
            if contact is None
            else Phrase("To have it allowed, ask {contact}.", contact=contact),
            what=what,
            file=str(file),
        )


class PrecisionOffError(PolicyError):
    """The policy does not allow the precision that was asked for; the model may run at another."""


class NotVerifiedError(NotAdmittedError):
    """The policy wants a model verified against a list first, and it is not."""

    help_topic = "policy"

    def __init__(
        self, model_id: str, file: Path | None, names: Sequence[str], contact: str | None
    ) -> None:
        """`names` are the files that no list names; none: the model is not verified as it is."""
        shown = ", ".join(f"“{name[:100]}”" for name in names[:_MOST_NAMES])
        super().__init__(
            "“{model_id}” is not loaded: the policy of this machine, {file}, wants its files "
            "verified against a list of the administrator's or of the registry, which names "
            "{count} of them not ({names})."
            if names
            else "“{model_id}” is not loaded: the policy of this machine, {file}, wants its files "
            "verified against a list of the administrator's or of the registry.",
            hint=Phrase(
                "Verify it against that list: baichuan-desktop models verify {id} --against "
                "SHA256SUMS.",
                id=model_id,
            )
            if contact is None
            else Phrase(
                "Ask {contact} for the list, and verify it: baichuan-desktop models verify {id} "
                "--against SHA256SUMS.",
                contact=contact,
                id=model_id,
            ),
            model_id=model_id,
            file=str(file),
            count=len(names),
            names=shown if len(names) <= _MOST_NAMES else f"{shown}, …",
        )


class PolicyFileError(PolicyError):
    """The policy of this machine cannot be used, so all that one could forbid is off."""

    help_topic = "a-broken-policy"

    def __init__(self, file: Path, what: str | Phrase, *, place: str = "") -> None:
        """`place` is where in the file it is wrong: a line, or a key."""
        wrong = Phrase("{what}", what=what)
        if place:
            wrong = Phrase("at {place}: {what}", place=" ".join(place.split()), what=what)
        super(PolicyError, self).__init__(
            "The policy of this machine, {file}, cannot be used ({wrong}), so everything that a "
            "policy can turn off is off for everybody here.",
            hint="Only the administrator of this machine can mend it: “baichuan-desktop policy "
            "check FILE” names what is wrong.",
            file=str(file),
            wrong=wrong,
        )
