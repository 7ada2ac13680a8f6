"""What an adapter's folder is, as an entry that could be listed."""

from __future__ import annotations

import re
from pathlib import Path

from backends.adapters.values import Adapter
from backends.printable import one_line
from baichuan_desktop.services.library.folders.recognising import slug
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.registry_schema import Names

#: What training calls the folders that it saves in on its way: the name is that of the one above.
_STEP = re.compile(r"checkpoint-\d+")


def described(
    adapter: Adapter, base: InstalledModel | None, repository: str | None = None
) -> InstalledAdapter:
    """An adapter for a model, or for none; its id may be another one's.

    What was published as a repository, if that is known, is called after it: in a cache, a folder's
    own name may be a commit.
    """
    name = one_line(own_name(adapter.folder, repository))  # it is shown as it is kept
    return InstalledAdapter(
        id=slug(name, "adapter"),
        name=Names(en=name, zh=name),
        path=adapter.folder,
        base="" if base is None else base.id,
        variant=None if base is None else base.variant,
    )


def own_name(folder: Path, repository: str | None = None) -> str:
    """What an adapter is called, whom nobody gave a name."""
    if repository:
        return repository.partition("@")[0].rpartition("/")[2]
    if _STEP.fullmatch(folder.name) and folder.parent.name:
        return f"{folder.parent.name} {folder.name}"
    return folder.name or "adapter"
