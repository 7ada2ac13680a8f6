"""Whether a policy allows something: pure decisions, each refusal a PolicyError.

    require(site_policy(), Feature.IMPORT)

What a policy that cannot be used forbids, `site_policy` says by raising PolicyFileError.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import PolicyError, PrecisionOffError
from ..operating_system import long_path
from ..phrases import Phrase
from ..precision import Precision
from .released import released_ids
from .values import AdapterFacts, Feature, ModelFacts, Policy

_FEATURES: Mapping[Feature, Phrase] = {
    Feature.IMPORT: Phrase("Models are not added, imported or removed here"),
    Feature.EXPORT_CONVERSATIONS: Phrase("Conversations are not written to files here"),
    Feature.SERVER: Phrase("The app serves no other program here"),
    Feature.FINE_TUNING: Phrase("No model is fine-tuned here"),
    Feature.REMOTE_ENGINES: Phrase("Models do not run on other machines from here"),
    Feature.CODE_EXECUTION: Phrase("Nothing that a model writes is run here"),
}


def refusal(policy: Policy, feature: Feature) -> PolicyError | None:
    """Why a feature is off; None where it is on."""
    allowed = {
        Feature.IMPORT: policy.imports,
        Feature.EXPORT_CONVERSATIONS: policy.exports_of_conversations,
        Feature.SERVER: policy.server,
        Feature.FINE_TUNING: policy.fine_tuning,
        Feature.REMOTE_ENGINES: policy.remote_engines,
        Feature.CODE_EXECUTION: policy.code_execution,
    }
    return None if allowed[feature] else _refused(policy, _FEATURES[feature])


def require(policy: Policy, feature: Feature) -> None:
    """Raise PolicyError where a feature is off."""
    if (error := refusal(policy, feature)) is not None:
        raise error


def precision_refusal(policy: Policy, precision: Precision) -> PrecisionOffError | None:
    """Why a precision is off; None where it is allowed."""
    if policy.precisions is None or precision in policy.precisions:
        return None
    if not policy.precisions:
        return _precision_off(policy, Phrase("No precision of a model is used here"))
    allowed = ", ".join(one.label for one in Precision if one in policy.precisions)
    what = Phrase(
        "The precision {precision} is not used here, only {allowed}",
        precision=precision.label,
        allowed=allowed,
    )
    return _precision_off(policy, what)


def require_precision(policy: Policy, precision: Precision | None) -> None:
    """Raise PolicyError for a precision that is off; None is left to the app, and allowed."""
    if precision is not None and (error := precision_refusal(policy, precision)) is not None:
        raise error


def forbidden_precisions(policy: Policy) -> Mapping[Precision, PolicyError]:
    """The precisions that are off."""
    refusals = {precision: precision_refusal(policy, precision) for precision in Precision}
    return {precision: error for precision, error in refusals.items() if error is not None}


def require_folder(policy: Policy, folder: Path) -> None:
    """Raise PolicyError for a folder, or a file, that lies below no allowed folder.

    Links are followed: what counts is where it really lies.
    """
    if policy.folders is None:
        return
    real = real_place(folder)
    if not any(_lies_below(real, real_place(allowed)) for allowed in policy.folders):
        what = Phrase(
            "“{folder}” is not opened here, only models below {allowed}",
            folder=str(folder),
            allowed=", ".join(f"“{one}”" for one in policy.folders) or "—",
        )
        raise _refused(policy, what)


def require_model(policy: Policy, model: ModelFacts) -> None:
    """Raise PolicyError for a model that is not among those allowed, or lies elsewhere in part.

    An id of a released model is held against what the files are, one of the site's registry and
    a path against where they lie: what a person's own list calls them is never asked.
    """
    require_folder(policy, model.folder)
    for file in model.files:
        require_folder(policy, file)
    if policy.models is None:
        return
    if policy.models & released_ids(model.config, model.kind, model.stored):
        return
    real = real_place(model.folder)
    places = [Path(name) for name in policy.models if Path(name).is_absolute()]
    places += [folder for model_id, folder in policy.entries if model_id in policy.models]
    if any(_is_same(real, real_place(place)) for place in places):
        return
    what = Phrase("The model in “{folder}” is not used here", folder=str(model.folder))
    raise _refused(policy, what)


#: The SHA-256 of a file in hex, as `sha256sum` prints it.
_SHA256 = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)


def is_sha256(name: str) -> bool:
    """Whether an adapter is named by the SHA-256 of its file of tensors."""
    return _SHA256.fullmatch(name) is not None


def require_adapter(policy: Policy, adapter: AdapterFacts) -> None:
    """Raise PolicyError for an adapter that is not among those allowed, or lies elsewhere in part.

    An id of the site's registry and a path are held against where it lies, a SHA-256 against the
    file of tensors; any other name is that of its folder, which anybody can give to one.
    """
    for path in (adapter.folder, *adapter.files):
        require_folder(policy, path)
    if policy.adapters is None:
        return
    real = real_place(adapter.folder)
    listed = dict(policy.adapter_entries)
    hashes = {name.lower() for name in policy.adapters if is_sha256(name)}
    for name in policy.adapters:
        place = listed.get(name) or (Path(name) if Path(name).is_absolute() else None)
        if _is_same(real, real_place(place)) if place is not None else real.name == name:
            return
    if hashes and adapter.sha256().lower() in hashes:
        return
    what = Phrase("The adapter in “{folder}” is not used here", folder=str(adapter.folder))
    raise _refused(policy, what)


def _refused(policy: Policy, what: Phrase) -> PolicyError:
    assert policy.file is not None  # without a policy nothing is off
    return PolicyError(what, policy.file, policy.contact)


def _precision_off(policy: Policy, what: Phrase) -> PrecisionOffError:
    assert policy.file is not None  # without a policy nothing is off
    return PrecisionOffError(what, policy.file, policy.contact)


# --- where a folder is -------------------------------------------------------------------


def real_place(path: Path) -> Path:
    """A path with its links followed, as far as they lead anywhere."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):  # links in a circle; a NUL
        return Path(os.path.abspath(path))  # noqa: PTH100 - nothing of it is looked at


def _lies_below(real: Path, allowed: Path) -> bool:
    return any(_is_same(folder, allowed) for folder in (real, *real.parents))


def _is_same(one: Path, other: Path) -> bool:
    """Whether two real paths are one folder: by name, or as the file system tells.

    One that takes capitals and small letters for the same has one folder by both names.
    """
    if os.path.normcase(one) == os.path.normcase(other):
        return True
    try:
        first, second = long_path(one).stat(), long_path(other).stat()
    except (OSError, ValueError):
        return False
    return first.st_ino != 0 and os.path.samestat(first, second)
