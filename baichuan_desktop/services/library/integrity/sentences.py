"""What is said of a model's files: who says what they are, and what of them is wrong.

A hash that was computed here tells that a file did not change since; one of a download, that it
came as it was sent. Neither tells that this is what was published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from backends.checkpoint.weight_checks import Oddity, OddTensor
from backends.phrases import Phrase
from baichuan_desktop.services.library.integrity.values import (
    Fault,
    FileFault,
    KnownHash,
    Origin,
    Verification,
)

_MOST_TENSORS: Final = 10  # of a file, that are named


def _as_stated(known: KnownHash) -> Phrase:
    """What a file is that has this hash; it ends a sentence on the file."""
    match known.origin:
        case Origin.IMPORT:
            return Phrase("unchanged since it was first read here")
        case Origin.CONVERSION:
            return Phrase("as this app wrote it")
        case Origin.DOWNLOAD:
            return Phrase("as downloaded ({source})", source=known.source)
        case Origin.SITE_LIST:
            return Phrase("as the site's list says ({source})", source=known.source)
        case Origin.REGISTRY:
            return Phrase("as the registry says")


def _not_as_stated(known: KnownHash) -> Phrase:
    """What is wrong with a file that does not have this hash; it ends a sentence on the file."""
    match known.origin:
        case Origin.IMPORT:
            return Phrase("its content is another one than when it was first read here")
        case Origin.CONVERSION:
            return Phrase("it is not what this app wrote")
        case Origin.DOWNLOAD:
            return Phrase("it is not what was downloaded ({source})", source=known.source)
        case Origin.SITE_LIST:
            return Phrase("it is not what the site's list says ({source})", source=known.source)
        case Origin.REGISTRY:
            return Phrase("it is not what the registry says")


def other_content(
    name: str, wrong: KnownHash, right: KnownHash | None, *, is_as_it_was: bool | None
) -> FileFault:
    """The fault of a file that has not the hash of one source, and may have that of another.

    `is_as_it_was`: its size and its time are those that it had when it was seen last; None of one
    that is seen for the first time.
    """
    fault = Fault.CHANGED if is_as_it_was is False else Fault.DAMAGED
    what = _not_as_stated(wrong)
    if right is not None:
        sentence = Phrase(
            "“{name}” is {right}, but {what}.", name=name, right=_as_stated(right), what=what
        )
    elif is_as_it_was is None:
        sentence = Phrase("“{name}” is damaged or was changed: {what}.", name=name, what=what)
    elif is_as_it_was:
        sentence = Phrase(
            "“{name}” is damaged: {what}, though its size and its time are as they were.",
            name=name,
            what=what,
        )
    else:
        sentence = Phrase("“{name}” was changed: {what}.", name=name, what=what)
    return FileFault(name, fault, sentence, wrong.origin)


def pointer(name: str, against: Origin) -> FileFault:
    """The fault of a Git LFS pointer in place of a file."""
    sentence = Phrase(
        "“{name}” is a Git LFS pointer: the file itself was not downloaded.", name=name
    )
    return FileFault(name, Fault.CHANGED, sentence, against)


def missing(name: str, against: Origin) -> FileFault:
    """The fault of a file that a source names, and that is not there."""
    sentence = Phrase("“{name}” is missing.", name=name)
    if against is Origin.SITE_LIST:
        sentence = Phrase("“{name}” is missing, and the site's list names it.", name=name)
    elif against is Origin.REGISTRY:
        sentence = Phrase("“{name}” is missing, and the registry names it.", name=name)
    return FileFault(name, Fault.MISSING, sentence, against)


def extra(name: str, what: Phrase | None = None) -> FileFault:
    """The fault of a name that was not there; `what` if it is no file."""
    sentence = Phrase("“{name}” was not among the model's files before.", name=name)
    if what is not None:
        sentence = Phrase(
            "“{name}” was not among the model's files before, and {what}.", name=name, what=what
        )
    return FileFault(name, Fault.EXTRA, sentence)


def taken_instead(name: str) -> FileFault:
    """The fault of a file that was not there, and that the model is loaded from now."""
    sentence = Phrase(
        "“{name}” was not among the model's files before, and the model is loaded from it.",
        name=name,
    )
    return FileFault(name, Fault.CHANGED, sentence)


def not_listed(name: str) -> FileFault:
    """The fault of a file that is not in the list that was given."""
    sentence = Phrase("“{name}” is not in the site's list.", name=name)
    return FileFault(name, Fault.EXTRA, sentence, Origin.SITE_LIST)


def unreadable(name: str, what: Phrase) -> FileFault:
    """The fault of a file that is not opened, or whose reading the system refuses."""
    return FileFault(name, Fault.UNREADABLE, Phrase("“{name}” {what}.", name=name, what=what))


def replaced(name: str, what: Phrase | None = None) -> FileFault:
    """The fault of what stands in place of a file: `what`, or a link."""
    sentence = Phrase("“{name}” was a file, and is a link now.", name=name)
    if what is not None:
        sentence = Phrase("“{name}” was a file, and {what} now.", name=name, what=what)
    return FileFault(name, Fault.CHANGED, sentence)


def changing(name: str) -> FileFault:
    """The fault of a file that another program wrote while it was read."""
    return FileFault(
        name, Fault.CHANGED, Phrase("“{name}” changed while it was being read.", name=name)
    )


def written_since(name: str) -> FileFault:
    """The fault of a file that was written since it was seen, and whose content nobody knew."""
    sentence = Phrase(
        "“{name}” was written after the model was added, and no hash of it was known before.",
        name=name,
    )
    return FileFault(name, Fault.CHANGED, sentence)


def odd_tensors(name: str, found: Sequence[OddTensor]) -> Sequence[FileFault]:
    """The faults of tensors that are no weights, the first ones by name."""
    faults = [_odd(name, one) for one in found[:_MOST_TENSORS]]
    if more := len(found) - _MOST_TENSORS:
        if more < 0:
            return faults
        sentence = Phrase(
            "“{name}”: of {count} more tensors, all is zero or not a number.",
            name=name,
            count=more,
        )
        faults.append(FileFault(name, faults[-1].fault, sentence))
    return faults


def _odd(name: str, tensor: OddTensor) -> FileFault:
    fault = Fault.ZERO
    if tensor.oddity is Oddity.ZERO:
        what = Phrase("“{name}” is zero throughout", name=tensor.name[:100])
    elif tensor.oddity is Oddity.HALF_ZERO:
        what = Phrase("a half of “{name}” is zero", name=tensor.name[:100])
    else:
        fault = Fault.NOT_A_NUMBER
        what = Phrase("“{name}” holds what is not a number", name=tensor.name[:100])
    return FileFault(name, fault, Phrase("“{name}”: {what}.", name=name, what=what))


def confirmed(checked: Mapping[Origin, int]) -> Sequence[Phrase]:
    """What the sources confirm, a sentence each."""
    return [_confirmed(origin, checked[origin]) for origin in Origin if checked.get(origin)]


def _confirmed(origin: Origin, count: int) -> Phrase:
    match origin:
        case Origin.IMPORT:
            return Phrase("Unchanged since first read here: {count} files.", count=count)
        case Origin.CONVERSION:
            return Phrase("As this app wrote them: {count} files.", count=count)
        case Origin.DOWNLOAD:
            return Phrase("As downloaded: {count} files.", count=count)
        case Origin.SITE_LIST:
            return Phrase("As the site's list says: {count} files.", count=count)
        case Origin.REGISTRY:
            return Phrase("As the registry says: {count} files.", count=count)


def summary(name: str, verification: Verification) -> Phrase:
    """What verifying a model found, in one sentence."""
    serious = {fault.name for fault in verification.faults if fault.is_serious}
    if len(serious) == 1:
        return Phrase(
            "Verifying “{name}” failed: one of its files is not what it should be.", name=name
        )
    if serious:
        return Phrase(
            "Verifying “{name}” failed: {count} of its files are not what they should be.",
            name=name,
            count=len(serious),
        )
    if verification.new == verification.files:
        return Phrase(
            "Of “{name}” nothing was known before: its {count} files were read now, and a change "
            "is noticed from here on.",
            name=name,
            count=verification.files,
        )
    if verification.new:
        return Phrase(
            "“{name}” is whole: {known} of its {count} files are what they should be, and of the "
            "others a change is noticed from here on.",
            name=name,
            count=verification.files,
            known=verification.files - verification.new,
        )
    return Phrase(
        "“{name}” is whole: its {count} files are what they should be.",
        name=name,
        count=verification.files,
    )
