"""What a policy allows and forbids, as sentences for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from backends.errors import PolicyError, PolicyFileError
from backends.phrases import Phrase
from backends.policy.decisions import is_sha256, require_folder
from backends.policy.released import RELEASED
from backends.policy.site_policy import site_policy
from backends.policy.values import Policy
from backends.precision import Precision
from baichuan_desktop.services.app_paths import resource

_LONG = 3000  #: letters of a list that is told


def in_force() -> Phrase:
    """The policy of this machine in one sentence."""
    try:
        policy = site_policy()
    except PolicyFileError as error:
        return Phrase(error.template, **error.facts)
    if policy.file is None:
        return Phrase("There is no policy on this machine.")
    file, contact = str(policy.file), policy.contact
    if contact is None:
        return Phrase("The administrator's policy in {file} is in force.", file=file)
    return Phrase(
        "The administrator's policy in {file} is in force; whom to ask: {contact}.",
        file=file,
        contact=contact,
    )


def sentences(policy: Policy) -> Sequence[Phrase]:
    """Everything that a policy says, allowed or not, a sentence each."""
    return tuple(_sentences(policy))


def _sentences(policy: Policy) -> Iterator[Phrase]:
    yield from _models(policy)
    if policy.precisions is None:
        yield Phrase("Every precision may be used.")
    elif policy.precisions:
        allowed = ", ".join(one.label for one in Precision if one in policy.precisions)
        yield Phrase("Only these precisions may be used: {allowed}.", allowed=allowed)
    else:
        yield Phrase("No precision may be used, and so no model is loaded.")
    yield from _adapters(policy)
    yield from _folders(policy)
    yield (
        Phrase("Models may be added, imported and removed.")
        if policy.imports
        else Phrase("Models may not be added, imported or removed.")
    )
    yield (
        Phrase("Conversations may be exported and printed.")
        if policy.exports_of_conversations
        else Phrase("Conversations may not be exported nor printed, and a backup has none in it.")
    )
    yield (
        Phrase("Other programs and browsers may be served.")
        if policy.server
        else Phrase("No other program and no browser may be served.")
    )
    yield (
        Phrase("Models may be fine-tuned.")
        if policy.fine_tuning
        else Phrase("No model may be fine-tuned.")
    )
    yield from _to_come(policy)
    days = policy.retention_days
    yield (
        Phrase("Conversations are kept as long as a person likes.")
        if days is None
        else Phrase(
            "Conversations that were not changed for {days} days are deleted, from backups too.",
            days=days,
        )
    )
    yield (
        Phrase("Nothing has to be accepted but the licences of the models.")
        if policy.licence_text is None
        else Phrase(
            "A text of {letters} letters has to be accepted before a model is loaded.",
            letters=len(policy.licence_text),
        )
    )
    yield (
        Phrase("A model is loaded only once it was verified against a list.")
        if policy.required_verification
        else Phrase("A model may be loaded without having been verified.")
    )
    yield (
        Phrase("It names nobody to ask.")
        if policy.contact is None
        else Phrase("Whom to ask: {contact}.", contact=policy.contact)
    )


def _models(policy: Policy) -> Iterator[Phrase]:
    if policy.models is None:
        yield Phrase("Every model may be used.")
        return
    if not policy.models:
        yield Phrase("No model may be used, the guide that ships with the app neither.")
        return
    yield Phrase("Only these models may be used: {names}.", names=_list(sorted(policy.models)))
    entries = {model_id for model_id, _ in policy.entries}
    for name in sorted(policy.models):
        if Path(name).is_absolute() or name in entries:
            continue
        if name not in RELEASED:
            yield Phrase(
                "“{name}” names nothing here, and so allows nothing: it is no released model that "
                "its files tell, and no entry of the site's registry.",
                name=name,
            )
    if "baichuan-guide" not in policy.models:
        yield Phrase("The guide that ships with the app, “baichuan-guide”, is not among them.")


def _adapters(policy: Policy) -> Iterator[Phrase]:
    if policy.adapters is None:
        yield Phrase("Every adapter may be used.")
        return
    if not policy.adapters:
        yield Phrase("No adapter may be used.")
        return
    names = sorted(policy.adapters)
    yield Phrase("Only these adapters may be used: {names}.", names=_list(names))
    listed = {adapter_id for adapter_id, _ in policy.adapter_entries}
    for name in names:
        if not (name in listed or is_sha256(name) or Path(name).is_absolute()):
            yield Phrase(
                "“{name}” is the name of a folder, which any adapter can be given; the SHA-256 of "
                "its file tells an adapter for certain.",
                name=name,
            )


def _folders(policy: Policy) -> Iterator[Phrase]:
    if policy.folders is None:
        yield Phrase("Models may lie anywhere.")
        return
    if not policy.folders:
        yield Phrase("Models may lie nowhere, and so none is loaded.")
        return
    shown = _list([f"“{folder}”" for folder in policy.folders])
    yield Phrase("Models may lie only below {folders}.", folders=shown)
    for folder in policy.folders:
        if not folder.is_dir():
            yield Phrase("There is no folder “{folder}” now.", folder=str(folder))
    guide = resource("guide_model")
    try:
        require_folder(policy, guide)
    except PolicyError:
        yield Phrase(
            "The guide that ships with the app lies in “{folder}”, below none of them.",
            folder=str(guide),
        )


def _to_come(policy: Policy) -> Iterator[Phrase]:
    """What this version has nothing of: read, and kept for one that does."""
    told = (
        (policy.remote_engines, "remote_engines"),
        (policy.code_execution, "code_execution"),
    )
    off = [name for is_on, name in told if not is_on]
    if off:
        yield Phrase(
            "Turned off or restricted for later versions, as this one has nothing of the kind: "
            "{names}.",
            names=", ".join(off),
        )


def _list(names: Sequence[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"
