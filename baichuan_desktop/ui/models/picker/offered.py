"""Which adapters are listed under a model, and which of them is on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.errors import UserFacingError
from backends.printable import one_line
from baichuan_desktop.services.library.registry import InstalledAdapter, InstalledModel
from baichuan_desktop.services.library.registry_schema import Names


@dataclass(frozen=True, slots=True)
class OfferedAdapter:
    """A line under a model."""

    adapter: InstalledAdapter | None  #: None: without one
    is_on: bool
    refusal: UserFacingError | None = None  #: why it cannot be chosen

    @property
    def folder(self) -> Path | None:
        """What is asked for where it is chosen."""
        return None if self.adapter is None else self.adapter.path


class AdaptersOffered:
    """Asks who lists adapters, and who knows which one a model answers with."""

    def __init__(
        self,
        listed: Callable[[InstalledModel], Sequence[InstalledAdapter]] = lambda _model: (),
        used_by: Callable[[InstalledModel], Path | None] = lambda _model: None,
        refused: Callable[[InstalledAdapter], UserFacingError | None] = lambda _adapter: None,
    ) -> None:
        """`refused` is why the policy of this machine does not allow an adapter."""
        self._listed, self._used_by, self._refused = listed, used_by, refused

    def of(self, model: InstalledModel) -> Sequence[OfferedAdapter]:
        """What can be chosen for a model: to be without, then its adapters; nothing if none is.

        One that is on is among them also where it is not listed.
        """
        adapters, used = list(self._listed(model)), self._used_by(model)
        if used is not None and all(one.path != used for one in adapters):
            adapters.append(unlisted(used, model))
        if not adapters:
            return ()
        offered = [OfferedAdapter(one, one.path == used, self._refused(one)) for one in adapters]
        return [OfferedAdapter(None, used is None), *offered]

    def in_use(self, model: InstalledModel) -> InstalledAdapter | None:
        """The adapter that a model answers with."""
        return next((one.adapter for one in self.of(model) if one.is_on), None)


def unlisted(folder: Path, model: InstalledModel) -> InstalledAdapter:
    """The adapter of a folder that is in no list, named as the folder."""
    name = one_line(folder.name)
    names = Names.model_construct(en=name, zh=name)
    return InstalledAdapter(id=str(folder), name=names, path=folder, base=model.id)
