"""The rule of a policy that a model loads only once a list confirmed what its files are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from backends.errors import NotVerifiedError
from backends.policy.values import Policy
from baichuan_desktop.services.app_paths import resource
from baichuan_desktop.services.library.integrity.folder_files import files_of_listed, stamp
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.integrity.values import Manifest, Verification
from baichuan_desktop.services.library.registry import Listed

#: Endings of files that nothing computes with: a list need not name them.
_TEXTS: Final = (".md", ".txt", ".pdf", ".py", ".gitattributes", ".gitignore")
_NOT_READ: Final = ("license", "licence", "notice", "sha256sums")


def require_confirmed(model: Listed, manifests: ManifestStore, policy: Policy) -> None:
    """Raise NotVerifiedError unless each file that is computed with was found as a list says.

    The guide is a part of the app, and confirmed with it.
    """
    if model.path == resource("guide_model"):
        return
    kept = manifests.kept(model.id)
    verification = None if kept is None else kept.verification
    if (
        kept is None
        or verification is None
        or kept.manifest.folder != model.path
        or verification.has_failed
    ):
        raise NotVerifiedError(model.id, policy.file, [], policy.contact)
    try:
        files = files_of_listed(model)
    except (OSError, ValueError):
        files = {}
    if stamp(files) != verification.stamp:  # a file changed since
        raise NotVerifiedError(model.id, policy.file, [], policy.contact)
    if names := _unconfirmed(model, files, kept.manifest, verification):
        raise NotVerifiedError(model.id, policy.file, names, policy.contact)


def _unconfirmed(
    model: Listed, files: Iterable[str], manifest: Manifest, verification: Verification
) -> Sequence[str]:
    """Those of the files that are computed with, which nobody confirmed when they were verified.

    What a list, or the registry, says since has confirmed nothing yet.
    """
    stated = {name: one.sha256 for name, one in model.stated_files.items()}
    other = {
        name
        for name, record in manifest.files.items()
        if name in stated and record.sha256 != stated[name]
    }
    return sorted(
        name
        for name in {*files} - ({*verification.confirmed} - other)
        if not name.lower().endswith(_TEXTS)
        and not name.rpartition("/")[2].lower().startswith(_NOT_READ)
    )
