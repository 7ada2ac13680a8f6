"""A checkpoint written anew: as safetensors (as it is, quantised, folded, merged), or as ONNX.

A copy is complete or absent. It grows in `<out>.partial`, shard by shard, and gets its name when
everything is on the drive. A run that was killed is taken up where its last whole shard ended, if
the source is still the same; a run that was cancelled, or failed, takes its files away.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import json
import re
import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path

from ..checkpoint.folder import Checkpoint
from ..checkpoint.manifest import MANIFEST, MANIFEST_VERSION
from ..checkpoint.weight_checks import check_filled
from ..errors import (
    CopyTakenError,
    DamagedCheckpointError,
    JobError,
    SourceChangedError,
)
from ..events import CopyReady, JobProgress, JobStep
from ..files.hashing import Sha256, hash_files, read_bytes, stamp
from ..files.partial_folder import (
    Claim,
    folders_to_make,
    is_taken,
    partial_of,
    require_room,
    write_synced,
)
from ..files.plain_file import absolute_path
from ..files.small_files import is_text, parse_json
from ..licences.changes_note import changes_note, versions_of
from ..licences.licence_files import CHANGES_FILE, is_licence, is_notice
from ..operating_system import long_path, rename, sync_folder
from ..phrases import Phrase
from .copy_plan import CopyPlan, Group
from .safetensors_writer import Block, Shard, index_json, plan_shards, write_shard
from .side_files import SIDE_FILES, read_adapter_licences, read_own_file, read_side_files

_SHARD_NAME = re.compile(r"model(-\d+-of-\d+)?\.(safetensors|tmp)|model\.onnx(\.data|\.tmp)?")


def write_copy(
    checkpoint: Checkpoint, plan: CopyPlan, out: Path
) -> Generator[JobProgress | CopyReady, None, None]:
    """Write the copy to the folder `out`, which must not exist yet.

    Raises JobError, or CheckpointError for weights that are none. Closing the generator cancels
    the job and gives its space back.
    """
    with contextlib.suppress(RuntimeError):  # “~nobody” is a name like any other
        out = out.expanduser()
    if not is_text(out):
        raise JobError("The path of the folder is not UTF-8.", hint="Choose another folder.")
    try:
        out = absolute_path(out)
        if not out.name or is_taken(out):  # no name: the root of a drive
            raise _taken(out)
        if is_taken(partial_of(out)) and not _is_ours(partial_of(out)):
            raise _taken(partial_of(out))
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links; a NUL
        raise _job_error(error, out) from error
    sources = {file: stamp(file) for file in checkpoint.weight_files}
    if plan.adapter is not None:  # which may have been changed since it was opened
        sources |= plan.adapter.stamps
    specs = [group.specs for group in plan.groups]
    if plan.data_file is None:
        shards = plan_shards(specs)
    else:
        shards = [Shard(plan.data_file, tuple(itertools.chain.from_iterable(specs)))]
    job = _CopyJob(checkpoint, plan, out, shards, sources)
    try:
        yield from job.run()
    except CopyTakenError:  # what lies there is the other run's
        raise
    except OSError as error:
        job.discard()
        raise _job_error(error, out) from error
    except BaseException:  # an error of ours, or a cancel: GeneratorExit
        job.discard()
        raise
    finally:
        job.release()
    yield CopyReady(str(out), sum(spec.nbytes for shard in shards for spec in shard.tensors))


class _CopyJob:
    """One copy on its way from a plan to a folder of its own."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        plan: CopyPlan,
        out: Path,
        shards: Sequence[Shard],
        sources: Mapping[Path, tuple[int, int]],
    ) -> None:
        self._checkpoint = checkpoint
        self._plan = plan
        self._out = out
        self._partial = partial_of(out)
        self._shards = shards
        self._sources = sources
        self._hashes: dict[str, str] = {}  # of what is written, by name
        self._made: list[Path] = []  # folders around the copy that were not there, outermost last
        self._claim = Claim(out)

    def run(self) -> Iterator[JobProgress]:
        """Write the copy, check it, and give it its name; yields progress."""
        self._begin()
        config = self._source_config()
        side_files = self._side_files()
        source_hashes = yield from hash_files(self._sources)
        total = sum(spec.nbytes for shard in self._shards for spec in shard.tensors)
        done = 0
        groups = iter(self._plan.groups)
        for shard in self._shards:
            for size in self._write(shard, groups):
                done += size
                yield JobProgress(JobStep.WRITE, done, total)
            self._check_sources()
        small_files = {
            **side_files,
            **self._changes(side_files, source_hashes),
            **self._small_files(config),
        }
        self._write_small_files(small_files, source_hashes)
        yield JobProgress(JobStep.CHECK, 0, 1)
        Checkpoint.open(self._partial)
        sync_folder(self._partial)
        self._check_sources()
        rename(self._partial, self._out)
        sync_folder(self._out.parent)

    def discard(self) -> None:
        """Take away what there is of the copy."""
        shutil.rmtree(self._partial, ignore_errors=True)
        with contextlib.suppress(OSError):  # somebody else put something there
            for folder in self._made:
                long_path(folder).rmdir()

    def _begin(self) -> None:
        """Make the folder, or take up one that an interrupted run of the same job left."""
        identity = json.dumps(
            {
                "options": dict(self._plan.options),
                "versions": versions_of(self._plan.libraries),
                "sources": {str(f): list(before) for f, before in self._sources.items()},
            },
            sort_keys=True,
        )
        job_file = self._partial / "job.json"
        self._claim.take()
        with contextlib.suppress(OSError, ValueError):  # what a power cut left may be no text
            if job_file.read_text(encoding="utf-8") == identity:
                self._check_room()
                return
        shutil.rmtree(self._partial, ignore_errors=True)
        self._made = folders_to_make(self._out.parent)
        long_path(self._out.parent).mkdir(parents=True, exist_ok=True)
        self._check_room()
        try:
            self._partial.mkdir()
        except FileExistsError as error:
            raise CopyTakenError(self._out) from error
        self._claim.take()
        job_file.write_text(identity, encoding="utf-8")

    def release(self) -> None:
        """Let other runs have the folder."""
        self._claim.release()

    def _check_room(self) -> None:
        present = {shard.file_name for shard in self._shards if self._finished(shard).exists()}
        needed = sum(
            spec.nbytes
            for shard in self._shards
            if shard.file_name not in present
            for spec in shard.tensors
        )
        require_room(self._out.parent, needed)

    def _finished(self, shard: Shard) -> Path:
        return self._partial / shard.file_name

    def _write(self, shard: Shard, groups: Iterator[Group]) -> Iterator[int]:
        mine: list[Group] = []
        while sum(len(group.specs) for group in mine) < len(shard.tensors):
            mine.append(next(groups))
        final = self._finished(shard)
        if final.exists():  # renamed only when it was whole and synced
            for group in mine:
                yield sum(spec.nbytes for spec in group.specs)
        else:
            temporary = final.with_suffix(".tmp")
            data = itertools.chain.from_iterable(map(_checked_blocks, mine))
            header = self._plan.data_file is None
            yield from write_shard(temporary, shard, data, header=header)
            rename(temporary, final)
        hashing = Sha256(final)
        for _ in hashing:
            yield 0
        self._hashes[shard.file_name] = hashing.hexdigest()

    def _check_sources(self) -> None:
        for file, before in self._sources.items():
            if stamp(file) != before:
                raise SourceChangedError(file)

    def _source_config(self) -> dict[str, object]:
        """The config.json of the source."""
        file = self._checkpoint.folder / "config.json"
        raw = read_own_file(file)
        try:
            data = parse_json(file, raw)
        except DamagedCheckpointError as error:  # it was read before
            raise SourceChangedError(file) from error
        if not isinstance(data, dict):
            raise SourceChangedError(file)
        return data

    def _small_files(self, config: Mapping[str, object]) -> Mapping[str, bytes]:
        """The contents of the small files that are written anew, by name."""
        # What is converted is not quantised, whatever its config.json says of another copy.
        plain = {name: value for name, value in config.items() if name != "quantization_config"}
        changed = {**plain, **self._plan.config_changes}
        made = {"config.json": (json.dumps(changed, indent=2) + "\n").encode(), **self._plan.files}
        if len(self._shards) > 1:
            made["model.safetensors.index.json"] = index_json(self._shards).encode()
        return made

    def _side_files(self) -> Mapping[str, bytes]:
        """The small files that the copy takes over, by name."""
        found = read_side_files(self._checkpoint.folder)
        if self._plan.adapter is None:
            return found
        return {**found, **read_adapter_licences(self._plan.adapter.folder, found)}

    def _changes(
        self, side_files: Mapping[str, bytes], source_hashes: Mapping[Path, str]
    ) -> Mapping[str, bytes]:
        """The note on what was changed, which the licences of the released models ask for."""
        adapter = self._plan.adapter
        is_licensed = any(is_licence(name) or is_notice(name) for name in side_files)
        note = changes_note(
            self._checkpoint.folder.name,
            self._plan.options,
            versions_of(self._plan.libraries),
            adapter=None if adapter is None else (adapter.folder.name, source_hashes[adapter.file]),
            earlier=side_files.get(CHANGES_FILE, b""),
            licence="" if is_licensed else self._plan.licence,
        )
        return {CHANGES_FILE: note}

    def _write_small_files(
        self, contents: Mapping[str, bytes], source_hashes: Mapping[Path, str]
    ) -> None:
        folder = self._checkpoint.folder
        for name, data in contents.items():
            self._put(name, data)
        files = {
            name: {"size": (self._partial / name).stat().st_size, "sha256": digest}
            for name, digest in sorted(self._hashes.items())
        }
        manifest = {
            "schema_version": MANIFEST_VERSION,
            **self._plan.facts,
            "files": files,
            "provenance": {
                # An adapter's files too: what was made with it is no copy of the model alone.
                "source": {"folder": folder.name, "sha256": _by_name(source_hashes)},
                **self._adapter_facts(source_hashes),
                "options": dict(self._plan.options),
                "versions": versions_of(self._plan.libraries),
            },
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        write_synced(self._partial / MANIFEST, text.encode())
        (self._partial / "job.json").unlink()

    def _adapter_facts(self, source_hashes: Mapping[Path, str]) -> Mapping[str, object]:
        """What manifest and note say of the adapter that is merged into the copy."""
        adapter = self._plan.adapter
        if adapter is None:
            return {}
        facts = {
            "folder": adapter.folder.name,
            "sha256": _by_name({file: source_hashes[file] for file in adapter.files}),
            "base_model": adapter.provenance.base_name,
        }
        return {"adapter": facts}

    def _put(self, name: str, data: bytes) -> None:
        write_synced(self._partial / name, data)
        self._hashes[name] = hashlib.sha256(data).hexdigest()


def _checked_blocks(group: Group) -> Iterator[Block]:
    check_filled(group.source, functools.partial(read_bytes, group.source))
    yield from group.blocks()


def _by_name(hashes: Mapping[Path, str]) -> dict[str, str]:
    return {file.name: digest for file, digest in sorted(hashes.items())}


def _taken(folder: Path) -> JobError:
    return JobError("“{folder}” exists already.", hint="Choose another folder.", folder=str(folder))


def _is_ours(partial: Path) -> bool:
    """Whether a folder is an interrupted copy, which may be continued or deleted.

    It holds a job or a manifest, and no file but those that a copy writes. A model that somebody
    gave this name holds neither.
    """
    ours = {*SIDE_FILES, "config.json", "genai_config.json", "model.safetensors.index.json",
            MANIFEST, "job.json", CHANGES_FILE}  # fmt: skip
    if not partial.is_dir():
        return False
    names = {file.name for file in partial.iterdir()}
    return (not names or bool(names & {"job.json", MANIFEST})) and all(
        name in ours or is_licence(name) or is_notice(name) or _SHARD_NAME.fullmatch(name)
        for name in names
    )


def _job_error(error: Exception, out: Path) -> JobError:
    reason = getattr(error, "strerror", None) or str(error)
    return JobError(
        "The copy cannot be written to “{folder}”: {reason}.",
        hint="Make room, or choose a folder that you may write to.",
        folder=str(out.parent),
        reason=Phrase("{text}", text=reason),
    )
