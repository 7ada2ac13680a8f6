"""What an import will do, decided before anything is written."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from backends.adapters.allowed import open_allowed_adapter
from backends.checkpoint.folder import Checkpoint
from backends.checkpoint.foreign_folders import is_adapter
from backends.errors import DiskFullError, ImportRefusedError, system_reason
from backends.files.partial_folder import SPARE_BYTES, is_growing
from backends.files.plain_file import absolute_path
from backends.files.small_files import is_folder, is_text
from backends.phrases import Phrase
from backends.policy.decisions import require, require_folder
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.app_paths import app_paths
from baichuan_desktop.services.library.adapters.describing import own_name
from baichuan_desktop.services.library.finding.search import recognise
from baichuan_desktop.services.library.finding.values import Found, Place
from baichuan_desktop.services.library.folders.drives import drive_of
from baichuan_desktop.services.library.folders.paths import is_there, resolved
from baichuan_desktop.services.library.importing import targets
from baichuan_desktop.services.library.importing.same_weights import of_same_sizes, others_of_kind
from baichuan_desktop.services.library.importing.source_files import Source, source_files
from baichuan_desktop.services.library.importing.targets import installation_folders
from baichuan_desktop.services.library.importing.unfinished import resume_plan, unfinished
from baichuan_desktop.services.library.importing.values import ImportPlan, Unfinished, Way
from baichuan_desktop.services.library.registry import Listed
from baichuan_desktop.services.library.store import ModelStore
from baichuan_desktop.services.library.user_layer import checked_name

_MOST_NAMED = 5
_CACHES = (Place.HUGGINGFACE, Place.MODELSCOPE)
_COPY_HINT = Phrase(
    "Copy it instead: the copy is a folder of its own, and nothing is taken away here."
)


def plan_import(
    store: ModelStore,
    found: Found | Path,
    way: Way,
    model_folder: Path,
    *,
    name: str | None = None,
    base: str | None = None,
) -> ImportPlan:
    """What importing a folder will do; looks at names and sizes, and reads headers only.

    `name` is what it is called in the list, `base` the id of the model that an adapter is for; if
    none is named, it is the one that it was made for. An import of the same folder that was ended
    is gone on with. Raises CheckpointError for what is no model, AdapterError for an adapter that
    cannot be used or has no model, ImportRefusedError for what must not be done, DiskFullError,
    PolicyError, InvalidRequestError for what is no name, and RegistryError where nothing can be
    listed.
    """
    return _Planning(store, found, way, model_folder, name, base).plan()


class _Planning:
    def __init__(
        self,
        store: ModelStore,
        found: Found | Path,
        way: Way,
        model_folder: Path,
        name: str | None,
        base: str | None,
    ) -> None:
        self._store, self._way, self._base = store, way, base
        self._name = None if name is None else checked_name(name)
        self._given = found if isinstance(found, Found) else None
        folder = found.folder if isinstance(found, Found) else found
        self._source = _absolute(folder, folder)
        self._model_folder = _absolute(model_folder, self._source)

    def plan(self) -> ImportPlan:
        policy = site_policy()
        require(policy, Feature.IMPORT)
        self._store.require_writable()  # else it could not be listed in the end
        require_folder(policy, self._source if self._way is Way.LINK else self._model_folder)
        if is_growing(self._source):
            raise self._refusal(
                Phrase("it is what an import or a copy has made so far"),
                Phrase("Go on with it. A folder of your own needs a name without “.partial”."),
            )
        earlier = None if self._way is Way.LINK else self._earlier()
        if earlier is not None and earlier.is_whole:  # of a move, the source may be gone
            plan = resume_plan(earlier)  # a copy that is whole takes no source away
            return replace(plan, way=self._way) if self._way is Way.COPY else plan
        found = self._given or self._recognised()
        named, self._source = self._source, _absolute(found.folder, found.folder)
        if self._source != named:  # what is there of an earlier import goes by the model's folder
            return _Planning(
                self._store, found, self._way, self._model_folder, self._name, self._base
            ).plan()
        listed: Listed | None
        if found.adapter is None:
            self._store.describe(self._source)  # which says what is wrong with the folder
            listed, self._base = self._store.listed_at(self._source), None
        else:
            self._base = self._base_of()
            listed = self._store.adapter_at(self._source)
        source = source_files(found)
        if self._way is Way.LINK:
            return self._link(found, source, listed)
        try:
            return self._copy(found, source, listed, earlier)
        except (OSError, RuntimeError) as error:  # links in a circle
            raise self._refusal(
                Phrase(
                    "the model folder “{folder}” cannot be used ({reason})",
                    folder=str(self._model_folder),
                    reason=system_reason(error) if isinstance(error, OSError) else str(error),
                ),
                Phrase("Check its drive, or choose another model folder."),
            ) from error

    def _recognised(self) -> Found:
        """The one model that a person means who names a folder.

        Raises CheckpointError where there is none, ImportRefusedError where there are several.
        """
        is_seen = is_there(str(self._source))  # else the folder around it was looked into
        models = recognise(self._source, self._store) if is_seen else ()
        own = [one for one in models if one.folder == self._source]
        models = own or models  # a model may hold others, as its exports
        if not models:
            if is_adapter(self._source):
                self._store.adapter(str(self._source))
            self._store.describe(self._source)  # which knows why there is none
        if len(models) != 1:
            names = ", ".join(f"“{one.folder.name}”" for one in models[:_MOST_NAMED])
            names += ", …" * (len(models) > _MOST_NAMED)
            raise self._refusal(
                Phrase("it holds {count} models and adapters", count=len(models))
                if any(one.adapter for one in models)
                else Phrase("it holds {count} models", count=len(models)),
                Phrase("Choose one of them: {names}.", names=names),
            )
        return models[0]

    def _base_of(self) -> str:
        """The id of the model that an adapter is for. Raises AdapterError, RegistryError."""
        if self._base is None:
            return self._store.base_of(self._source).id
        model = self._store.model(self._base)
        open_allowed_adapter(self._source, Checkpoint.open(model.path), site_policy())
        return model.id

    def _earlier(self) -> Unfinished | None:
        """The import of the same folder that was ended on its way, if there is one."""
        for one in unfinished([self._model_folder]):
            if one.source == self._source:
                return one
        return None

    def _link(self, found: Found, source: Source, listed: Listed | None) -> ImportPlan:
        if listed is None and _is_within(self._source.resolve(), installation_folders()):
            raise self._refusal(
                Phrase("it lies in the app's own installation"),
                Phrase("Copy it instead: removing the app would take the model with it."),
            )
        return self._plan(found, source, self._source, needed_bytes=0, free_bytes=0, same_as=listed)

    def _copy(
        self,
        found: Found,
        source: Source,
        listed: Listed | None,
        earlier: Unfinished | None,
    ) -> ImportPlan:
        real, folder = self._source.resolve(), self._model_folder.resolve()
        targets.require_apart(real, folder, installation_folders())
        if real.parent == folder:
            raise self._refusal(
                Phrase("it lies in this model folder already"),
                Phrase("Link it: it is listed where it lies."),
            )
        if not (is_folder(folder.parent) or folder.is_relative_to(app_paths().data.resolve())):
            raise self._refusal(
                Phrase("“{folder}” is not there", folder=str(self._model_folder.parent)),
                Phrase("Connect its drive, make the folder, or choose another model folder."),
            )
        if not targets.is_writable(folder):
            raise self._refusal(
                Phrase("you may not write to “{folder}”", folder=str(self._model_folder)),
                Phrase("Choose another model folder."),
            )
        if self._way is Way.MOVE:
            self._refuse_move(found, real, source)
        has_base = self._base is not None
        others = others_of_kind(self._store, self._source, is_adapter=has_base)
        target = earlier.target if earlier else self._target(found)
        is_renamed = self._way is Way.MOVE and _can_be_renamed(source, real, folder)
        kept = earlier.done_bytes if earlier else 0
        total = sum(file.size for file in source.files)
        needed = 0 if is_renamed else max(total - kept, 0) + SPARE_BYTES
        free = targets.free_bytes(folder)
        if needed > free:
            raise DiskFullError(self._model_folder, needed_bytes=needed, free_bytes=free)
        plan = self._plan(found, source, target, needed_bytes=needed, free_bytes=free)
        return replace(
            plan,
            is_renamed=is_renamed,
            left_out=() if is_renamed else plan.left_out,
            kept_bytes=kept,
            drive=drive_of(targets.existing_parent(folder)),
            compared_with=tuple(of_same_sizes(source.files, others)),
        )

    def _plan(
        self,
        found: Found,
        source: Source,
        target: Path,
        *,
        needed_bytes: int,
        free_bytes: int,
        same_as: Listed | None = None,
    ) -> ImportPlan:
        return ImportPlan(
            way=self._way,
            source=self._source,
            root=found.root,
            target=target,
            files=source.files,
            needed_bytes=needed_bytes,
            free_bytes=free_bytes,
            same_as=same_as,
            repository=found.repository,
            revision=found.revision,
            name=self._name,
            base=self._base,
            left_out=source.left_out,
        )

    def _target(self, found: Found) -> Path:
        repository = found.repository
        wanted = repository.rpartition("/")[2] if repository else self._source.name
        if found.adapter is not None:
            wanted = own_name(self._source, repository)
        return targets.free_target(self._model_folder, targets.folder_name(wanted))

    def _refuse_move(self, found: Found, real: Path, source: Source) -> None:
        """Raise ImportRefusedError where taking the source away would harm somebody."""
        if real != self._source.parent.resolve() / self._source.name:
            raise self._refusal(
                Phrase("it is a link to a folder"), Phrase("Choose the folder itself.")
            )
        if _is_within(real, installation_folders()):
            raise self._refusal(Phrase("it is a part of the app's own installation"), _COPY_HINT)
        if any(own.is_relative_to(real) for own in targets.own_folders()):
            raise self._refusal(Phrase("it is a folder of yours, or the app's"), _COPY_HINT)
        if source.outside is not None:
            raise self._refusal(
                Phrase(
                    "a file of it is a link to “{file}”, which others may use",
                    file=str(source.outside),
                ),
                _COPY_HINT,
            )
        if found.place in _CACHES:
            raise self._refusal(Phrase("it is a part of the cache of another program"), _COPY_HINT)
        listed: Sequence[Listed] = [*self._store.models, *self._store.adapters]
        for model in listed:
            place = resolved(str(model.path))
            if place is not None and place.is_relative_to(real):
                raise self._refusal(
                    Phrase("it is listed as “{name}”", name=model.shown_name.en),
                    Phrase("Take it from the list first, or copy it."),
                )
        if not targets.is_writable(real.parent):
            raise self._refusal(Phrase("you may not take it away from where it lies"), _COPY_HINT)

    def _refusal(self, what: Phrase, hint: Phrase) -> ImportRefusedError:
        return ImportRefusedError(self._source, what, hint=hint)


def _can_be_renamed(source: Source, real: Path, model_folder: Path) -> bool:
    """Whether a move takes nothing along but the model, and leaves no link that leads nowhere."""
    return (
        not source.has_links and not source.has_others and targets.is_one_drive(real, model_folder)
    )


def _is_within(folder: Path, others: Sequence[Path]) -> bool:
    return any(folder.is_relative_to(other) for other in others)


def _absolute(folder: Path, source: Path) -> Path:
    """An absolute path that can be written down. Raises ImportRefusedError."""
    try:
        with contextlib.suppress(RuntimeError):  # “~nobody” is a name like any other
            folder = folder.expanduser()
        found = absolute_path(folder)
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle; a NUL
        raise ImportRefusedError(
            source,
            Phrase("“{folder}” is no folder", folder=str(folder)),
            hint="Choose another folder.",
        ) from error
    if not is_text(found) or "\0" in str(found):
        raise ImportRefusedError(
            source, "no folder can have such a path", hint="Choose another folder."
        )
    return found
