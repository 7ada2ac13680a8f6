"""Which adapters the policy of this machine does not allow; files may be read to tell that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from backends.adapters.allowed import require_allowed_adapter
from backends.adapters.folder import open_adapter
from backends.errors import AdapterError, PolicyError, UserFacingError
from backends.policy.site_policy import site_policy
from baichuan_desktop.services.library.registry import InstalledAdapter


def refused_here(adapters: Sequence[InstalledAdapter]) -> Mapping[Path, UserFacingError]:
    """By folder, why an adapter is not used here; one that cannot be opened says so when it is.

    Without a policy nothing is looked at. Never in the window's thread.
    """
    refused: dict[Path, UserFacingError] = {}
    try:
        policy = site_policy()
    except PolicyError as error:
        return {one.path: error for one in adapters}
    if policy.file is None:
        return refused
    for one in adapters:
        try:
            require_allowed_adapter(open_adapter(one.path), policy)
        except PolicyError as error:
            refused[one.path] = error
        except AdapterError:
            continue
    return refused
