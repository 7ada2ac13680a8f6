"""Listed models and what was seen of them, for the page of models and what decides behind it."""

from __future__ import annotations

import datetime
import itertools
from dataclasses import replace
from pathlib import Path

from backends.events import ModelKind
from backends.model_config import Family
from backends.phrases import Phrase
from backends.precision import Precision
from baichuan_desktop.services.library.folders.drives import DriveSpace
from baichuan_desktop.services.library.integrity.folder_files import Sizes
from baichuan_desktop.services.library.integrity.values import (
    Fault,
    FileFault,
    Origin,
    Verification,
)
from baichuan_desktop.services.library.registry import InstalledModel
from baichuan_desktop.services.library.registry_schema import Names
from baichuan_desktop.services.library.rows.values import Looked
from baichuan_desktop.services.library.states import Condition, ModelState

GIB = 2**30
DISK = DriveSpace(Path("/"), 120 * GIB, 500 * GIB)
STICK = DriveSpace(Path("/media/ann/MODELS"), None, None)
NETWORK = DriveSpace(Path("/srv/models"), 2100 * GIB, 8000 * GIB)
VERIFIED = datetime.datetime(2026, 11, 12, 9, 30, tzinfo=datetime.UTC)


def listed(
    id_: str,
    folder: str = "",
    *,
    name: str = "",
    variant: str | None = None,
    family: Family = Family.BAICHUAN2_7B,
    kind: ModelKind = ModelKind.CHAT,
    drive: Path | None = None,
    added: str | None = None,
) -> InstalledModel:
    return InstalledModel(
        id=id_,
        name=Names.model_construct(en=name or id_, zh=name or id_),
        path=Path(folder or f"/models/{id_}"),
        variant=variant,
        family=family,
        kind=kind,
        context_length=4096,
        drive=drive,
        added=added,
    )


def seen(
    condition: Condition = Condition.PRESENT,
    sentence: Phrase | None = None,
    *,
    size: int | None = 14 * GIB,
    drive: DriveSpace | None = DISK,
    stored: Precision | None = None,
    verification: Verification | None = None,
) -> Looked:
    state = ModelState(condition, sentence, None if size is None else files(size))
    return Looked(state, drive, stored, verification=verification)


_numbers = itertools.count()


def files(*sizes: int) -> Sizes:
    """Files of these sizes, each of which is another one than every other."""
    return {(1, next(_numbers)): size for size in sizes}


def verified(*faults: FileFault) -> Verification:
    return Verification(
        model_id="any",
        when=VERIFIED,
        faults=faults,
        checked={Origin.IMPORT: 9, Origin.DOWNLOAD: 4},
        bytes_read=14 * GIB,
        stamp="",
        files=9,
    )


def a_library() -> list[tuple[InstalledModel, Looked | None]]:
    """One of each state; the last one's drive does not answer."""
    flipped = FileFault(
        "model-00002-of-00003.safetensors",
        Fault.DAMAGED,
        Phrase("“{name}” is not what was downloaded.", name="model-00002-of-00003.safetensors"),
        Origin.DOWNLOAD,
    )
    return [
        (
            replace(
                listed(
                    "baichuan2-13b-chat",
                    "/srv/models/shared/checkpoints/Baichuan2-13B-Chat",
                    name="Baichuan 2 13B Chat",
                    variant="baichuan2-13b-chat",
                    family=Family.BAICHUAN2_13B,
                    drive=NETWORK.drive,
                    added="2026-11-02",
                ),
                repository="baichuan-inc/Baichuan2-13B-Chat@v2.0",
                exports=(Path("/home/ann/Baichuan2-13B-Chat-onnx-int4"),),
            ),
            seen(size=27 * GIB, drive=NETWORK, verification=verified()),
        ),
        (
            listed(
                "baichuan2-7b-chat",
                "/home/ann/models/Baichuan2-7B-Chat",
                name="Baichuan 2 7B Chat",
                variant="baichuan2-7b-chat",
                added="2026-11-20",
            ),
            seen(Condition.DAMAGED,
                 Phrase("Verifying the model found that files are wrong: {names}.",
                        names="“model-00002-of-00003.safetensors”"),
                 verification=verified(flipped)),
        ),
        (
            listed(
                "baichuan2-7b-chat-2",
                "/media/ann/MODELS/Baichuan2-7B-Chat-4bits",
                name="Baichuan 2 7B Chat (4-bit)",
                variant="baichuan2-7b-chat",
                drive=STICK.drive,
            ),
            seen(Condition.DRIVE_ABSENT,
                 Phrase("“{folder}” lies on the drive “{drive}”, which is not here now.",
                        folder="/media/ann/MODELS/Baichuan2-7B-Chat-4bits",
                        drive="/media/ann/MODELS"),
                 size=None, drive=STICK, stored=Precision.NF4),
        ),
        (
            listed("legal", "/home/ann/models/法律咨询微调版本-2026年11月", name="法律咨询"),
            seen(Condition.CHANGED,
                 Phrase("Files are other ones than when the model was added or verified: {names}.",
                        names="“generation_config.json”")),
        ),
        (
            listed("baichuan-7b", "/home/ann/.cache/modelscope/baichuan-inc/baichuan-7B",
                   name="Baichuan-7B", variant="baichuan-7b", family=Family.BAICHUAN_7B,
                   kind=ModelKind.BASE),
            seen(Condition.UNFINISHED, Phrase("it lacks {name}", name="pytorch_model.bin"),
                 size=2 * 2**20),
        ),
        (listed("far", "/mnt/nas/Baichuan2-7B-Base", name="Baichuan 2 7B Base on the NAS",
                kind=ModelKind.BASE), None),
    ]  # fmt: skip
