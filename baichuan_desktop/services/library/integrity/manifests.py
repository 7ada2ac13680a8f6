"""What is known of the files of each listed model, kept in the app's own folder."""

from __future__ import annotations

import contextlib
import datetime
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from backends.errors import IntegrityError, NewerManifestError, system_reason
from backends.files.plain_file import read_plain
from backends.operating_system import long_path
from backends.phrases import Phrase
from backends.policy.decisions import require
from backends.policy.site_policy import site_policy
from backends.policy.values import Feature
from baichuan_desktop.services.atomic_file import changing, replace_text
from baichuan_desktop.services.library.integrity.manifest_json import (
    VERSION,
    Kept,
    NewerFormatFoundError,
    from_json,
    to_json,
)
from baichuan_desktop.services.library.integrity.values import (
    KnownHash,
    Manifest,
    Origin,
    Override,
    Verification,
    Verified,
)

log = logging.getLogger(__name__)

_MOST_BYTES: Final = 64 * 2**20  # of 20,000 files with three sources each


def utc_now() -> datetime.datetime:
    """The time, in UTC."""
    return datetime.datetime.now(datetime.UTC)


class ManifestStore:
    """A file for each model, named by its id. Whatever is in one, reading raises nothing.

    A file that a later version wrote is never overwritten; one that is broken is, once something
    new is known.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime.datetime] = utc_now) -> None:
        """`folder` is made when something is written."""
        self._folder = folder
        self._now = now

    def read(self, model_id: str) -> Manifest | None:
        """What is known of the files of a model; None where nothing is."""
        kept = self.kept(model_id)
        return None if kept is None else kept.manifest

    def require_writable(self, model_id: str) -> None:
        """Raise NewerManifestError where what is known was written by a later version."""
        self._change(model_id, lambda _: None)

    def write(self, manifest: Manifest) -> None:
        """Keep what is known of a model that was added or imported, in place of all before.

        Raises IntegrityError.
        """
        self._change(manifest.model_id, lambda _: Kept(manifest))

    def relocate(self, model_id: str, folder: Path) -> None:
        """Keep all that is known of a model whose files lie in another folder now.

        Raises IntegrityError.
        """

        def changed(kept: Kept | None) -> Kept | None:
            return kept and replace(kept, manifest=replace(kept.manifest, folder=folder))

        self._change(model_id, changed)

    def keep(self, verified: Verified) -> None:
        """Keep what verifying found; an override that holds for just that stays.

        Raises IntegrityError.
        """

        def changed(kept: Kept | None) -> Kept:
            manifest, found = verified.manifest, verified.verification
            if kept is not None:
                manifest = _with_lists(manifest, kept)
                if _lists(manifest) != _lists(
                    verified.manifest
                ):  # by another list than the one that came since
                    found = _unlisted(found)
            new = Kept(manifest, found, kept.override if kept else None)
            return new if new.is_overridden else replace(new, override=None)

        self._change(verified.verification.model_id, changed)

    def state(self, model_id: str, stated: Mapping[str, KnownHash]) -> int:
        """Keep what a site's list says of a model's files, in place of what one said before.

        An empty one takes back what was said. Gives the number of files of which a list said, or
        says, something. Raises PolicyError where no list may be taken in, IntegrityError.
        """
        require(site_policy(), Feature.IMPORT)
        count = 0

        def changed(kept: Kept | None) -> Kept | None:
            nonlocal count
            if kept is None:
                return None
            files = dict(kept.manifest.files)
            for name, record in files.items():
                known = tuple(one for one in record.known if one.origin is not Origin.SITE_LIST)
                count += name in stated or len(known) < len(record.known)
                if name in stated:
                    known = (*known, replace(stated[name], since=self._now()))
                files[name] = replace(record, known=known)
            manifest = replace(kept.manifest, files=files)
            found = kept.verification
            return replace(
                kept, manifest=manifest, verification=None if found is None else _unlisted(found)
            )

        self._change(model_id, changed)
        return count

    def failed(self, model_id: str) -> Verification:
        """What verifying a model found that failed. Raises IntegrityError where nothing did."""
        return _failed(model_id, self.kept(model_id))

    def override(self, model_id: str, user: str) -> Override:
        """Remember that `user` wants it loaded although verifying failed, as it failed last.

        Raises IntegrityError, also for a model of which nothing failed.
        """
        made: list[Override] = []

        def changed(kept: Kept | None) -> Kept:
            made.append(Override(user, self._now(), _failed(model_id, kept).result))
            assert kept is not None
            return replace(kept, override=made[0])

        self._change(model_id, changed)
        return made[0]

    def forget(self, model_id: str) -> None:
        """Nothing is known of a model any more. Raises IntegrityError."""
        file = self._file(model_id)
        try:
            with changing(file), contextlib.suppress(FileNotFoundError):
                long_path(file).unlink()
        except OSError as error:
            raise _unwritable(file, error) from error

    def _file(self, model_id: str) -> Path:
        return self._folder / f"{model_id}.json"

    def kept(self, model_id: str) -> Kept | None:
        """All that is kept of a model; None where nothing is, or it cannot be used."""
        try:
            return self._read(model_id)
        except NewerFormatFoundError as error:
            log.warning("%s is of a later version: %s", self._file(model_id), error)
        except (OSError, ValueError) as error:
            log.warning("%s cannot be used: %r", self._file(model_id), error)
        return None

    def _read(self, model_id: str) -> Kept | None:
        try:
            kept = from_json(read_plain(self._file(model_id), _MOST_BYTES))
        except FileNotFoundError:
            return None
        if kept.manifest.model_id != model_id:
            raise ValueError("it is of another model")
        return kept

    def _change(self, model_id: str, changed: Callable[[Kept | None], Kept | None]) -> None:
        """Write what `changed` makes of what is kept; None leaves it."""
        file = self._file(model_id)
        try:
            with changing(file):
                try:
                    kept = self._read(model_id)
                except NewerFormatFoundError as error:
                    raise NewerManifestError(file, version=error.version, known=VERSION) from error
                except (OSError, ValueError):
                    kept = None  # it was logged where it was read; what is new takes its place
                if (new := changed(kept)) is not None:
                    replace_text(file, to_json(new))
        except OSError as error:
            raise _unwritable(file, error) from error


def _unlisted(verification: Verification) -> Verification:
    """What verifying found, without what an earlier list confirmed: another one has not yet."""
    checked = dict(verification.checked)
    checked.pop(Origin.SITE_LIST, None)
    return replace(verification, checked=checked, confirmed=())


def _lists(manifest: Manifest) -> Mapping[str, Sequence[KnownHash]]:
    """What lists say of the files."""
    return {
        name: [one for one in record.known if one.origin is Origin.SITE_LIST]
        for name, record in manifest.files.items()
    }


def _with_lists(manifest: Manifest, kept: Kept) -> Manifest:
    """What was found, with what lists say: one may have been imported while files were read."""
    files = dict(manifest.files)
    before = kept.manifest.files if kept.manifest.folder == manifest.folder else {}
    for name in files.keys() & before.keys():
        known = [one for one in files[name].known if one.origin is not Origin.SITE_LIST]
        known += [one for one in before[name].known if one.origin is Origin.SITE_LIST]
        files[name] = replace(files[name], known=tuple(known))
    return replace(manifest, files=files)


def _failed(model_id: str, kept: Kept | None) -> Verification:
    if kept is None or kept.verification is None or not kept.verification.has_failed:
        raise IntegrityError(
            "Verifying “{model_id}” has not failed: there is nothing to override.",
            model_id=model_id,
        )
    return kept.verification


def _unwritable(file: Path, error: OSError) -> IntegrityError:
    return IntegrityError(
        "What is known of the model's files cannot be kept in “{folder}”: {reason}.",
        hint="Make room there, or see to it that you may write to this folder.",
        folder=str(file.parent),
        reason=Phrase("{text}", text=system_reason(error)),
    )
