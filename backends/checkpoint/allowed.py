"""Folders that are opened only as far as the policy of this machine allows it.

Whoever loads, copies or measures a model opens it here, so that no way leads around a rule.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import CheckpointError, ExportRefusedError, PolicyError
from ..policy.decisions import real_place, require_folder, require_model
from ..policy.values import ModelFacts, Policy
from ..precision import Precision
from ..text.tokenizer import Tokenizer
from .folder import Checkpoint, Exports, open_exports
from .manifest import stated_precision


def open_allowed(folder: Path, policy: Policy) -> tuple[Checkpoint, Tokenizer]:
    """Open a folder as `Checkpoint.open_with_tokenizer` does, if the policy allows it.

    A folder that lies where none may is not looked into. Raises PolicyError, CheckpointError.
    """
    checkpoint, tokenizer = Checkpoint.open_with_tokenizer(allowed_place(folder, policy))
    require_allowed(checkpoint, policy)
    return checkpoint, tokenizer


def allowed_place(folder: Path, policy: Policy) -> Path:
    """The folder to be opened, which lies where models may lie. Raises PolicyError.

    Where it counts where it lies, links on the way are followed once: another one in their place,
    while it is loaded, leads nowhere.
    """
    with contextlib.suppress(RuntimeError):  # “~nobody”, which is said where it is opened
        folder = folder.expanduser()
        require_folder(policy, folder)
        if _asks_where(policy):
            folder = real_place(folder)
            require_folder(policy, folder)
    return folder


def require_allowed(checkpoint: Checkpoint, policy: Policy) -> None:
    """Raise PolicyError for a model that the policy does not allow."""
    require_model(policy, _facts(checkpoint))


def open_allowed_exports(
    checkpoint: Checkpoint,
    folders: Sequence[str | Path],
    stamps: Mapping[str, str],
    policy: Policy,
) -> Exports:
    """The exports of a checkpoint, see `open_exports`; what the policy forbids is refused."""
    if not _asks_where(policy):
        return open_exports(checkpoint, folders, stamps)
    stamps = dict(stamps)
    allowed: list[str | Path] = []
    refused: list[tuple[ExportRefusedError, Precision | None]] = []
    for folder in folders:
        try:
            export, _ = open_allowed(Path(folder), policy)
        except PolicyError as error:
            refusal = ExportRefusedError(Path(folder), error)
            refused.append((refusal, stated_precision(Path(folder))))
        except CheckpointError:  # which is told there
            allowed.append(folder)
        else:
            allowed.append(export.folder)
            if (stamp := stamps.get(str(folder))) is not None:
                stamps[str(export.folder)] = stamp
    exports = open_exports(checkpoint, allowed, stamps)
    return replace(exports, refused=(*exports.refused, *refused))


def _asks_where(policy: Policy) -> bool:
    rules = (policy.models, policy.folders, policy.adapters)
    return any(rule is not None for rule in rules)


def _facts(checkpoint: Checkpoint) -> ModelFacts:
    weights = checkpoint.weight_files
    if checkpoint.export is not None:
        weights = (checkpoint.export.graph, checkpoint.export.data)
    return ModelFacts(
        checkpoint.folder,
        checkpoint.config,
        checkpoint.kind,
        checkpoint.stored,
        (checkpoint.folder / "config.json", checkpoint.tokenizer_file, *weights),
    )
