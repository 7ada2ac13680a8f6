"""Imports that were ended or killed on their way: what there is of them, going on, taking away."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from backends.errors import CopyTakenError, ImportRefusedError, TargetUnwritableError, system_reason
from backends.files.partial_folder import SPARE_BYTES, SUFFIX, Claim
from backends.files.plain_file import read_plain
from backends.files.small_files import is_folder
from backends.operating_system import long_path
from baichuan_desktop.services.library.folders.drives import drive_of
from baichuan_desktop.services.library.importing import targets
from baichuan_desktop.services.library.importing.journal import FILES, MOST_BYTES, NAME, Journal
from baichuan_desktop.services.library.importing.values import ImportPlan, Unfinished


def unfinished(folders: Sequence[Path]) -> Sequence[Unfinished]:
    """What lies in these model folders; a folder that cannot be looked at has none.

    A folder in which nothing had begun when its run was killed is taken away.
    """
    found = []
    for folder in folders:
        try:
            partials = sorted(long_path(folder).glob(f"*{SUFFIX}"))
        except OSError:
            continue
        for partial in partials:
            if (one := look_at(partial)) is not None:
                found.append(one)
            else:
                _clear(partial)
    return found


def _clear(partial: Path) -> None:
    """Take a barren folder away, unless a run is about to write in it."""
    claim = Claim(partial.with_name(partial.name.removesuffix(SUFFIX)))
    with contextlib.suppress(OSError, CopyTakenError, TargetUnwritableError):
        claim.take()
        if is_folder(partial) and is_barren(partial):
            remove_partial(partial)
    claim.release()


def is_barren(partial: Path) -> bool:
    """Whether an import was killed in the folder before it had written its first line."""
    names = {entry.name for entry in long_path(partial).iterdir()}
    if not names <= {NAME} or Journal.look_at(partial) is not None:
        return False
    # A whole line that we cannot read may be a newer version's, whose source has moved already.
    return NAME not in names or b"\n" not in read_plain(partial / NAME, MOST_BYTES)


def look_at(partial: Path) -> Unfinished | None:
    """What there is of an import in a folder; None where no import has written it."""
    try:
        journal = Journal.look_at(partial)
    except OSError:
        return None
    if journal is None:
        return None
    plan = journal.plan
    return Unfinished(
        partial=partial,
        target=plan.target,
        source=plan.source,
        way=plan.way,
        done_bytes=journal.done_bytes,
        total_bytes=plan.total_bytes,
        is_whole=is_placed(partial, journal),
        is_listed=journal.model_id is not None,
    )


def is_placed(partial: Path, journal: Journal) -> bool:
    """Whether all files have come to the target: only the rest of the work is to be done."""
    plan = journal.plan
    if is_folder(partial / FILES):
        return False
    # A rename that the system refused became a copy, which the journal knows file by file.
    has_come = journal.is_whole or (plan.is_renamed and not is_folder(plan.source))
    return has_come and all(_is_there(plan, file.name, file.size) for file in plan.files)


def _is_there(plan: ImportPlan, name: str, size: int) -> bool:
    try:
        return long_path(plan.target.joinpath(*name.split("/"))).stat().st_size == size
    except OSError:
        return False


def resume_plan(found: Unfinished) -> ImportPlan:
    """The plan by which an import goes on. Raises ImportRefusedError if it cannot be read now."""
    try:
        journal = Journal.look_at(found.partial)
        free = targets.free_bytes(found.target.parent)
    except OSError as error:
        raise TargetUnwritableError(found.target.parent, system_reason(error)) from error
    if journal is None:
        raise _gone(found)
    plan = journal.plan
    rest = 0 if plan.is_renamed or found.is_whole else plan.total_bytes - journal.done_bytes
    return replace(
        plan,
        needed_bytes=rest + SPARE_BYTES if rest else 0,
        free_bytes=free,
        kept_bytes=journal.done_bytes,
        drive=drive_of(found.partial),
    )


def discard(found: Unfinished) -> None:
    """Take away what there is of an import; its source is as it was.

    Raises CopyTakenError while it runs, ImportRefusedError for one that is whole: of a move it may
    be the only copy there is; TargetUnwritableError.
    """
    claim = Claim(found.target)
    claim.take()
    try:
        now = look_at(found.partial)
        if now is None:
            raise _gone(found)
        if now.is_whole and not now.is_listed:
            raise ImportRefusedError(
                found.source,
                "all of it has been brought over already",
                hint="Go on with the import, which lists it; then it can be removed.",
            )
        remove_partial(found.partial)
    finally:
        claim.release()


def remove_partial(partial: Path) -> None:
    """Delete a folder that an import grew in; links in it are not followed.

    The journal goes last: what is left in between is still known for what it is. Raises
    TargetUnwritableError.
    """
    try:
        if is_folder(partial / FILES):
            shutil.rmtree(partial / FILES)
        shutil.rmtree(partial)
    except FileNotFoundError:  # another run was faster
        return
    except OSError as error:
        raise TargetUnwritableError(partial, system_reason(error)) from error


def _gone(found: Unfinished) -> ImportRefusedError:
    return ImportRefusedError(
        found.source, "nothing is left of the import that was ended", hint="Import it again."
    )
