"""That a model whose verification failed is not loaded, unless somebody said so."""

from __future__ import annotations

from backends.errors import FailedVerificationError
from baichuan_desktop.services.library.integrity.folder_files import stamp_of_listed
from baichuan_desktop.services.library.integrity.manifests import ManifestStore
from baichuan_desktop.services.library.registry import Listed


def require_verified(model: Listed, manifests: ManifestStore) -> None:
    """Raise FailedVerificationError if verifying a model failed when it was last done.

    A model that was never verified passes. Somebody's word to load it all the same holds until its
    files change, or verifying finds something else. One whose folder is not there passes as well:
    loading it says so.
    """
    kept = manifests.kept(model.id)
    if kept is None or kept.manifest.folder != model.path:  # of another model that had this id
        return
    verification = kept.verification
    if verification is None or not verification.has_failed:
        return
    try:
        is_changed_since = stamp_of_listed(model) != verification.stamp
    except (OSError, ValueError):
        return
    if kept.is_overridden and not is_changed_since:
        return
    names = sorted({fault.name for fault in verification.faults if fault.is_serious})
    raise FailedVerificationError(model.id, names, is_changed_since=is_changed_since)
